"""控制台: the screens and their arrangement, the list of matters, and what was put on the screens."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode

from dash import Patch, dcc, html

from command.matters import CLASSES, DAYS, SORTS, Asked, Found, Line
from dashboard.views.clock import local
from dashboard.views.incidents import LAMPS
from dashboard.views.kit import Child, Words, aria, data, empty, link, panel, press, status, table
from models.rules.display import PAGES, PANELS, PLACED, ROTATION_S
from models.rules.incident.plans import GRADES

MINUTES = (2, 10, 30, 120, 480, 1440)
UNTIL = (0, 30, 120, 480, 1440)
"""Minutes a pin or a hiding lasts; 0 = until it is taken back."""
_DUE_LAMPS = {"red": "bad", "yellow": "warn", "green": "ok"}
NAMES = {"cls": "class", "since": "from", "until": "to"}
"""Field of a question -> what the address calls it, where that is another word."""
PRESS = "console-press"
"""The store that buttons say into what was pressed: `do`, `of`, `rev`."""
Options = Sequence[tuple[str, str]]


class Lists(NamedTuple):
    """What the filter offers: kinds and states by class, districts."""

    kinds: Mapping[str, Options]
    states: Mapping[str, Options]
    districts: Options = ()


class Screen(NamedTuple):
    """A screen as its card shows it; focus 0 = none."""

    code: str
    label: str
    pages: Sequence[str]
    panels: Sequence[str]
    rotation: int
    focus: int
    rev: int


class Standing(NamedTuple):
    """Something that stands on a screen (`screen` empty: all): its name, what was said with it, by whom, until when."""

    id: int
    screen: str
    state: str
    kind: str
    name: str
    text: str
    by: str
    until: float


# --- the address ----------------------------------------------------------------------------


def read(search: str | None) -> Asked:
    """Read what an address asks for; what cannot be read is left out."""
    said = {k: v[0].strip()[:60] for k, v in parse_qs((search or "").lstrip("?")).items()}
    cls = said.get("class", "")
    days = int(said["days"]) if said.get("days", "").isdecimal() else 1
    page = int(said["page"]) if said.get("page", "").isdecimal() else 0
    known = cls if cls in CLASSES else ""
    return Asked(
        known, said.get("kind", "") if known else "", said.get("status", "") if known else "",
        said.get("words", "").replace("\0", ""), days if days in DAYS else 1,
        said.get("sort", "") if said.get("sort") in SORTS else "newest", min(page, 1000) if known else 0,
        _day(said.get("from", "")), _day(said.get("to", "")),
        said.get("grade", "") if known == "incident" and said.get("grade") in GRADES else "",
        said.get("district", "").replace("\0", "") if known != "state" else "",
    )  # fmt: skip


def _day(said: str) -> str:
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return ""
    return str(day) if 2000 <= day.year <= 2200 else ""


def href(asked: Asked, **changes: object) -> str:
    """Return the address of a question, with some of it changed."""
    plain = Asked()
    now = asked._replace(**{"page": 0, **changes})  # type: ignore[arg-type]
    facts = {NAMES.get(k, k): v for k, v in now._asdict().items() if v != getattr(plain, k)}
    return "/centre/console" + (f"?{urlencode(facts)}" if facts else "")


# --- the page -------------------------------------------------------------------------------


def page(asked: Asked, lists: Lists, words: Words) -> Child:
    """Return the frame; its three parts are filled by callbacks."""
    revs = dcc.Store(id="console-revs", data=None)
    return html.Div(
        [
            html.Div(
                [
                    html.H1(words["console.title"]),
                    html.Span(words["console.help"], className="muted"),
                    link(words["console.see"], "/centre", className="button"),
                ],
                className="page-title",
            ),
            _switch(words),
            html.Div(
                [
                    html.Div(
                        [
                            html.Div([_filter(asked, lists, words)], className="panel"),
                            _target(words),
                            html.Div(id="console-list"),
                        ],
                        className="console-main",
                    ),
                    html.Div(
                        [html.Div(id="console-items"), _screens(words)],
                        className="console-side",
                    ),
                ],
                className="console-split",
            ),
            revs,
            dcc.Store(id="console-done"),
            dcc.Store(id=PRESS),
            dcc.Store(id="centre-tick"),
        ],
        id="centre-console", className="page centre-console",
    )  # fmt: skip


def _switch(words: Words) -> Child:
    buttons = [_button(words[f"centre.page.{name}"], "switch", name) for name in PAGES]
    return html.Div(
        [html.B(words["console.switch"]), *buttons], className="console-switch", role="toolbar"
    )


def _button(
    text: str, verb: str, of: str, rev: str = "", css: str = "", **more: Child
) -> html.Button:
    """Return a button: its verb, what it is about, and what stood there when it was drawn."""
    made = press(text, PRESS, css, do=verb, of=of, rev=rev)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def _select(name: str, options: Options, value: str, label: str, nothing: str = "") -> Child:
    rows = [html.Option(nothing, value="")] if nothing else []
    rows += [
        html.Option(text, value=key, selected="selected" if key == value else None)
        for key, text in options
    ]
    return html.Label([html.Span(label), html.Select(rows, name=name, **aria(label=label))])


def _filter(asked: Asked, lists: Lists, words: Words) -> Child:
    tabs = [
        link(
            words[f"console.class.{cls or 'all'}"], href(Asked(cls, days=asked.days, sort=asked.sort)),
            className="tab on" if cls == asked.cls else "tab",
        )
        for cls in ("", *CLASSES)
    ]  # fmt: skip
    boxes: list[Child] = []
    if asked.cls:
        boxes.append(
            _select(
                "kind",
                lists.kinds[asked.cls],
                asked.kind,
                words["console.kind"],
                words["query.any"],
            )
        )
        boxes.append(
            _select(
                "status",
                lists.states[asked.cls],
                asked.status,
                words["console.status"],
                words["query.any"],
            )
        )
    boxes.append(
        _select(
            "days",
            [(str(n), words[f"console.days.{n}"]) for n in DAYS],
            str(asked.days),
            words["console.days"],
        )
    )
    boxes.append(
        _select(
            "sort",
            [(s, words[f"console.sort.{s}"]) for s in SORTS],
            asked.sort,
            words["console.sort"],
        )
    )
    for name, value in (("from", asked.since), ("to", asked.until)):
        box = dcc.Input(name=name, type="text", value=value, maxLength=10, placeholder="2026-01-31")
        boxes.append(html.Label([html.Span(words[f"console.{name}"]), box], className="day"))
    if asked.cls == "incident":
        grades = [(grade, words[f"grade.{grade}"]) for grade in GRADES]
        boxes.append(
            _select("grade", grades, asked.grade, words["console.grade"], words["query.any"])
        )
    if asked.cls != "state" and lists.districts:
        label = words["console.district"]
        boxes.append(
            _select("district", lists.districts, asked.district, label, words["query.any"])
        )
    words_box = dcc.Input(name="words", type="search", value=asked.words, maxLength=60)
    boxes.append(html.Label([html.Span(words["console.words"]), words_box], **data(search="")))
    hidden = [dcc.Input(type="hidden", name="class", value=asked.cls)] if asked.cls else []
    form = html.Form(
        [*boxes, *hidden, html.Button(words["console.find"], type="submit", className="button primary")],
        action="/centre/console", method="get", className="console-filter", **data(nav_form=""),
        key=href(asked),
    )  # fmt: skip
    return html.Div([html.Div(tabs, className="tabs"), form])


def _target(words: Words) -> Child:
    """Return where and how long: what every button of the list means."""
    lasts = [{"label": _minutes(n, words), "value": n} for n in UNTIL]
    pushed = [{"label": _minutes(n, words), "value": n} for n in MINUTES]
    return html.Div(
        [
            html.Label([html.Span(words["console.screen"]), dcc.Dropdown(
                [{"label": words["console.all_screens"], "value": ""}], "", id="console-screen", clearable=False,
                searchable=False,
            )]),
            html.Label([html.Span(words["console.lasts"]), dcc.Dropdown(
                lasts, 0, id="console-lasts", clearable=False, searchable=False)]),
            html.Label([html.Span(words["console.push_lasts"]), dcc.Dropdown(
                pushed, 10, id="console-push-lasts", clearable=False, searchable=False)]),
            html.Label([html.Span(words["console.text"]), dcc.Input(
                id="console-text", type="text", maxLength=200, placeholder=words["console.text_help"])],
                className="wide"),
            _button(words["console.push_text"], "push", "text:"),
        ],
        className="panel console-target",
    )  # fmt: skip


def _minutes(n: int, words: Words) -> str:
    if not n:
        return words["console.until_released"]
    return (
        words["console.hours"].format(n=n // 60)
        if n >= 60
        else words["console.minutes"].format(n=n)
    )


# --- the list -------------------------------------------------------------------------------


def listing(found: Found, asked: Asked, zone: str, words: Words) -> Child:
    """Return the matters found, with what can be done with each."""
    if not found.lines:
        return html.Div(empty(words["console.none"]), className="panel")
    heads = [
        (words[f"console.head.{name}"], name)
        for name in ("at", "kind", "title", "state", "handling", "do")
    ]
    rows = [_row(line, zone, words) for line in found.lines]
    counts = "，".join(
        words["console.count"].format(what=words[f"console.class.{cls}"], n=f"{n:,}")
        for cls, n in found.totals.items()
    )
    pages = [
        link(str(n + 1), href(asked, page=n), className="tab on" if n == asked.page else "tab")
        for n in range(min(found.pages(asked.cls), 12))
    ] if asked.cls and found.pages(asked.cls) > 1 else []  # fmt: skip
    body = [table(heads, rows, label=words["console.list"]), html.Div(pages, className="tabs")]
    return panel(words["console.list"], body, note=counts)


def _row(line: Line, zone: str, words: Words) -> list[Child]:
    kind = line.label or words[f"{'kind' if line.cls == 'ticket' else 'bureau'}.{line.kind}"]
    said: list[Child] = [html.Span(line.title, className="title")]
    if line.exercise:
        said.append(html.Em(words["centre.exercise"]))
    if line.protected:
        said.append(html.Em(words["console.protected"]))
    if line.no:
        said.append(html.Small(line.no, className="muted"))
    of = f"{line.cls}:{line.ref}"
    verbs = ("pin", "hide", "push") if line.cls in PLACED else ("push",)
    buttons = [_button(words[f"console.do.{verb}"], verb, of) for verb in verbs]
    return [
        f"{local(line.at, zone):%m-%d %H:%M}",
        html.Div(
            [html.Small(words[f"console.class.{line.cls}"], className="muted"), html.Div(kind)]
        ),
        html.Div(said, className="matter"),
        html.Div([_status(line, words), _level(line, words)], className="console-state"),
        html.Div(_handling(line, zone, words), className="muted"),
        html.Div(buttons, className="console-buttons"),
    ]


def _status(line: Line, words: Words) -> Child:
    match line.cls:
        case "incident":
            return status(LAMPS.get(line.status, "off"), words[f"incident_status.{line.status}"])
        case "ticket":
            return html.Span(words[f"ticket_status.{line.status}"])
        case _:
            return status(
                "ok" if line.status == "fresh" else "off", words[f"console.reading.{line.status}"]
            )


def _level(line: Line, words: Words) -> Child:
    if line.cls == "incident":
        return html.Div(words[f"grade.{line.level or 'none'}"], className="muted")
    if line.cls == "ticket" and line.level != "normal":
        urgent = line.level == "emergency"
        return status(
            "bad" if urgent else "warn",
            words["centre.emergency"] if urgent else words[f"urgency.{line.level}"],
        )
    return (
        html.Div(words[f"map.level.{line.level}"]) if line.cls == "state" and line.level else None
    )


def _handling(line: Line, zone: str, words: Words) -> list[Child]:
    parts: list[Child] = []
    if line.cls == "incident":
        parts.append(words["console.forces"].format(
            units=line.units, scene=line.on_scene, done=line.done, owed=line.owed))  # fmt: skip
        if line.last:
            at = line.last[0]
            when = f"{local(float(str(at)), zone):%H:%M}"
            parts.append(f"{when} {step(line.last, words)}")
    elif line.cls == "ticket":
        parts.append(line.holder or words["console.centre"])
        if line.due:
            text = words["console.due"].format(time=f"{local(line.due, zone):%m-%d %H:%M}")
            parts.append(status(_DUE_LAMPS[line.lamp], text) if line.lamp else text)
    else:
        parts.append(line.value)
    return [html.Div(part) for part in parts]


def step(said: Sequence[object], words: Words) -> str:
    """Return a step of an incident's course as a sentence; see `command.centre.course`."""
    _, what, of, text = said
    if what == "status":
        return words[f"incident_status.{of}"]
    if what == "level":
        return f"{words[f'level_field.{of}']} {words[str(text)]}"
    named = words.get(f"centre.step.{what}.{of}", "")
    return words[f"centre.step.{what}"].format(of=named or of, text=text)


