"""Loops only: what runs for ever between the exchange, the streams and the database."""
