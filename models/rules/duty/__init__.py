"""Duty, pure: telephone numbers, slots and rotation, gaps, and what events say in the duty log."""
