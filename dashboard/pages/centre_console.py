"""控制台: the duty officer decides what the screens of the centre show, and looks through today's matters."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import dash
from dash import ALL, Input, Output, State
from sqlalchemy import select
from sqlalchemy.orm import Session

from command import centre, display, matters, queries
from command.display import Layout
from dashboard.door import doors, reading, writing
from dashboard.pages.context import actor, districts, place, shown, told, words
from dashboard.views import centre_console as views
from dashboard.views.centre_console import Lists, Screen, Standing
from dashboard.views.kit import Child, searched
from gis_data.state import BUREAUS
from models.clock import Instant, now
from models.errors import BadInput, HotlineError, NotFound, WrongStatus
from models.rules.tickets.choices import KINDS
from models.rules.tickets.moves import STATUSES
from models.tables import Screen as Row
from tickets.moving import Actor

_STATUSES = (
    "open",
    "reported",
    "verified",
    "responding",
    "controlled",
    "ended",
    "closed",
    "cancelled",
)


def register(app: dash.Dash) -> None:
    """Register the callbacks."""
    app.callback(
        Output("console-list", "children"),
        Input("url", "search"),
        Input("centre-tick", "data"),
        State("url", "pathname"),
    )(listing)
    app.callback(
        Output("console-items", "children"),
        Input("centre-tick", "data"),
        Input("console-done", "data"),
    )(standing)
    app.callback(
        Output("console-screens", "children"),
        Output("console-screen", "options"),
        Output("console-revs", "data"),
        Input("centre-tick", "data"),
        Input("console-done", "data"),
        State("console-revs", "data"),
    )(screens)
    app.callback(
        Output("console-done", "data"),
        Output("toast", "data", allow_duplicate=True),
        Input(views.PRESS, "data"),
        State("console-screen", "value"),
        State("console-lasts", "value"),
        State("console-push-lasts", "value"),
        State("console-text", "value"),
        State({"console-field": ALL, "code": ALL}, "value"),
        State({"console-field": ALL, "code": ALL}, "id"),
        prevent_initial_call=True,
    )(press)


def page(search: str) -> Child:
    """Return the console."""
    display.require(actor())
    texts = words()
    with reading() as session:
        types = [(code, label) for code, label in queries.labels(session).items()]
        try:
            named = districts(session)
        except NotFound:  # no city yet
            named = {}
        lists = Lists(
            {
                "incident": types, "ticket": searched("kind", KINDS, texts),
                "state": [(name, texts[f"bureau.{name}"]) for name in BUREAUS],
            },
            {
                "incident": [(name, texts[f"incident_status.{name}"]) for name in _STATUSES],
                "ticket": [(name, texts[f"ticket_status.{name}"]) for name in STATUSES],
                "state": [(name, texts[f"console.reading.{name}"]) for name in ("fresh", "stale")],
            },
            tuple(named.items()),
        )  # fmt: skip
    return views.page(views.read(search), lists, texts)


@shown
def listing(search: str | None, _tick: object, path: str | None) -> Child:
    """Return the matters of the address, again when something happened."""
    if path and path.rstrip("/") != "/centre/console":
        return dash.no_update  # on the way to another page
    display.require(actor())
    asked = views.read(search)
    with reading() as session:
        found = matters.find(session, asked, actor=actor(), now=now())
        zone = place(session).zone
    return views.listing(found, asked, zone, words())


@shown
def standing(_tick: object, _done: object) -> Child:
    """Return what stands on the screens."""
    display.require(actor())
    texts = words()
    with reading() as session:
        items = centre.standing(session, datum=doors().settings.tile_datum, now=now())
        labels = {row.code: row.label for row in _rows(session)}
        zone = place(session).zone
    rows = [
        Standing(
            item["id"], item["screen"], item["state"], item["kind"], _name(item, texts), item["text"],
            item["by"], item["until"],
        )
        for item in items
    ]  # fmt: skip
    return views.standing(rows, labels, zone, texts)


def _name(item: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    match item["kind"]:
        case "text":
            return str(item["text"])
        case "ticket":
            return f"{item['thing']['no']} {item['thing']['title'] or texts['today.protected']}"
        case "state":
            return f"{texts['bureau.' + item['thing']['bureau']]} {item['thing']['label']}"
        case _:
            return f"{item['thing']['no']} {item['thing']['title']}"


def screens(_tick: object, _done: object, drawn: Any) -> tuple[Any, Any, Any]:  # noqa: ANN401 - a store
    """Return the cards of the screens that were arranged since they were drawn: typing in others is not wiped out."""
    texts = words()
    try:
        who = actor()
        display.require(who)
        with reading() as session:
            rows = [
                Screen(
                    row.code,
                    row.label,
                    row.pages,
                    row.panels,
                    row.rotation,
                    row.focus or 0,
                    row.rev,
                )
                for row in _rows(session)
            ]
            going = queries.listed(session, queries.Criteria(status="open"), actor=who).rows
    except HotlineError:
        if drawn:  # the cards that stand stay
            return dash.no_update, dash.no_update, dash.no_update
        return views.screens([], [], texts), [], dash.no_update
    fresh = views.revisions(rows)
    if fresh == drawn:
        return dash.no_update, dash.no_update, dash.no_update
    options = [{"label": texts["console.all_screens"], "value": ""}]
    options += [{"label": row.label, "value": row.code} for row in rows]
    open_ones = [(str(one.id), f"{one.no} {one.title}") for one in going]
    return views.screens(rows, open_ones, texts, drawn), options, fresh


def _rows(session: Session) -> list[Row]:
    return list(session.scalars(select(Row).order_by(Row.position, Row.code)))


# --- buttons --------------------------------------------------------------------------------


def press(
    pressed: Mapping[str, Any] | None, screen: str | None, lasts: int | None, push_lasts: int | None, *rest: Any,  # noqa: ANN401 - the form
) -> tuple[Any, Any]:  # fmt: skip
    """Do what a button says, and say how it went."""
    if not pressed:
        return dash.no_update, dash.no_update
    text, values, ids = rest
    fields = {
        (each["code"], each["console-field"]): value
        for each, value in zip(ids, values, strict=True)
    }
    verb, of, rev, at = str(pressed["do"]), str(pressed["of"]), str(pressed["rev"]), now()
    who = actor()
    try:
        display.require(who)
        with writing() as session:
            if verb in ("pin", "hide", "push"):
                until = views.ends(push_lasts if verb == "push" else lasts, at)
                _put(session, verb, of, _Said(screen or "", text or "", until), who, at)
            elif verb not in _DOES:
                raise BadInput(f"no verb {verb}", field="do")
            else:
                _DOES[verb](session, of, rev, fields, who, at)
    except HotlineError as error:
        return dash.no_update, {**_why(error), "at": at}
    return at, {"text": words()[f"console.done.{verb}"], "at": at}


def _why(error: HotlineError) -> dict[str, object]:
    texts = words()
    if isinstance(error, WrongStatus):
        said = texts.get(f"console.cap.{error.facts.get('cap', '')}")
    elif isinstance(error, BadInput):
        said = texts.get(f"console.wrong.{error.facts.get('field', '')}")
    else:
        said = None
    return {**told(error), **({"text": said} if said else {})}


class _Said(NamedTuple):
    """Where, with which words, until when."""

    screen: str
    text: str
    until: Instant


def _put(session: Session, verb: str, of: str, said: _Said, who: Actor, at: Instant) -> None:
    kind, _, ref = of.partition(":")
    if verb == "push":
        display.push(
            session, said.screen, kind, ref, words=said.text, until=said.until, actor=who, now=at
        )
    else:
        verbs = {"pin": display.pin, "hide": display.hide}
        verbs[verb](session, said.screen, kind, ref, until=said.until, actor=who, now=at)


Fields = Mapping[tuple[str, str], Any]
Do = Callable[[Session, str, str, Fields, Actor, Instant], None]


def _number(text: str) -> int:
    if not text.isdecimal():
        raise BadInput("no number", field="items")
    return int(text)


def _release(
    session: Session, of: str, _rev: str, _fields: Fields, who: Actor, at: Instant
) -> None:
    display.release(session, _number(of), actor=who, now=at)


def _moved(by: int) -> Do:
    def move(session: Session, of: str, rev: str, _fields: Fields, who: Actor, at: Instant) -> None:
        was, item = [_number(each) for each in rev.split()], _number(of)
        if item not in was or not 0 <= was.index(item) + by < len(was):
            raise BadInput("it is at the end", field="items")
        items = [each for each in was if each != item]
        items.insert(was.index(item) + by, item)
        screen = display.screen_of(session, item)
        display.order(session, screen, was, items, actor=who, now=at)

    return move


def _switch(session: Session, of: str, _rev: str, _fields: Fields, who: Actor, at: Instant) -> None:
    display.switch(session, [of], actor=who, now=at)


def _arrange(session: Session, of: str, rev: str, fields: Fields, who: Actor, at: Instant) -> None:
    layout = Layout(
        tuple(fields.get((of, "pages")) or ()), tuple(fields.get((of, "panels")) or ()),
        int(fields.get((of, "rotation")) or 0), _number(str(fields.get((of, "focus")) or 0)),
    )  # fmt: skip
    label = str(fields.get((of, "label")) or "")
    display.arrange(session, of, _number(rev), label, layout, actor=who, now=at)


def _add(session: Session, _of: str, _rev: str, fields: Fields, who: Actor, at: Instant) -> None:
    code, label = (str(fields.get(("", name)) or "").strip() for name in ("code", "label"))
    display.add_screen(session, code, label, actor=who, now=at)


def _remove(session: Session, of: str, _rev: str, _fields: Fields, who: Actor, at: Instant) -> None:
    display.remove_screen(session, of, actor=who, now=at)


_DOES: Mapping[str, Do] = {
    "release": _release, "up": _moved(-1), "down": _moved(1), "switch": _switch, "arrange": _arrange,
    "add": _add, "remove": _remove,
}  # fmt: skip