# --- what stands on the screens ---------------------------------------------------------------


def standing(
    items: Sequence[Standing], labels: Mapping[str, str], zone: str, words: Words
) -> Child:
    """Return what is pinned, hidden and pushed, screen by screen; a pin moves up and down among its own."""
    parts: list[Child] = []
    for state in ("pushed", "pinned", "hidden"):
        mine = [item for item in items if item.state == state]
        rows = [_standing(item, mine, labels, zone, words) for item in mine]
        body = (
            html.Ul(rows, className="console-items")
            if rows
            else empty(words[f"console.no.{state}"])
        )
        parts += [html.H3(words[f"console.state.{state}"].format(n=len(mine))), body]
    return panel(words["console.items"], html.Div(parts), css="roomy")


def _standing(
    item: Standing, among: Sequence[Standing], labels: Mapping[str, str], zone: str, words: Words
) -> Child:
    where = labels.get(item.screen, item.screen) if item.screen else words["console.all_screens"]
    until = words["console.until_released"]
    if item.until:
        until = words["console.until"].format(time=f"{local(item.until, zone):%m-%d %H:%M}")
    row = [other.id for other in among if other.screen == item.screen]
    buttons: list[Child] = []
    if item.state == "pinned":
        was = " ".join(map(str, row))
        place = row.index(item.id)
        buttons = [
            _button("↑", "up", str(item.id), was, disabled=place == 0, **aria(label=words["console.do.up"])),
            _button("↓", "down", str(item.id), was, disabled=place == len(row) - 1,
                    **aria(label=words["console.do.down"])),
        ]  # fmt: skip
    buttons.append(_button(words[f"console.release.{item.state}"], "release", str(item.id)))
    note = " · ".join(filter(None, (where, item.by, until)))
    text = (
        [html.B(item.name), html.Span(item.text)]
        if item.text and item.kind != "text"
        else [html.B(item.name)]
    )
    return html.Li([html.Div([*text, html.Small(note, className="muted")]), html.Div(buttons)])


