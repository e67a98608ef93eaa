"""The frame round every page: navigation by permission, language, theme, the desk's header."""

import json
from typing import Any

from dash import html

from dashboard.views.kit import Child, Words, aria, data, link
from dashboard.views.wall import fresh

PAGES: tuple[
    tuple[str, str, str], ...
] = (  # address, key of its word, permissions of which one is enough
    ("/wall", "nav.wall", "floor.view"),
    ("/centre", "nav.centre", "command.view"),
    ("/calls", "nav.calls", "calls.view"),
    ("/tickets", "nav.tickets", "ticket.view"),
    ("/customers", "nav.customers", "ticket.open"),
    ("/hotspots", "nav.hotspots", "ticket.view"),
    ("/places", "nav.places", "ticket.assign"),
    ("/map", "nav.map", "ticket.view"),
    ("/command", "nav.command", "command.view"),
    ("/knowledge", "nav.knowledge", "knowledge.view"),
    ("/duty", "nav.duty", "duty.view"),
    ("/alarms", "nav.alarms", "floor.view"),
    ("/system", "nav.system", "system.view"),
    ("/admin", "nav.admin", "admin.units admin.people admin.parameters"),
)

ROOMS: tuple[tuple[str, str], ...] = (  # address, key of its word
    ("/command", "rooms.map"),
    ("/command/incidents", "incidents.title"),
    ("/command/tasks", "tasks.title"),
    ("/command/plans", "plan.library"),
    ("/command/resources", "nav.resources"),
    ("/command/alerts", "cap.heading"),
    ("/command/symbols", "symbols.heading"),
    ("/command/reviews", "reviews.heading"),
)
"""The pages of command; all need `command.view`. The map itself fills the screen and has its own ways to them."""


def words_node(words: Words) -> html.Div:
    """Return the node the browser's own scripts read their texts from."""
    table = json.dumps(dict(words), ensure_ascii=False, separators=(",", ":"))
    return html.Div(id="words", hidden=True, **data(words=table))


def nav(words: Words, here: str, can: frozenset[str], *, wall: bool = False) -> html.Nav:
    """Return the links this person may follow, and the switches of language and theme."""
    links: list[Child] = []
    for href, key, permission in PAGES:
        if can.isdisjoint(permission.split()):
            continue
        text: Child = words[key]
        if href == "/alarms" and not wall:
            text = [words[key], html.Span(**data(alarm_count=""))]
        current: dict[str, Any] = {"aria-current": "page"} if href == here else {}
        links.append(link(text, href, title=words["nav.keys"], **current))
        if href == "/command" and not wall:
            links.append(_prompts(words))
    if wall:
        links.append(
            link(words["nav.kiosk"], "/wall?kiosk=1&rotate=20", title=words["nav.kiosk_label"])
        )
    switches: list[Child] = [
        _switch("language", words["nav.language"], words["nav.language_label"])
    ]
    if not wall:
        label = f"{words['nav.dark']}/{words['nav.light']}"
        switches.append(_switch("theme", label, words["nav.theme_label"]))
    leave = html.Form(
        html.Button(words["nav.signout"], type="submit"), action="/logout", method="post"
    )
    return html.Nav([*links, *switches, leave], className="nav", **aria(label=words["nav.label"]))


def _prompts(words: Words) -> html.Span:
    """Return the badge of what asks for this person in command; a press opens the list of it."""
    badge = html.Button(
        hidden=True, type="button", className="badge", title=words["prompt.open"],
        **aria(label=words["prompt.open"], expanded="false"), **data(prompt_count=""),
    )  # fmt: skip
    return html.Span(badge, className="prompt-badge")


def rooms(words: Words, here: str) -> html.Nav | None:
    """Return the ways between the pages of command, for the page at `here` or one below it; None elsewhere."""
    if here not in {href for href, _ in ROOMS[1:]}:
        return None
    links = [
        link(words[key], href, **({"aria-current": "page"} if href == here else {}))
        for href, key in ROOMS
    ]
    return html.Nav(links, className="nav rooms", **aria(label=words["nav.command"]))


def _switch(name: str, text: str, label: str) -> html.Button:
    return html.Button(
        text,
        id={"switch": name, "n": 0},
        type="button",
        title=label,
        **aria(label=label),
    )


def desk(
    words: Words, here: str, can: frozenset[str], user: str, body: Child, *, agent_no: str = "", user_id: int = 0
) -> html.Div:  # fmt: skip
    """Return a desk page: header, banner, and the page's own body; calls pop up for who takes them: `agent_no`.

    user_id : whose prompts the browser remembers.
    """
    header = html.Header(
        [
            link(words["app.watch"], "/wall", className="brand"),
            nav(words, here, can),
            fresh(words),
            html.Span(user, className="muted user"),
        ],
        className="desk-head",
    )
    banner = html.Div(id="banner", className="banner", role="alert", hidden=True)
    if not agent_no or "ticket.open" not in can:
        main = html.Main(body, id="main")
        return html.Div([header, banner, main], className="desk", **data(user=user_id))
    main = html.Main([_call_bar(words), html.Div(body)], id="main")
    return html.Div([header, banner, main], className="desk", **data(agent=agent_no, user=user_id))


def _call_bar(words: Words) -> html.Div:
    """Return the place where a call says that it is there, while something half typed stands on the page."""
    go = link(words["pop.take"], "/tickets/new", className="button primary")
    parts = [html.B(), html.Span(id="bar-note"), html.Span(words["pop.key"], className="muted"), go]
    return html.Div(parts, hidden=True, className="call-bar", role="alert", **data(call_bar=""))
