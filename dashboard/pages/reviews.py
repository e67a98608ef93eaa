"""The after-action room: reports, comparison, statistics, chain, capability, indicators; and one report's page."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import dash
from dash import ALL, Input, Output, State
from sqlalchemy.orm import Session

from command import capability, chain, evaluation, evaluation_lists, indicators, queries
from command.evaluation_lists import Asked, Report, Summary
from command.queries import Criteria
from dashboard.auth import require, viewer
from dashboard.door import reading, writing
from dashboard.pages.context import actor, districts, place, pressed_button, told, words
from dashboard.views import review as one_view
from dashboard.views import review_sheets as sheets
from dashboard.views import reviews as views
from dashboard.views.ids import id_in
from dashboard.views.kit import Child, Words
from dashboard.views.review_sheets import Sheet
from dashboard.views.reviews import Here
from models.clock import Instant, now
from models.errors import BadInput, HotlineError, NotFound
from models.rules.incident.chain import Times
from models.rules.incident.measures import Indicator

PAGE_MOST = 10_000
WORDS_MOST = 60
DAY_S = 86_400.0


def register(app: dash.Dash) -> None:
    """Register the pages' callbacks."""
    app.callback(
        Output("url", "href", allow_duplicate=True),
        Output("toast", "data", allow_duplicate=True),
        Input("reviews-draw", "n_clicks"),
        State("reviews-incident", "value"),
        prevent_initial_call=True,
    )(draw)
    app.callback(
        Output("url", "href", allow_duplicate=True),
        Output("toast", "data", allow_duplicate=True),
        Input({"review-do": ALL}, "n_clicks"),
        State("review-facts", "data"),
        State({"review-note": ALL}, "value"),
        State({"review-field": ALL, "of": ALL}, "value"),
        State({"review-field": ALL, "of": ALL}, "id"),
        prevent_initial_call=True,
    )(press)
    app.callback(
        Output("url", "href", allow_duplicate=True),
        Output("toast", "data", allow_duplicate=True),
        Input("indicators-save", "n_clicks"),
        State("indicators-version", "data"),
        State({"indicator-field": ALL, "row": ALL}, "value"),
        State({"indicator-field": ALL, "row": ALL}, "id"),
        prevent_initial_call=True,
    )(save_indicators)


# --- the pages ------------------------------------------------------------------------------


def page(search: str) -> Child:
    """Return the after-action room as its address asks."""
    require("command.view")
    asked = _read(search)
    tab = asked.get("tab", "reports")
    tab = tab if tab in views.TABS else "reports"
    with reading() as session:
        here = here_of(session, words())
        return views.page(tab, asked, TABS[tab](session, asked, here), here)


def _read(search: str) -> dict[str, str]:
    return {name: given[0] for name, given in parse_qs(search.lstrip("?")).items()}


def here_of(session: Session, texts: Words) -> Here:
    """Return what all the views of this room need."""
    queries.may_see(actor())
    try:
        named = districts(session)
    except NotFound:
        named = {}
    return Here(
        texts, place(session).zone, queries.labels(session), named, viewer().can,
        queries.types_used(session),
    )  # fmt: skip


def _since(asked: Mapping[str, str]) -> Instant:
    period = asked.get("period", views.PERIODS[0])
    if period == "all":
        return 0.0
    return now() - float(period if period in views.PERIODS else views.PERIODS[0]) * DAY_S


def _asked(asked: Mapping[str, str]) -> Asked:
    return Asked(
        state=asked.get("state", ""), type=asked.get("type", ""), kind=asked.get("kind", ""),
        exercise=asked.get("exercise", ""), words=asked.get("words", "")[:WORDS_MOST], start=_since(asked),
    )  # fmt: skip


def _criteria(asked: Mapping[str, str]) -> Criteria:
    return Criteria(
        type=asked.get("type", ""), exercise=asked.get("exercise", ""), start=_since(asked)
    )


def _reports(session: Session, asked: Mapping[str, str], here: Here) -> Child:
    given = asked.get("page", "0")
    page_no = min(id_in(given), PAGE_MOST)
    found = evaluation_lists.listed(session, _asked(asked), actor=actor(), page=page_no)
    waiting = evaluation_lists.unreported(session, actor=actor())
    return views.reports(found, waiting, page_no, asked, here)


