"""预警: the pane of an incident's warnings, the page of all of them, and what may be done with each."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import dash
from dash import ALL, Input, Output, State
from msgspec.structs import replace
from sqlalchemy.orm import Session

from command import alert_drafts, alert_lists, alerts, pictures
from command.alert_lists import Listed
from command.moving import read
from dashboard.auth import require
from dashboard.door import doors, reading, writing
from dashboard.pages.context import (
    actor,
    districts,
    names,
    place,
    shown,
    told,
    words,
)
from dashboard.views import alert_form
from dashboard.views import alerts as views
from dashboard.views.alert_form import Asked
from dashboard.views.kit import Child
from gis_data.city.present import present
from models.clock import now
from models.errors import BadInput, HotlineError, NotFound, Refused
from models.rules.cap.draft import Draft, Words
from models.rules.cap.message import Area, MsgType
from models.rules.incident.moves import AFTER
from models.rules.incident.state import Picture

ACT, APPROVE = "command.act", "command.approve"
FOLLOWS: Mapping[str, MsgType] = {"update": "Update", "cancel": "Cancel"}
DECIDES = frozenset({"approve", "refuse"})
VERBS = ("draft", "change", *FOLLOWS, *DECIDES)


def register(app: dash.Dash) -> None:
    """Register the callbacks of warnings."""
    app.callback(
        Output("command-alerts", "children"),
        Input("command-tick", "data"),
        Input("command-pane", "value"),
        Input("cap-changed", "data"),
        State("command-incident", "data"),
    )(listed_pane)
    app.callback(
        Output("cap-all", "children"),
        Input("cap-changed", "data"),
        State("url", "search"),
        prevent_initial_call=True,
    )(listed_all)
    app.callback(
        Output("cap-form", "children"),
        Output("toast", "data", allow_duplicate=True),
        Input("cap-open", "data"),
        prevent_initial_call=True,
    )(opened)
    app.callback(
        Output("cap-form", "children", allow_duplicate=True),
        Output("cap-changed", "data"),
        Output("toast", "data", allow_duplicate=True),
        Input("cap-do", "data"),
        State({"cap-field": ALL}, "value"),
        State({"cap-field": ALL}, "id"),
        running=[(Output("cap-form", "className"), "busy", "")],
        prevent_initial_call=True,
    )(done)
    app.callback(
        Output("cap-preview", "children"),
        Input({"cap-field": ALL}, "value"),
        State({"cap-field": ALL}, "id"),
        State({"cap-form": ALL, "about": ALL}, "id"),
        prevent_initial_call=True,
    )(previewed)


# --- lists ----------------------------------------------------------------------------------


def pane() -> Child:
    """Return what stands above the list of an incident's warnings on the command page: the place for a form."""
    return views.desk()


@shown
def listed_pane(_tick: object, pane_now: str, _changed: object, incident: int | None) -> Child:
    """List the warnings of the incident on the command page."""
    require("command.view")
    if pane_now != "alerts" or not incident:
        return dash.no_update
    number, who = incident, actor()
    with reading() as session:
        found = alert_lists.of_incident(session, number, actor=who)
        open_now = read(session, number, actor=who).status in AFTER
        rows = _rows(session, found)
        zone = place(session).zone
    may = ACT in who.can and not who.unit and open_now
    return views.cards(rows, draft=number if may else None, zone=zone, words=words())


def page(search: str) -> Child:
    """Return the page of all warnings."""
    who = require("command.view")
    may = ACT in who.can and not who.unit and not who.district
    return views.page(_listing(search), draft=may, words=words())


@shown
def listed_all(_changed: object, search: str | None) -> Child:
    """List anew what the address asks for."""
    require("command.view")
    return _listing(search or "")


def _listing(search: str) -> Child:
    query = _query(search)
    with reading() as session:
        criteria = alert_lists.Criteria(query.state, query.exercise, query.words)
        found, total = alert_lists.listed(
            session, criteria, actor=actor(), now=now(), page=query.page
        )
        rows, zone = _rows(session, found), place(session).zone
        chosen = _detail(session, query.id, zone) if query.id else None
    return views.listing(
        query, rows, total, chosen, size=alert_lists.PAGE, zone=zone, words=words()
    )


def _query(search: str) -> views.Query:
    asked = {key: values[0] for key, values in parse_qs(search.lstrip("?")).items()}
    numbers = {
        key: int(asked[key])
        for key in ("page", "id")
        if asked.get(key, "").isdecimal() and len(asked[key]) < 15
    }
    return views.Query(
        state=asked.get("state", ""), exercise=asked.get("exercise", ""), words=asked.get("words", "")[:60], **numbers
    )  # fmt: skip


def _detail(session: Session, alert_id: int, zone: str) -> Child:
    found = alert_lists.one(session, alert_id, actor=actor())
    (one,) = _rows(session, [found])
    sketch = None if found.row.xml else _preview(session, alerts.body_of(found.row))
    return views.detail(one, found.row.xml, sketch, zone=zone, words=words())


