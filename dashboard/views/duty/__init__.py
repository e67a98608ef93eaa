"""Screens of the duty, pure: the roster, the phone book, the log, reports, notices."""