def _compare(session: Session, asked: Mapping[str, str], here: Here) -> Child:
    return views.compare(_beside(session, asked), here)


def _beside(session: Session, asked: Mapping[str, str]) -> list[Report]:
    ids = [id_in(part) for part in asked.get("id", "").split(",") if id_in(part)]
    return evaluation_lists.compared(session, ids, actor=actor())


def _stats(session: Session, asked: Mapping[str, str], here: Here) -> Child:
    return views.stats(_summary(session, asked), here)


def _summary(session: Session, asked: Mapping[str, str]) -> list[Summary]:
    return evaluation_lists.summary(session, _asked(asked), actor=actor())


def _chain(session: Session, asked: Mapping[str, str], here: Here) -> Child:
    return views.chain(*_groups(session, asked, here), here)


def _groups(
    session: Session, asked: Mapping[str, str], here: Here
) -> tuple[list[chain.Group], chain.By]:
    """Return the response chain as its address asks, and by what its groups are."""
    by: Mapping[str, chain.By] = {
        "type": "type",
        "kind": "kind",
        "month": "month",
        "district": "district",
    }
    how = by.get(asked.get("by", ""), "type")
    return chain.statistics(session, _criteria(asked), how, zone=here.zone, actor=actor()), how


def _capability(session: Session, asked: Mapping[str, str], here: Here) -> Child:
    return views.capability(_shown(session, asked), here)


def _shown(session: Session, asked: Mapping[str, str]) -> capability.Capability:
    return capability.capability(session, _criteria(asked), actor=actor())


def _indicators(session: Session, _asked_: Mapping[str, str], here: Here) -> Child:
    return views.indicators(indicators.indicators(session), here)


TABS: Mapping[str, Callable[[Session, Mapping[str, str], Here], Child]] = {
    "reports": _reports, "compare": _compare, "stats": _stats, "chain": _chain, "capability": _capability,
    "indicators": _indicators,
}  # fmt: skip


SHEETS: Mapping[str, Callable[[Session, Mapping[str, str], Here], list[Sheet]]] = {
    "reports": lambda s, asked, here: sheets.reports(
        evaluation_lists.every(s, _asked(asked), actor=actor()), here
    ),
    "compare": lambda s, asked, here: sheets.compare(_beside(s, asked), here),
    "stats": lambda s, asked, here: sheets.stats(_summary(s, asked), here),
    "chain": lambda s, asked, here: sheets.chain(*_groups(s, asked, here), here),
    "capability": lambda s, asked, here: sheets.capability(_shown(s, asked), here),
}


def sheets_of(tab: str, search: str, texts: Words) -> list[Sheet]:
    """Return what a tab shows by its address as tables of a file; the list of reports whole. NotFound for another."""
    if tab not in SHEETS:
        raise NotFound(f"no tables of {tab[:20]}")
    with reading() as session:
        return SHEETS[tab](session, _read(search), here_of(session, texts))


def report(search: str) -> Child:
    """Return one report's page: `id` its number."""
    require("command.view")
    given = parse_qs(search.lstrip("?")).get("id", ["0"])[0]
    found, times, here = whole(id_in(given), words())
    return one_view.page(found, times, here, own=found.row.written_by == viewer().user_id)


def whole(number: int, texts: Words) -> tuple[Report, Times, Here]:
    """Return a report with its incident's chain, and what views need beside it."""
    with reading() as session:
        here = here_of(session, texts)
        found = evaluation_lists.one(session, number, actor=actor())
        return found, chain.of(session, found.incident), here


# --- what is pressed ------------------------------------------------------------------------


def draw(_clicks: int | None, incident: int | None) -> tuple[Any, Any]:
    """Draw a report of the incident chosen, and go to it."""
    if not _clicks:
        return dash.no_update, dash.no_update
    try:
        require("command.act")
        if not incident:
            raise BadInput("which incident?", field="incident")
        with writing() as session:
            made = evaluation.draw(session, int(incident), actor=actor(), now=now())
    except HotlineError as error:
        return dash.no_update, _why(error)
    return f"/command/review?id={made.id}", dash.no_update


