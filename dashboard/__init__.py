"""Screens: server, auth, live push, pages and views."""