# --- screens --------------------------------------------------------------------------------


def _screens(words: Words) -> Child:
    """Return the place of the screens' cards, and a form for one more."""
    add = html.Div(
        [
            dcc.Input(
                id=field("code", ""), type="text", maxLength=20, placeholder=words["console.code"]
            ),
            dcc.Input(
                id=field("label", ""), type="text", maxLength=20, placeholder=words["console.label"]
            ),
            _button(words["console.add"], "add", ""),
        ],
        className="line-form",
    )
    body = html.Div([html.Div(id="console-screens"), add])
    return panel(words["console.screens"], body, css="roomy")


def screens(
    rows: Sequence[Screen], incidents: Options, words: Words, drawn: str | None = None
) -> Child:
    """Return a card for each screen; what differs from the cards that stand (`drawn`, see `revisions`) as a patch.

    A patch leaves the other cards as they are, with what is half typed in them.
    """
    was = {code: rev for code, _, rev in (each.partition(":") for each in (drawn or "").split())}
    codes = [row.code for row in rows]
    stay = [code for code in was if code in codes]
    if not rows or not stay or codes[: len(stay)] != stay:  # none, all new, or in another order
        return [_card(row, incidents, words) for row in rows] or [
            empty(words["console.no.screens"])
        ]
    cards = Patch()
    for n in reversed([n for n, code in enumerate(was) if code not in codes]):
        del cards[n]
    for n, row in enumerate(rows):
        if row.code not in was:
            cards.append(_card(row, incidents, words))
        elif was[row.code] != str(row.rev):
            cards[n] = _card(row, incidents, words)
    return cards


