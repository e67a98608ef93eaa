"""The agent's desk: a call pops up, a request becomes a ticket, what is typed is never lost."""

import contextlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import dash
from dash import ClientsideFunction, Input, Output, State
from sqlalchemy.orm import Session

from dashboard.auth import require, viewer
from dashboard.door import doors, reading, writing
from dashboard.pages import placing
from dashboard.pages.context import actor, districts, place, shown, told, words
from dashboard.views import clock
from dashboard.views import intake as views
from dashboard.views import intake_side as side
from dashboard.views import knowledge as knowledge_views
from dashboard.views.intake import FIELDS
from dashboard.views.kit import Child
from dashboard.views.placing import Here
from models.clock import now
from models.errors import BadInput, HotlineError, NotFound
from models.rules.tickets.choices import STAFF, STAFF_PERMISSION
from models.rules.tickets.recognition import kind_of, said
from tickets import callers, dictionary, drafts, duplicates, intake, knowledge, moving, queries
from tickets.placing import whereabouts

ALIKE = ("title", "content", "address", "phone", "category", "point")
"""What of the form is compared with earlier tickets."""
DRAFT = "ticket:"
"""A draft's name is this and the key of its call, which may be none."""


def register(app: dash.Dash) -> None:
    """Register the desk's callbacks."""
    fields = [State(f"new-{name}", "value") for name in FIELDS]
    app.callback(
        Output("url", "href", allow_duplicate=True),
        Output("toast", "data", allow_duplicate=True),
        Input("new-save", "n_clicks"),
        *fields,
        State("new-call", "data"),
        State("new-token", "data"),
        prevent_initial_call=True,
    )(save)
    app.callback(
        Output("new-caller", "children"),
        Output("new-call", "data"),
        Input("pop-request", "data"),
        prevent_initial_call=True,
    )(pop)
    app.callback(
        Output("bar-note", "children"), Input("bar-request", "data"), prevent_initial_call=True
    )(bar)
    app.callback(
        Output("new-kept", "children"),
        Input("draft-tick", "data"),
        *fields,
        State("new-call", "data"),
        prevent_initial_call=True,
    )(keep_draft)
    app.callback(
        Output("url", "href", allow_duplicate=True),
        Input("new-drop", "n_clicks"),
        State("new-call", "data"),
        prevent_initial_call=True,
    )(drop_draft)
    app.callback(
        Output("new-alike", "children"),
        Input("alike-tick", "data"),
        Input("new-call", "data"),
        *[State(f"new-{name}", "value") for name in ALIKE],
    )(alike)
    app.callback(
        Output("new-known", "children"), Input("alike-tick", "data"), State("new-title", "value")
    )(known)
    app.callback(
        Output("new-signs", "children"),
        Output("new-signs-said", "data"),
        Input("alike-tick", "data"),
        Input("new-kind", "value"),
        Input("new-category", "value"),
        State("new-title", "value"),
        State("new-content", "value"),
    )(signs)
    app.clientside_callback(
        ClientsideFunction("hotline", "signed"),
        Output("new-seen", "value"),
        Output("new-flags", "value"),
        Output("new-urgency", "value"),
        Input("new-signs-said", "data"),
        State("new-seen", "value"),
        State("new-flags", "value"),
        State("new-urgency", "value"),
        prevent_initial_call=True,
    )
    app.callback(Output("new-answers", "children"), Input("new-category", "value"))(answers)
    app.clientside_callback(
        ClientsideFunction("hotline", "typed"),
        *[Input(f"new-{name}", "value") for name in FIELDS],
    )


def page(search: str) -> Child:
    """Return the desk; `call` in the address links the ticket to a call, its draft is taken up again."""
    require("ticket.open")
    call = parse_qs(search.lstrip("?")).get("call", [""])[0]
    who = viewer()
    with reading() as session:
        here = place(session)
        card = _card(session, call)
        typed = drafts.load(session, who.user_id, DRAFT + call, vault=doors().vault)
        kept = drafts.of(session, who.user_id, DRAFT, vault=doors().vault)
        desk = views.Desk(
            queries.categories(session), list(districts(session).items()), who.agent_no, call,
            secrets.token_hex(8), card,
            [(name.removeprefix(DRAFT), str(fields.get("title", ""))) for name, fields in kept],
            moving.intake_policy(session).at_once,
        )  # fmt: skip
    spot = _drawn(typed)
    return views.intake(desk, typed, spot, zone=here.zone, labels=here.labels, words=words())


