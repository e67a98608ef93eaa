"""Alembic migrations; `models.store.migrate` runs them."""