def _rows(session: Session, found: Sequence[Listed]) -> list[views.Shown]:
    who = names(
        session, {u for each in found for u in (each.row.written_by, each.row.decided_by or 0)}
    )
    return [_shown(each, who) for each in found]


def _shown(each: Listed, who: Mapping[int, str]) -> views.Shown:
    row = each.row
    return views.Shown(
        id=row.id, no=f"YJ{row.number}", identifier=row.identifier, state=row.state, msg_type=row.msg_type,
        exercise=row.exercise, headline=row.headline, incident=each.incident, incident_id=row.incident_id or 0,
        written=row.written_at.timestamp(), writer=who.get(row.written_by, "—"),
        sent=row.sent_at.timestamp() if row.sent_at else 0.0,
        expires=row.expires_at.timestamp() if row.expires_at else 0.0,
        decided=row.decided_at.timestamp() if row.decided_at else 0.0,
        decider=who.get(row.decided_by or 0, "—"), reason=row.reason, verbs=_verbs(row.state, row.expires_at),
    )  # fmt: skip


def _verbs(state: str, expires: Any) -> Sequence[str]:  # noqa: ANN401 - datetime or None
    """Return what the viewer may try; the services ask again."""
    can = actor().can if not actor().unit else frozenset()
    if state == "draft":
        return [
            *(["approve", "refuse"] if APPROVE in can else []),
            *(["change"] if ACT in can else []),
        ]
    holds = state == "published" and expires is not None and expires.timestamp() > now()
    return list(FOLLOWS) if holds and ACT in can else []


# --- forms ----------------------------------------------------------------------------------


def opened(press: Mapping[str, Any] | None) -> tuple[Any, Any]:
    """Show the form of the verb pressed for, or none."""
    if not press:
        return dash.no_update, dash.no_update
    if press["verb"] not in VERBS:
        return None, dash.no_update
    try:
        require("command.view")
        with reading() as session:
            return _form(session, press["verb"], int(press["about"])), dash.no_update
    except HotlineError as error:
        return dash.no_update, {**told(error), "at": now()}


def _form(
    session: Session, verb: str, about: int, said: Mapping[str, Any] | None = None, note: str = "", rev: int = 0
) -> Child:  # fmt: skip
    """Return a form; said, note, rev : what was typed, why it was refused, and the revision it was typed upon."""
    base, incident, title, seen = _base(session, verb, about)
    picture, here = _here(session, incident)
    asked = Asked(verb, about, rev or seen, title, _area_options(session, base, picture), note)
    sketch = _preview(session, base)
    if verb in DECIDES:
        return alert_form.decide(asked, said or {}, sketch, words())
    typed = said if said is not None else alert_form.values(base)
    if said is not None:
        sketch = _sketch(session, base, said, picture, here)
    return alert_form.form(asked, typed, sketch, words())


def _base(session: Session, verb: str, about: int) -> tuple[Draft, int | None, str, int]:
    """Return what a form begins with: the draft, its incident, what it is about, and the revision seen."""
    who = actor()
    if verb == "draft":
        if not about:
            if ACT not in who.can or who.unit:
                raise Refused(f"{who.ref} lacks {ACT}", permission=ACT)
            return alert_drafts.blank(session), None, "", 0
        areas = _drawn(*_here(session, about))
        return alert_drafts.suggested(session, about, areas=areas, actor=who), about, "", 0
    row = alert_lists.one(session, about, actor=who).row
    old, title = alerts.body_of(row), f"YJ{row.number}"
    if verb not in FOLLOWS:
        return old, row.incident_id, title, row.rev
    if row.incident_id is None:
        return replace(old, msg_type=FOLLOWS[verb]), None, title, row.rev
    fresh = alert_drafts.suggested(
        session, row.incident_id, areas=old.areas, msg_type=FOLLOWS[verb], actor=who
    )
    return replace(fresh, contact=old.contact, web=old.web), row.incident_id, title, row.rev


def _drawn(picture: Picture | None, city: Any) -> tuple[Area, ...]:  # noqa: ANN401
    """Return the areas a new draft begins with: what was drawn to be cleared."""
    codes = [
        f"drawing:{key}"
        for key, body in alert_drafts.drawn_areas(picture).items()
        if body.effect in ("buffer", "plume")
    ]
    try:
        return alert_drafts.areas_of(codes, picture=picture, city=city)
    except BadInput:
        return ()  # not one that can be warned of: the writer chooses


def _here(session: Session, incident: int | None) -> tuple[Picture | None, Any]:
    """Return the incident's picture, and the city if there is one."""
    picture = pictures.picture(session, incident) if incident else None
    try:
        return picture, present(session, doors().files)
    except HotlineError:
        return picture, None  # a city that cannot be opened is told on its own page


def _area_options(session: Session, base: Draft, picture: Picture | None) -> list[tuple[str, str]]:
    texts = words()
    found = {
        f"drawing:{key}": texts["cap.area_drawing"].format(name=body.text.strip() or alert_drafts.NAMES[body.effect])
        for key, body in alert_drafts.drawn_areas(picture).items()
    }  # fmt: skip
    if picture and picture.incident.place.lon is not None:
        found |= {f"around:{n}": texts["cap.area_around"].format(n=n) for n in alert_drafts.RADII_M}
    found |= {
        f"district:{code}": texts["cap.area_district"].format(name=name)
        for code, name in districts(session).items()
    }
    kept = {area.source: texts["cap.area_kept"].format(name=area.desc) for area in base.areas}
    return list(
        {**found, **{code: name for code, name in kept.items() if code not in found}}.items()
    )