def _drawn(typed: Mapping[str, Any]) -> views.Spot:
    """Return the map of the form, with the point of the draft if it has one in the city."""
    town, found = placing.town(), None
    if town is None:
        return views.Spot(None, None)
    with contextlib.suppress(BadInput):
        lon, lat = placing.point(str(typed.get("point") or ""))
        if lon is not None and lat is not None:
            at = whereabouts(town.ground.surface, lon, lat)
            found = Here(lon, lat, str(typed.get("precision") or "point"), at)
    return views.Spot(town.base, found)


def _card(session: Session, call: str) -> callers.CallerCard | None:
    """Return who calls, None without a call and until the ledger knows it."""
    if not call:
        return None
    with contextlib.suppress(NotFound):
        return callers.card(session, call, actor=actor(), now=now())
    return None


def pop(asked: dict[str, Any] | None) -> tuple[Any, Any]:
    """Show the call that rings on one's seat beside the form, and link the form to it."""
    if not asked:
        return dash.no_update, dash.no_update
    require("ticket.open")
    call = str(asked["key"])
    with reading() as session:
        here = place(session)
        card = _card(session, call)
    return side.caller(call, card, zone=here.zone, labels=here.labels, words=words()), call


def bar(asked: dict[str, Any] | None) -> Any:  # noqa: ANN401 - a component, or Dash's no_update
    """Say in the bar of a call whether its caller called before."""
    if not asked:
        return dash.no_update
    require("ticket.open")
    with reading() as session:
        card = _card(session, str(asked["key"]))
    return side.repeats(card, words()) if card else None


def save(clicks: int | None, *typed: Any) -> tuple[Any, Any]:  # noqa: ANN401 - what fields hold
    """Register the ticket, answered at once if an answer was typed; then show it."""
    if not clicks:
        return dash.no_update, dash.no_update
    given = {k: v or "" for k, v in zip((*FIELDS, "call", "token"), typed, strict=True)}
    try:
        require("ticket.open")
        with reading() as session:
            zone = place(session).zone
        form = placing.of_form(_form(given, zone))
        with writing() as session:
            row = intake.open_ticket(session, form, actor=actor(), now=now(), vault=doors().vault)
            if given["reply"].strip() and "later" not in given["flags"]:
                intake.answer(session, row.id, reply=given["reply"], actor=actor(), now=now())
            drafts.drop(session, viewer().user_id, DRAFT + given["call"])
            no, code = row.no, row.query_code
            seen = row.kind != STAFF or STAFF_PERMISSION in viewer().can
    except BadInput as error:
        return dash.no_update, _wrong_field(error)
    except HotlineError as error:
        cap = words().get(f"cap.{error.facts.get('cap')}")
        return dash.no_update, {**({"text": cap, "bad": True} if cap else told(error)), "at": now()}
    note = words()["intake.saved"].format(no=no, code=code)
    # who takes down a complaint about a colleague does not read on in it
    return f"/ticket?no={no}" if seen else f"/tickets/new?saved={no}", {"text": note, "at": now()}


def _form(given: dict[str, Any], zone: str) -> intake.Form:
    lon, lat = placing.point(given["point"])
    flags = given["flags"]
    return intake.Form(
        kind=given["kind"], title=given["title"], content=given["content"],
        category=given["category"], urgency=given["urgency"], channel=given["channel"],
        cause=given["cause"], happened=clock.instant(given["happened"], zone, "happened"), address=given["address"],
        district=given["district"], lon=lon, lat=lat, name=given["name"], phone=given["phone"],
        anonymous="anonymous" in flags, confidential="confidential" in flags, later="later" in flags,
        contact=given["contact"], contact_phone=given["contact_phone"].strip(),
        contact_on=clock.instant(given["contact_on"], zone, "contact_on") if "later" in flags else 0.0,
        disputed="disputed" in flags, emergency="emergency" in flags,
        waved=tuple(given["seen"].split()), about=given["about"].strip(),
        precision=given["precision"] if lon is not None else "",
        call=given["call"], token=given["token"],
    )  # fmt: skip


