"""Old tickets of another system: `mapping` says how to read its file, `rows` judges, `load` writes, `job` runs."""
