"""预警 (public warnings): their list, one with its file, the page of all. The floor's 告警 are elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.kit import Child, Words, empty, link, panel, press, status, table

FEED = "/alerts/feed.atom"
LEVEL = {
    "draft": "warn", "published": "ok", "refused": "off", "replaced": "off", "cancelled": "off", "expired": "off",
}  # fmt: skip
FILTERS = ("draft", "current", "published", "replaced", "cancelled", "expired", "refused")


class Shown(NamedTuple):
    """A warning as lists show it; verbs : what the viewer may do with it now."""

    id: int
    no: str
    identifier: str
    state: str
    msg_type: str
    exercise: bool
    headline: str
    incident: str
    incident_id: int
    written: float
    writer: str
    sent: float
    expires: float
    decided: float
    decider: str
    reason: str
    verbs: Sequence[str]


def button(verb: str, about: int, words: Words, css: str = "") -> html.Button:
    """Return the button that opens a verb's form; `about` is an alert's id, of `draft` an incident's or 0."""
    return press(words[f"cap_verb.{verb}"], "cap-open", css, verb=verb, about=about)


def desk() -> html.Div:
    """Return the place for a form, and the mark that something was done."""
    stores = [dcc.Store(id=name) for name in ("cap-changed", "cap-open", "cap-do")]
    return html.Div([*stores, html.Div(id="cap-form")], className="cap")


def cards(shown: Sequence[Shown], *, draft: int | None, zone: str, words: Words) -> Child:
    """Return an incident's warnings as cards; `draft`: the incident for which the viewer may draft one."""
    top = html.Div(
        [
            button("draft", draft, words, "primary") if draft is not None else None,
            link(words["cap.heading"], "/command/alerts", className="muted"),
        ],
        className="cap-top",
    )
    held: list[Child] = [_card(one, zone, words) for one in shown]
    body = held or [empty(words["cap.none"])]
    return html.Div([top, *body], className="cap")


def _card(one: Shown, zone: str, words: Words) -> html.Article:
    said = [
        html.Span(words["cap.written"].format(by=one.writer, at=clock.moment(one.written, zone, words)[:-3])),
        html.Span(f"{words['cap.col.until']} {clock.moment(one.expires, zone, words)[:-3]}") if one.expires else None,
        html.Span(words["cap.reason"].format(text=one.reason)) if one.reason else None,
    ]  # fmt: skip
    return html.Article(
        [
            html.Header(
                [state(one, words), link(one.no, Query(id=one.id).href()), *marks(one, words)]
            ),
            html.P(one.headline or "—", className="cap-headline"),
            html.P(said, className="muted cap-said"),
            html.Div([*actions(one, words), file_link(one, words)], className="buttons"),
        ],
        className="cap-card",
    )


def state(one: Shown, words: Words) -> html.Span:
    """Return the state as shape and word."""
    return status(LEVEL[one.state], words[f"cap_state.{one.state}"])


def marks(one: Shown, words: Words) -> list[Child]:
    """Return the kind of message, and that it is an exercise's."""
    kind = html.Span(words[f"cap_type.{one.msg_type}"], className="tag")
    return (
        [kind, html.Span(words["cap.exercise"], className="tag exercise")]
        if one.exercise
        else [kind]
    )


def actions(one: Shown, words: Words) -> list[Child]:
    """Return the buttons of what the viewer may do."""
    return [
        button(verb, one.id, words, "primary" if verb == "approve" else "") for verb in one.verbs
    ]


def file_link(one: Shown, words: Words) -> Child:
    """Return the link to the public file of one that was published."""
    if not one.sent:
        return None
    return html.A(
        words["cap.xml"], href=f"/alerts/{quote(one.identifier)}.xml", target="_blank", rel="noopener",
        title=words["cap.xml_label"].format(no=one.no),
    )  # fmt: skip


# --- the page of all ------------------------------------------------------------------------


class Query(NamedTuple):
    """What the page's address asks for."""

    state: str = ""
    exercise: str = ""
    words: str = ""
    page: int = 0
    id: int = 0

    def href(self, **more: Any) -> str:  # noqa: ANN401 - any field
        """Return the address of this query with other fields."""
        fields = {key: value for key, value in self._replace(**more)._asdict().items() if value}
        return f"/command/alerts?{urlencode(fields)}" if fields else "/command/alerts"


def page(listing: Child, *, draft: bool, words: Words) -> html.Div:
    """Return the page of all warnings."""
    title = html.Div(
        [
            html.H1(words["cap.heading"]),
            html.Span(words["cap.lead"], className="muted"),
            html.A(words["cap.feed"], href=FEED, target="_blank", rel="noopener"),
            button("draft", 0, words, "primary") if draft else None,
        ],
        className="page-title cap-title",
    )
    return html.Div(
        [title, desk(), html.Div(listing, id="cap-all", className="cap")], className="page cap-page"
    )


