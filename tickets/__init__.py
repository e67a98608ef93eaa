"""Citizen requests from intake to archive: plain functions in the caller's transaction, one verb each.

None commits, reads the clock or touches Redis; `moving` is the one way a ticket moves.
"""
