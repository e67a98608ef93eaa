"""The public site as the web process takes it in: its routes, and under what addresses nobody needs a session."""

from fastapi import FastAPI

from models.settings import Settings
from portal import alerts


class Site:
    """The public site of one process; everything under `prefixes` is for everybody."""

    prefixes = (alerts.PREFIX,)

    def __init__(self, settings: Settings) -> None:
        self._alerts = alerts.Shelf(settings)

    def routes(self, server: FastAPI) -> None:
        """Give the server the site's routes."""
        alerts.routes(server, self._alerts)

    def close(self) -> None:
        """Give the connections back."""
        self._alerts.close()