def press(
    clicks: list[int | None], facts: dict[str, Any] | None, notes: list[str | None], values: list[Any],
    ids: list[dict[str, str]],
) -> tuple[Any, Any]:  # fmt: skip
    """Do what was pressed on a report; what was typed is saved before it is submitted or measured again."""
    pressed: Any = pressed_button()
    if not any(clicks) or not pressed or not facts:
        return dash.no_update, dash.no_update
    verb, number, rev = pressed["review-do"], int(facts["id"]), int(facts["rev"])
    href = f"/command/review?id={number}"
    try:
        require("command.approve" if verb in ("approve", "send_back") else "command.act")
        with writing() as session:
            if verb in TYPED:
                rev = _saved(session, number, rev, values, ids)
            if verb in VERBS:
                VERBS[verb](session, number, rev, next(iter(notes), None) or "")
            elif verb != "save":
                raise BadInput(f"no verb {verb}", field="verb")
        if verb == "drop":
            href = "/command/reviews"
    except HotlineError as error:
        return dash.no_update, _why(error)
    return f"{href}{'&' if '?' in href else '?'}t={now():.0f}", {"text": words()["reviews.saved"]}


def _saved(
    session: Session, number: int, rev: int, values: list[Any], ids: list[dict[str, str]]
) -> int:
    """Write what was typed; return the report's new revision."""
    typed: dict[str, dict[str, Any]] = {"section": {}, "judged": {}, "note": {}}
    for of, value in zip(ids, values, strict=True):
        typed.setdefault(of["of"], {})[of["review-field"]] = value
    row = evaluation.save(
        session, number, rev=rev, actor=actor(), now=now(),
        sections={name: str(text or "") for name, text in typed["section"].items()},
        judged=typed["judged"], notes={code: str(text or "") for code, text in typed["note"].items()},
    )  # fmt: skip
    return row.rev


TYPED = ("save", "submit", "measure_again")
VERBS: Mapping[str, Callable[[Session, int, int, str], Any]] = {
    "measure_again": lambda s, n, rev, _: evaluation.measure_again(s, n, rev=rev, actor=actor(), now=now()),
    "submit": lambda s, n, rev, _: evaluation.submit(s, n, rev=rev, actor=actor(), now=now()),
    "approve": lambda s, n, rev, note: evaluation.approve(s, n, rev=rev, note=note, actor=actor(), now=now()),
    "send_back": lambda s, n, rev, note: evaluation.send_back(
        s, n, rev=rev, note=note, actor=actor(), now=now()
    ),
    "drop": lambda s, n, rev, _: evaluation.drop(s, n, rev=rev, actor=actor(), now=now()),
}  # fmt: skip


def save_indicators(
    _clicks: int | None, version: int | None, values: list[Any], ids: list[dict[str, Any]]
) -> tuple[Any, Any]:
    """Let the indicators on the screen hold from now on; a line without a code is none."""
    if not _clicks:
        return dash.no_update, dash.no_update
    lines: dict[int, dict[str, Any]] = {}
    for of, value in zip(ids, values, strict=True):
        lines.setdefault(int(of["row"]), {})[of["indicator-field"]] = value
    try:
        require("command.edit")
        rows = [
            _indicator(line)
            for _, line in sorted(lines.items())
            if str(line.get("code") or "").strip()
        ]
        with writing() as session:
            indicators.set_indicators(
                session, rows, version=int(version or 0), actor=actor(), now=now()
            )
    except HotlineError as error:
        return dash.no_update, _why(error)
    return f"/command/reviews?tab=indicators&t={now():.0f}", {"text": words()["reviews.saved"]}


def _indicator(line: Mapping[str, Any]) -> Indicator:
    numbers: dict[str, float] = {}
    for field in ("weight", "target"):
        try:
            numbers[field] = float(str(line.get(field) or "").strip() or "nan")
        except ValueError:
            raise BadInput(f"no {field}", field=field) from None
    return Indicator(
        str(line["code"]).strip()[:40], str(line.get("label") or "").strip(), str(line.get("measure") or ""), **numbers
    )  # fmt: skip


def _why(error: HotlineError) -> dict[str, object]:
    """Return what stood in the way, as a toast says it."""
    said = views.refused(error.facts, words())
    return {"text": said, "bad": True} if said else told(error)
