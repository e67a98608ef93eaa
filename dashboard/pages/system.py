"""The system page's callback: drawn anew at the beat of the live stream while the page is open."""

import dash
from dash import Input, Output

from dashboard.auth import require
from dashboard.door import reading, system_view
from dashboard.pages.context import place, shown, words
from dashboard.views import system
from dashboard.views.kit import Child
from models.clock import now
from models.errors import Unavailable


def register(app: dash.Dash) -> None:
    """Register the system page's callback."""
    app.callback(Output("system", "children"), Input("system-tick", "data"))(show)


@shown
def show(_tick: object) -> Child:
    """Return the panels as of now; they must come even while the database is away."""
    require("system.view")
    return system.system(system_view(), now=now(), zone=_zone(), words=words())


def _zone() -> str:
    try:
        with reading() as session:
            return place(session).zone
    except Unavailable:
        return "Asia/Shanghai"
