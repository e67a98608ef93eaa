"""The doors to PostgreSQL and Redis/Valkey, and the launchers of the embedded ones."""
