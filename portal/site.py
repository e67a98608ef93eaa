"""The public site as the web process takes it in: which routes, and under what addresses nobody needs a session."""

from collections.abc import Mapping

from fastapi import APIRouter

from models.settings import Settings
from portal import alerts


def routers(settings: Settings) -> Mapping[str, APIRouter]:
    """Return prefix -> routes; everything under a prefix is for everybody."""
    return {alerts.PREFIX: alerts.router(settings)}
