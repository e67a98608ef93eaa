"""Emergencies: incidents, plans, dispatch, replay. Empty until the command issue."""
