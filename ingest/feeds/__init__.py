"""The loop that asks the bureaus: one request at a time to each, and none waits for another."""
