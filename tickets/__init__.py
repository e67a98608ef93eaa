"""Citizen requests from intake to archive. Empty until the ticket issue."""