def revisions(rows: Sequence[Screen]) -> str:
    """Return which cards stand, in their order, each with the revision it shows."""
    return " ".join(f"{row.code}:{row.rev}" for row in rows)


def field(name: str, code: str) -> dict[str, str]:
    """Return the id of a field of a screen's card; of the form for a new one the code is empty."""
    return {"console-field": name, "code": code}


def _card(row: Screen, incidents: Options, words: Words) -> Child:
    pages = [{"label": words[f"centre.page.{name}"], "value": name} for name in PAGES]
    panels = [{"label": words[f"centre.panel.{name}"], "value": name} for name in PANELS]
    turns = [
        {"label": words["console.turn"].format(n=n) if n else words["console.no_turn"], "value": n}
        for n in ROTATION_S
    ]
    known = dict(incidents)
    focus = (
        {str(row.focus): f"#{row.focus}", **known}
        if row.focus and str(row.focus) not in known
        else known
    )
    looks = [{"label": words["console.gravest"], "value": "0"}]
    looks += [{"label": text, "value": key} for key, text in focus.items()]
    return html.Div(
        [
            html.Div(
                [
                    html.B(row.label), html.Small(row.code, className="muted"),
                    html.A(words["console.open"], href=f"/centre?screen={row.code}", target="_blank", rel="noopener"),
                ],
                className="head",
            ),
            _named(words["console.label"], dcc.Input(id=field("label", row.code), type="text", value=row.label,
                                                     maxLength=20)),
            _named(words["console.pages"], _many(pages, row.pages, "pages", row.code, words)),
            _named(words["console.panels"], _many(panels, row.panels, "panels", row.code, words)),
            _named(words["console.rotation"], dcc.Dropdown(turns, row.rotation, id=field("rotation", row.code),
                                                           clearable=False, searchable=False)),
            _named(words["console.focus"], dcc.Dropdown(looks, str(row.focus), id=field("focus", row.code),
                                                        clearable=False)),
            html.Div(
                [
                    _button(words["console.arrange"], "arrange", row.code, str(row.rev), "primary"),
                    html.Details(
                        [
                            html.Summary(words["console.remove"]),
                            _button(words["console.remove_sure"].format(label=row.label), "remove", row.code),
                        ],
                        className="move", **data(fold=f"remove-{row.code}"),
                    ),
                ],
                className="line-form",
            ),
        ],
        className="console-card", **data(screen=row.code, rev=str(row.rev)),
    )  # fmt: skip


def _many(
    options: list[dict[str, str]], chosen: Sequence[str], name: str, code: str, words: Words
) -> Child:
    return dcc.Dropdown(
        options,
        list(chosen),
        id=field(name, code),
        multi=True,
        labels={"selected_count": words["console.chosen"]},
    )


def _named(label: str, box: Child) -> Child:
    return html.Label([html.Span(label), box])


def ends(minutes: Any, now: float) -> float:  # noqa: ANN401 - what a browser sends
    """Return the instant so many minutes ahead; 0 for none."""
    return now + float(minutes) * 60 if minutes else 0.0
