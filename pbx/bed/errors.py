"""The one error of the bed: the real exchange cannot be had here, and why."""


class BedUnavailable(RuntimeError):
    """Say in one plain sentence why Asterisk or sipp cannot run here and what would help."""
