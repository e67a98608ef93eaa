"""公文 on a ticket's page: what may be made, and the making of it."""

from typing import Any

import dash
from dash import ALL, Input, Output, State
from sqlalchemy.orm import Session

from dashboard.auth import require
from dashboard.door import doors, reading, writing
from dashboard.pages.context import actor, names, place, pressed_button, shown, told, words
from dashboard.views import letters as views
from dashboard.views.kit import Child
from models.clock import now
from models.errors import HotlineError, NotFound, WrongStatus
from models.tables import Ticket
from tickets import letter_files, letters, queries


def register(app: dash.Dash) -> None:
    """Register the letters' callback."""
    app.callback(
        Output("letters", "children"),
        Output("toast", "data", allow_duplicate=True),
        Input({"letter-make": ALL, "ticket": ALL}, "n_clicks"),
        State("ticket-no", "data"),
        prevent_initial_call=True,
    )(press)


def of_ticket(session: Session, row: Ticket) -> Child:
    """Return the letters of a ticket that is in the viewer's scope already."""
    who = actor()
    made = letters.made(session, row.id, actor=who)
    return views.letters(
        row.id, made, letters.possible(session, row, actor=who),
        names=names(session, {letter.made_by for letter in made}),
        files=[kind for kind in letter_files.MEDIA if kind != "pdf" or letter_files.printable()]
        if made else (),
        zone=place(session).zone, words=words(),
    )  # fmt: skip


def press(clicks: list[int | None], no: str | None) -> tuple[Any, Any]:
    """Make the letter pressed for and show the list with it, or say why not."""
    pressed: Any = pressed_button()
    if not any(clicks) or not pressed or not no:
        return dash.no_update, dash.no_update
    try:
        require("ticket.view")
        with writing() as session:
            row = queries.whole(session, no, actor=actor(), now=now()).row
            if row.id != int(pressed["ticket"]):
                raise NotFound(f"ticket {pressed['ticket']} is not {no}")
            made = letters.make(
                session, row.id, pressed["letter-make"], actor=actor(), now=now(),
                vault=doors().vault,
            )  # fmt: skip
            text = words()["letters.made"].format(no=made.no)
    except WrongStatus:
        return dash.no_update, {"text": words()["letters.wrong_status"], "bad": True, "at": now()}
    except HotlineError as error:
        return dash.no_update, {**told(error), "at": now()}
    return _again(no), {"text": text, "at": now()}


@shown
def _again(no: str) -> Child:
    with reading() as session:
        return of_ticket(session, queries.whole(session, no, actor=actor(), now=now()).row)
