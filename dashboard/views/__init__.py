"""Screens as pure functions: plain data and words in, components out; nothing is fetched here."""