def _read(base: Draft, said: Mapping[str, Any], picture: Picture | None, city: Any) -> Draft:  # noqa: ANN401
    """Return the draft a form says; BadInput names the field that cannot be."""

    def text(name: str) -> str:
        return str(said.get(name) or "").replace("\r", "").strip()

    def many(name: str) -> tuple[Any, ...]:
        return tuple(said.get(name) or ())

    try:
        hours = float(said.get("hours") or 0)
    except (TypeError, ValueError):
        raise BadInput("hours", field="hours") from None
    colour = text("colour")
    return alerts.checked_codes(
        replace(
            base,
            chinese=Words(text("event"), text("headline"), text("description"), text("instruction")),
            english=Words(*(text(f"en_{name}") for name in ("event", "headline", "description", "instruction"))),
            categories=many("categories"), responses=many("responses"), severity=text("severity"),
            urgency=text("urgency"), certainty=text("certainty"), colour="" if colour == "none" else colour,
            hours=hours, contact=text("contact"), web=text("web"),
            exercise="yes" in many("exercise") if "exercise" in said else base.exercise,
            areas=tuple(_one_area(str(code), base, picture, city) for code in many("areas")),
        )
    )  # fmt: skip


def _one_area(code: str, base: Draft, picture: Picture | None, city: Any) -> Area:  # noqa: ANN401
    """Return the area a code names now; one of the draft whose drawing is gone stays as it was."""
    try:
        return alert_drafts.areas_of((code,), picture=picture, city=city)[0]
    except BadInput:
        for area in base.areas:
            if area.source == code:
                return area
        raise


# --- doing ----------------------------------------------------------------------------------


def done(
    press: Mapping[str, Any] | None, typed: list[Any], ids: list[dict[str, str]]
) -> tuple[Any, Any, Any]:
    """Do what was pressed for; a refusal stands in the form, and what was typed stays."""
    if not press:
        return dash.no_update, dash.no_update, dash.no_update
    verb, about, rev = str(press["verb"]), int(press["about"]), int(press["rev"])
    said = {each["cap-field"]: value for each, value in zip(ids, typed, strict=True)}
    try:
        require("command.view")
        with writing() as session:
            _do(session, verb, about, rev, said)
    except HotlineError as error:
        note = views.why(error.facts, words()) or str(told(error)["text"])
        return (
            _again(verb, about, said, note, rev),
            dash.no_update,
            {"text": note, "bad": True, "at": now()},
        )
    return None, now(), {"text": words()[f"cap.done.{verb}"], "at": now()}


def _do(session: Session, verb: str, about: int, rev: int, said: Mapping[str, Any]) -> None:
    who, at, note = actor(), now(), str(said.get("note") or "")
    if verb not in VERBS:
        raise NotFound(f"no verb {verb}")
    if verb == "approve":
        alerts.approve_alert(session, about, rev=rev, note=note, actor=who, now=at)
        return
    if verb == "refuse":
        alerts.refuse_alert(session, about, rev=rev, note=note, actor=who, now=at)
        return
    base, incident, _, _ = _base(session, verb, about)
    draft = _read(base, said, *_here(session, incident))
    if verb == "draft":
        alerts.draft_alert(session, incident, draft, actor=who, now=at)
    elif verb == "change":
        alerts.change_draft(session, about, draft, rev=rev, actor=who, now=at)
    else:
        alerts.succeed_alert(session, about, FOLLOWS[verb], draft, actor=who, now=at)


@shown
def _again(verb: str, about: int, said: Mapping[str, Any], note: str, rev: int) -> Child:
    with reading() as session:
        return _form(session, verb, about, said, note, rev)


@shown
def previewed(typed: list[Any], ids: list[dict[str, str]], forms: list[dict[str, Any]]) -> Child:
    """Show what the form would be as a message."""
    require("command.view")
    if not forms or not ids:
        return dash.no_update
    verb, about = str(forms[0]["cap-form"]), int(forms[0]["about"])
    said = {each["cap-field"]: value for each, value in zip(ids, typed, strict=True)}
    with reading() as session:
        base, incident, _, _ = _base(session, verb, about)
        return _sketch(session, base, said, *_here(session, incident))


def _sketch(
    session: Session, base: Draft, said: Mapping[str, Any], picture: Picture | None, city: Any  # noqa: ANN401
) -> Child:  # fmt: skip
    """Return the preview of what is typed, of what was there before where it cannot be read."""
    try:
        return _preview(session, _read(base, said, picture, city))
    except BadInput:
        return _preview(session, base)


def _preview(session: Session, draft: Draft) -> Child:
    return alert_form.preview(*alerts.preview(session, draft, now=now()), words())
