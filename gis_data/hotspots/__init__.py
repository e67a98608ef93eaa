"""Hotspots in three labelled layers: density (a picture), clusters (a test of place), surge (a test of time)."""