def _wrong_field(error: BadInput) -> dict[str, object]:
    texts = words()
    if error.facts.get("removed"):
        return {"text": texts["intake.category_removed"], "bad": True, "at": now()}
    if error.facts.get("outside"):
        return {"text": texts["place.outside"], "bad": True, "at": now()}
    label = texts.get(f"intake.{error.facts.get('field', '')}", "")
    text = texts["intake.wrong"].format(field=label) if label else texts["error.bad_input"]
    return {"text": text, "bad": True, "at": now()}


def keep_draft(_tick: object, *typed: Any) -> Any:  # noqa: ANN401 - what fields hold
    """Keep what is typed, and say when; a draft that cannot be kept is said, too."""
    fields = {k: v for k, v in zip(FIELDS, typed[:-1], strict=True) if v}
    try:
        who = require("ticket.open")
        with writing() as session:
            here = place(session)
            drafts.keep(
                session,
                who.user_id,
                DRAFT + (typed[-1] or ""),
                fields,
                vault=doors().vault,
                now=now(),
            )
    except HotlineError:
        return words()["intake.not_kept"]
    return words()["intake.kept"].format(
        time=datetime.fromtimestamp(now(), ZoneInfo(here.zone)).strftime("%H:%M:%S")
    )


def drop_draft(clicks: int | None, call: str | None) -> Any:  # noqa: ANN401 - an address, or Dash's no_update
    """Throw the draft away and begin anew."""
    if not clicks:
        return dash.no_update
    who = require("ticket.open")
    with writing() as session:
        drafts.drop(session, who.user_id, DRAFT + (call or ""))
    return f"/tickets/new?call={call}&new={clicks}" if call else f"/tickets/new?new={clicks}"


@shown
def alike(_tick: object, call: str | None, *typed: str | None) -> Child:
    """Return what may be the same matter, by what is typed and by who calls."""
    require("ticket.open")
    given = {name: value or "" for name, value in zip(ALIKE, typed, strict=True)}
    phone, at = given["phone"].strip(), now()
    with reading() as session:
        digest = doors().vault.digest(phone) if phone else ""
        if not digest and call:
            with contextlib.suppress(NotFound):
                digest = callers.card(session, call, actor=actor(), now=at).digest
        found = duplicates.candidates(
            session, title=given["title"], content=given["content"], address=given["address"],
            digest=digest, category=given["category"], spot=_spot(given["point"]), actor=actor(),
            now=at,
        )  # fmt: skip
    return side.alike(found, bool(given["title"] or digest), words(), now=at)


def _spot(text: str) -> tuple[float, float] | None:
    """Read a point as far as it is typed; None while it is none."""
    with contextlib.suppress(BadInput):
        lon, lat = placing.point(text)
        if lon is not None and lat is not None and abs(lon) <= 180 and abs(lat) < 89:
            return lon, lat
    return None


def signs(
    _tick: object, kind: str | None, category: str | None, title: str | None, content: str | None
) -> tuple[Child, Any]:
    """Return what the words typed so far give away, and the words themselves for the form to act on."""
    require("ticket.open")
    text = f"{title or ''} {content or ''}"
    with reading() as session:
        rule = moving.intake_policy(session)
        proposed = ("", ()) if category else dictionary.propose(session, text)
        path = dictionary.path_of(session, proposed[0], dictionary.newest(session))
    found = side.Signs(
        said(rule.emergency, text), said(rule.dispute, text),
        ("", "") if kind else kind_of(text), (proposed[0], path, "、".join(proposed[1])),
    )  # fmt: skip
    acted = {"emergency": found.emergency, "dispute": found.dispute}
    return side.signs(found, words()), acted


@shown
def known(_tick: object, title: str | None) -> Child:
    """Return what the knowledge base says on the title being typed."""
    require("knowledge.view")
    with reading() as session:
        found = knowledge.suggest(session, title or "", actor=actor(), now=now())
    return side.known(knowledge_views.hits(found, words()), words())


@shown
def answers(category: str | None) -> Child:
    """Return earlier answers to matters of a category."""
    require("ticket.open")
    with reading() as session:
        found = callers.earlier_answers(session, category or "", actor=actor(), now=now())
    return side.answers(found, words())