def listing(
    query: Query, shown: Sequence[Shown], total: int, chosen: Child, *, size: int, zone: str, words: Words
) -> html.Div:  # fmt: skip
    """Return the filters, the table, and the one that is chosen."""
    heads = [
        (words[f"cap.col.{name}"], "")
        for name in ("no", "state", "headline", "sent", "until", "incident")
    ]
    rows = [_row(one, query, zone, words) for one in shown]
    body = (
        table(heads, rows, label=words["cap.heading"]) if rows else empty(words["cap.none_found"])
    )
    pages = [
        link(words["cap.page_n"].format(n=n + 1), query.href(page=n, id=0), className=_tab(n == query.page))
        for n in range(-(-total // size)) if total > size
    ]  # fmt: skip
    note: list[Child] = [words["cap.total"].format(n=total), html.Span(pages, className="tabs")]
    return html.Div(
        [
            _filters(query, words),
            html.Div(
                [panel(words["cap.heading"], body, note=html.Span(note)), chosen],
                className="split cap-split",
            ),
        ]
    )


def _row(one: Shown, query: Query, zone: str, words: Words) -> Sequence[Child]:
    current: dict[str, Any] = {"aria-current": "true"} if one.id == query.id else {}
    incident = (
        link(one.incident, f"/command?id={one.incident_id}&pane=alerts")
        if one.incident
        else words["cap.no_incident"]
    )
    return (
        link(one.no, query.href(id=one.id), **current),
        state(one, words),
        html.Span([*marks(one, words), " ", one.headline or "—"]),
        clock.moment(one.sent, zone, words)[:-3] if one.sent else "—",
        clock.moment(one.expires, zone, words)[:-3] if one.expires else "—",
        incident,
    )


def _filters(query: Query, words: Words) -> html.Form:
    """Return the filters as a plain form: its address is the view."""
    states = [
        ("", words["cap.every_state"]),
        *((name, words[f"cap_state.{name}"]) for name in FILTERS),
    ]
    exercise = [
        ("", words["cap.every_exercise"]), ("no", words["cap.no_exercise"]), ("yes", words["cap.only_exercise"]),
    ]  # fmt: skip
    tabs = [
        link(
            text,
            query.href(state=name, page=0, id=0),
            className=_tab(name == query.state),
        )
        for name, text in states
    ]
    kinds = [
        link(
            text,
            query.href(exercise=name, page=0, id=0),
            className=_tab(name == query.exercise),
        )
        for name, text in exercise
    ]
    fields = [
        dcc.Input(
            name="words", value=query.words, type="search", placeholder=words["cap.words"], maxLength=60,
            id="cap-words",
        ),
        dcc.Input(name="state", value=query.state, type="hidden"),
        dcc.Input(name="exercise", value=query.exercise, type="hidden"),
        html.Button(words["cap.filter"], type="submit", className="button"),
    ]  # fmt: skip
    return html.Form(
        [html.Div(tabs, className="tabs"), html.Div(kinds, className="tabs"), *fields],
        action="/command/alerts", method="get", className="filters",
    )  # fmt: skip


def _tab(on: bool) -> str:
    return "tab on" if on else "tab"


def detail(one: Shown, xml: str, preview: Child, *, zone: str, words: Words) -> html.Section:
    """Return one warning: what was decided, what may be done, and its file, or what the draft would be."""
    said = [
        words["cap.written"].format(by=one.writer, at=clock.moment(one.written, zone, words)[:-3])
    ]
    if one.decided:
        verb = words["cap_verb.refuse" if one.state == "refused" else "cap_verb.approve"]
        at = clock.moment(one.decided, zone, words)[:-3]
        said.append(words["cap.decided"].format(by=one.decider, at=at, verb=verb))
    if one.reason:
        said.append(words["cap.reason"].format(text=one.reason))
    label = words["cap.xml_label"].format(no=one.no)
    body = [
        html.P([state(one, words), *marks(one, words)], className="cap-marks"),
        html.P(one.headline or "—", className="cap-headline"),
        html.P([html.Span(line) for line in said], className="muted cap-said"),
        html.Div([*actions(one, words), file_link(one, words)], className="buttons"),
        html.Pre(xml, className="cap-xml", tabIndex=0, title=label)
        if xml else html.Div(preview, className="cap-preview"),
    ]  # fmt: skip
    return panel(one.no, body, css="roomy cap-detail", note=one.identifier)


def why(facts: Mapping[str, Any], words: Words) -> str:
    """Return why something was refused, by the facts of the error; empty when they say nothing of warnings."""
    if facts.get("faults"):
        named = "、".join(words[f"cap_wrong.{fault}"] for fault in facts["faults"])
        return words["cap_why.faults"].format(faults=named)
    for key in ("cap", "field"):
        if facts.get(key):
            return words.get(f"cap_why.{facts[key]}", words["cap_why.field"])
    return ""
