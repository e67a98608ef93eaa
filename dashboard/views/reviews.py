"""After-action pages: reports as a list, side by side and summed up; response chain; capability; indicators."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from dash import dcc, html

from command.capability import Capability
from command.chain import Group
from command.evaluation import rows_of
from command.evaluation_lists import Average, Found, Report, Summary
from command.incident_types import KINDS
from command.indicators import Set
from dashboard.views import clock
from dashboard.views.kit import Child, Words, data, empty, link, panel, table
from models.rules.incident.chain import SPANS, Quantiles
from models.rules.incident.measures import JUDGED, MEASURES, Scored
from models.rules.incident.state import Incident

TABS = ("reports", "compare", "stats", "chain", "capability", "indicators")
PERIODS = ("30", "90", "365", "all")


class Here(NamedTuple):
    """What the pages need: words, zone, labels of types and districts, what may be done, the types that occurred."""

    words: Words
    zone: str
    types: Mapping[str, str]
    districts: Mapping[str, str]
    can: frozenset[str]
    used: frozenset[str] = frozenset()


def page(tab: str, asked: Mapping[str, str], body: Child, here: Here) -> Child:
    """Return a page of the after-action room: its tabs keep what was asked for."""
    words = here.words
    kept = {
        name: value
        for name, value in asked.items()
        if name in ("period", "type", "exercise") and value
    }
    export = html.A(
        words["reviews.export"], href=f"/api/command/reviews/{tab}.xlsx?{urlencode(asked)}", className="button",
        download="",
    ) if tab != "indicators" else None  # fmt: skip
    tabs = [
        link(
            words[f"reviews.tab.{name}"], f"/command/reviews?{urlencode({'tab': name, **kept})}",
            className="tab on" if name == tab else "tab",
        )
        for name in TABS
    ]  # fmt: skip
    return html.Div(
        [
            html.Div([html.H1(words["reviews.heading"]), export], className="page-title"),
            html.Div(tabs, className="tabs"),
            _filters(tab, asked, here) if tab != "indicators" else None,
            html.Div(body, className="reviews-body"),
        ],
        className="page reviews",
    )


def _filters(tab: str, asked: Mapping[str, str], here: Here) -> Child:
    words = here.words
    boxes: list[Child] = []
    choices: list[tuple[str, list[tuple[str, str]]]] = [
        ("period", [(name, words[f"reviews.period.{name}"]) for name in PERIODS]),
        (
            "type",
            [
                ("", words["reviews.any_type"]),
                *((code, label) for code, label in here.types.items() if code in here.used),
            ],
        ),
        (
            "exercise",
            [(name, words[f"reviews.exercise.{name or 'any'}"]) for name in ("", "no", "yes")],
        ),
    ]
    if tab == "reports":
        boxes.append(_search(asked, words))
        choices.append(("kind", [("", words["reviews.any_kind"]), *(
            (name, words[f"incident_kind.{name}"]) for name in KINDS
        )]))  # fmt: skip
        choices.append(("state", [("", words["reviews.any_state"]), *(
            (name, words[f"reviews.state.{name}"]) for name in ("draft", "submitted", "approved")
        )]))  # fmt: skip
    if tab == "chain":
        choices.append(
            ("by", [(n, words[f"reviews.by.{n}"]) for n in ("type", "kind", "month", "district")])
        )
    for name, options in choices:
        boxes.append(_chips(tab, name, options, asked, words))
    return html.Div(boxes, className="reviews-filters")


def _search(asked: Mapping[str, str], words: Words) -> Child:
    """Return the box for an incident's number or title; what else is asked for stays."""
    hint = words["reviews.search"]
    box = dcc.Input(
        name="words",
        id="reviews-q",
        type="search",
        value=asked.get("words", ""),
        maxLength=60,
        placeholder=hint,
    )
    return html.Form(
        [
            html.Label(hint, htmlFor="reviews-q", className="sr"), html.Div(box, className="search"),
            html.Button(words["reviews.find"], type="submit", className="button"),
        ],
        action="/command/reviews", method="get", className="reviews-search",
        **data(nav_form="", keep="period type exercise state kind"),
    )  # fmt: skip


def _chips(
    tab: str, name: str, options: Sequence[tuple[str, str]], asked: Mapping[str, str], words: Words
) -> Child:
    now = asked.get(name) or options[0][0]
    keep = {
        key: value
        for key, value in asked.items()
        if key not in (name, "tab", "page", "id") and value
    }
    links = [
        link(
            text, f"/command/reviews?{urlencode({'tab': tab, **keep, **({name: code} if code else {})})}",
            className="pick on" if code == now else "pick",
        )
        for code, text in options
    ]  # fmt: skip
    return html.Div(
        [html.Span(words[f"reviews.by_{name}"], className="muted"), *links],
        className="reviews-chips",
    )


# --- reports --------------------------------------------------------------------------------


def reports(
    found: Found, waiting: Sequence[Incident], page_no: int, asked: Mapping[str, str], here: Here
) -> Child:
    """Return the list of reports; `waiting` are incidents that are over and have none."""
    words = here.words
    write = None
    if "command.act" in here.can:
        options = [{"label": f"{i.no} {i.title}", "value": i.id} for i in waiting]
        write = html.Div(
            [
                dcc.Dropdown(options, id="reviews-incident", placeholder=words["reviews.choose"]),
                html.Button(words["reviews.draw"], id="reviews-draw", type="button", className="button primary"),
            ],
            className="reviews-draw",
        )  # fmt: skip
    heads = [(words[f"reviews.col.{n}"], css) for n, css in (
        ("pick", ""), ("incident", ""), ("type", ""), ("version", "num"), ("state", ""), ("score", "num"),
        ("author", ""), ("written", ""), ("files", ""),
    )]  # fmt: skip
    lines = [_report_line(report, here) for report in found.rows]
    body: Child = (
        table(heads, lines, label=words["reviews.tab.reports"])
        if lines
        else empty(words["reviews.none"])
    )
    more = [
        link(words["reviews.more"], f"/command/reviews?{urlencode({**asked, 'tab': 'reports', 'page': page_no + 1})}",
             className="button")
    ] if (page_no + 1) * 30 < found.total else []  # fmt: skip
    return html.Div(
        [
            write,
            panel(
                words["reviews.total"].format(n=found.total), [body, *more],
                note=html.Button(words["reviews.lay"], type="button", className="button",
                                 **data(reviews_compare="")) if lines else None,
            ),
        ]
    )  # fmt: skip


def _report_line(report: Report, here: Here) -> Sequence[Child]:
    words, row, i = here.words, report.row, report.incident
    mark = [html.Span(words["command.exercise"], className="replay-mark")] if i.exercise else []
    files = [
        html.A(kind.upper(), href=f"/api/command/evaluation/{row.id}.{kind}", className="file")
        for kind in ("pdf", "xlsx")
    ]  # fmt: skip
    pick: Any = dcc.Checklist(
        [{"label": "", "value": str(row.id)}],
        [],
        id={"reviews-pick": row.id},
        className="reviews-pick",
    )
    return (
        pick,
        html.Span([link(f"{i.no} {i.title}", f"/command/review?id={row.id}"), *mark]),
        here.types.get(i.type, i.type), f"{row.version}", words[f"reviews.state.{row.state}"],
        points(row.score, words), row.author, clock.moment(row.written_at.timestamp(), here.zone, words)[:-3],
        html.Span([link(words["reviews.replay"], f"/command/replay?id={i.id}"), " ", *files], className="acts"),
    )  # fmt: skip


def points(score: float | None, words: Words) -> str:
    """Return a score, or the word for one that is not known."""
    return words["replay.unknown"] if score is None else f"{score:.1f}"


def name_of(row: Scored | Average, words: Words) -> str:
    """Return an indicator's name: the tenant's own, or that of its measure."""
    return row.label or words[f"measure.{row.measure}"]


def refused(facts: Mapping[str, object], words: Words) -> str:
    """Return why a report was refused, by the error's facts, with the indicators that are owed; empty if unknown."""
    owed = facts.get("owed")
    rows = owed if isinstance(owed, list) else []
    names = "、".join(dict.fromkeys(label or words[f"measure.{JUDGED}"] for _, label in rows))
    for family in ("cap", "field"):
        text = words.get(f"reviews.{family}.{facts.get(family, '')}")
        if text:
            return text.format(names=names)
    return ""


def value_of(row: Scored, words: Words) -> str:
    """Return what was measured, in its unit."""
    if row.value is None:
        return words["replay.unknown"]
    if row.measure == JUDGED:
        return f"{row.value:.0f}"
    return (
        f"{row.value:,.1f} {words['unit.minute']}"
        if MEASURES[row.measure].unit == "min"
        else f"{row.value:.1f} %"
    )


def target_of(row: Scored, words: Words) -> str:
    """Return what counts as full marks."""
    if row.measure == JUDGED:
        return "100"
    low = MEASURES[row.measure].better == "low"
    unit = words["unit.minute"] if MEASURES[row.measure].unit == "min" else "%"
    return f"{'≤' if low else '≥'} {row.target:g} {unit}"


def compare(chosen: Sequence[Report], here: Here) -> Child:
    """Return reports of one type side by side: an indicator is a line, a report a column."""
    words = here.words
    if not chosen:
        return empty(words["reviews.compare_none"])
    heads = [(words["reviews.indicator"], "")]
    for report in chosen:
        heads.append(
            (
                f"{report.incident.no} · {words['command.version'].format(n=report.row.version)}",
                "num",
            )
        )
    by_code: dict[str, dict[int, Scored]] = {}
    names: dict[str, str] = {}
    for report in chosen:
        for row in rows_of(report.row):
            by_code.setdefault(row.code, {})[report.row.id] = row
            names[row.code] = name_of(row, words)
    lines: list[list[Child]] = [
        [
            words["reviews.incident"],
            *(link(r.incident.title, f"/command/review?id={r.row.id}") for r in chosen),
        ],
        [html.B(words["reviews.score"]), *(html.B(points(r.row.score, words)) for r in chosen)],
        [words["reviews.state_head"], *(words[f"reviews.state.{r.row.state}"] for r in chosen)],
    ]
    for code, known in by_code.items():
        marks = [row.score for row in known.values() if row.score is not None]
        best = max(marks, default=None) if len(set(marks)) > 1 else None
        lines.append([names[code], *(_compared(known.get(r.row.id), best, words) for r in chosen)])
    return panel(
        words["reviews.tab.compare"], table(heads, lines, label=words["reviews.tab.compare"])
    )


def _compared(row: Scored | None, best: float | None, words: Words) -> Child:
    if row is None:
        return html.Span(words["reviews.not_in"], className="muted")
    mark = html.B(
        points(row.score, words), className="best" if best is not None and row.score == best else ""
    )
    return html.Span([mark, html.Small(value_of(row, words), className="muted under")])


def stats(found: Sequence[Summary], here: Here) -> Child:
    """Return the statistics of all approved reports: by type, exercises apart."""
    words = here.words
    if not found:
        return empty(words["reviews.stats_none"])
    heads = [(words[f"reviews.col.{n}"], css) for n, css in (
        ("indicator", ""), ("mean", "num"), ("low", "num"), ("high", "num"), ("n", "num"),
    )]  # fmt: skip
    return html.Div(
        [
            panel(
                _group(here.types.get(each.type, each.type), each.exercise, words),
                table(
                    heads,
                    [
                        [name, f"{row.mean:.1f}", f"{row.low:.1f}", f"{row.high:.1f}", f"{row.n} / {row.of}"]
                        for name, row in [
                            *([(html.B(words["reviews.score"]), each.score)] if each.score else []),
                            *((name_of(row, words), row) for row in each.rows),
                        ]
                    ],
                    label=each.type,
                ),
                note=words["reviews.of_reports"].format(n=each.reports),
            )
            for each in found
        ],
        className="reviews-grid",
    )  # fmt: skip


def _group(name: str, exercise: bool, words: Words) -> str:
    return f"{name or words['replay.unknown']} · {words['command.exercise']}" if exercise else name


# --- chain and capability -------------------------------------------------------------------


def chain(groups: Sequence[Group], by: str, here: Here) -> Child:
    """Return P50 and P90 of the response chain: a part is a line, a group a pair of columns, n beside each."""
    words = here.words
    if not groups:
        return empty(words["reviews.chain_none"])
    heads = [(words["reviews.part"], "")]
    for group in groups:
        label = _group(key_label(group.key, by, here), group.exercise, words)
        heads.append((f"{label}（{group.incidents}）", "num"))
    lines = [
        [
            html.Span([words[f"chain.{first}"], " → ", words[f"chain.{last}"]]),
            *(_quantiles(group.parts[first, last], words) for group in groups),
        ]
        for first, last in SPANS
    ]
    return panel(
        words["reviews.tab.chain"], table(heads, lines, label=words["reviews.tab.chain"]),
        note=words["reviews.chain_note"],
    )  # fmt: skip


def key_label(key: str, by: str, here: Here) -> str:
    """Return a group's name."""
    if by == "kind":
        return here.words[f"incident_kind.{key}"]
    labels = {"type": here.types, "district": here.districts}.get(by, {})
    return labels.get(key, key) or here.words["replay.unknown"]


def _quantiles(q: Quantiles, words: Words) -> Child:
    told = words["replay.unknown"] if q.p50 is None else (
        f"{clock.duration(q.p50, words)} / {clock.duration(q.p90, words)}"
    )  # fmt: skip
    return html.Span([told, html.Small(f"n={q.n}/{q.of}", className="muted under")])


def capability(found: Capability, here: Here) -> Child:
    """Return what a period shows of the city's emergency capability."""
    words = here.words
    if not found.readiness:
        return empty(words["reviews.chain_none"])
    forces = [
        [
            words.get(f"unit_type.{f.type}", f.type) or words["replay.unknown"],
            here.districts.get(f.district, f.district) or words["replay.unknown"],
            words["choice.yes.yes"] if f.exercise else words["choice.yes.no"], str(f.assignments),
            _quantiles(f.acknowledged, words), _quantiles(f.left, words), _quantiles(f.arrived, words),
        ]
        for f in found.forces
    ]  # fmt: skip
    ready = [
        [
            _group(here.types.get(r.type, r.type), r.exercise, words), str(r.incidents),
            f"{r.planned} ({_share(r.planned, r.incidents, words)})",
            f"{r.tasks}", f"{r.in_time} ({_share(r.in_time, r.tasks, words)})", str(r.late), str(r.open),
        ]
        for r in found.readiness
    ]  # fmt: skip
    return html.Div(
        [
            panel(
                words["reviews.readiness"],
                table([(words[f"reviews.ready.{n}"], "" if n == "type" else "num") for n in (
                    "type", "incidents", "planned", "tasks", "in_time", "late", "open",
                )], ready, label=words["reviews.readiness"]),
                note=words["reviews.counted"].format(n=found.incidents, m=found.exercises),
            ),
            panel(
                words["reviews.forces"],
                table([(words[f"reviews.force.{n}"], "" if n in ("type", "district", "exercise") else "num") for n in (
                    "type", "district", "exercise", "assignments", "acknowledged", "left", "arrived",
                )], forces, label=words["reviews.forces"]) if forces else empty(words["reviews.forces_none"]),
                note=words["reviews.chain_note"],
            ),
        ]
    )  # fmt: skip


def _share(part: int, whole: int, words: Words) -> str:
    return f"{100 * part / whole:.0f} %" if whole else words["replay.unknown"]


# --- indicators -----------------------------------------------------------------------------


def indicators(held: Set, here: Here) -> Child:
    """Return the indicators: to be seen, and by who may, changed as the next version."""
    words = here.words
    may = "command.edit" in here.can
    blank = [("", "", JUDGED, "", "")] * 3 if may else []
    given = [(r.code, r.label, r.measure, f"{r.weight:g}", f"{r.target:g}") for r in held.rows]
    measures = [{"label": words[f"measure.{name}"], "value": name} for name in (*MEASURES, JUDGED)]
    lines = []
    for number, row in enumerate([*given, *blank]):
        cells: list[Child] = []
        for field, value in zip(("code", "label", "measure", "weight", "target"), row, strict=True):
            key = {"indicator-field": field, "row": number}
            if not may:
                shown = (
                    words[f"measure.{value}"]
                    if field == "measure" or (field == "label" and not value)
                    else value
                )
                cells.append(
                    words[f"measure.{row[2]}"] if field == "label" and not value else shown
                )
            elif field == "measure":
                cells.append(dcc.Dropdown(measures, value, id=key, clearable=False))
            else:
                hint = words[f"measure.{row[2]}"] if field == "label" and row[0] else ""
                cells.append(
                    dcc.Input(id=key, type="text", value=value, maxLength=60, placeholder=hint)
                )
        lines.append(cells)
    heads = [
        (words[f"reviews.ind.{n}"], "") for n in ("code", "label", "measure", "weight", "target")
    ]
    version = (
        words["command.version"].format(n=held.version)
        if held.version
        else words["reviews.own_set"]
    )
    save = html.Div(
        [
            html.Span(words["reviews.ind_help"], className="muted"),
            html.Button(words["reviews.ind_save"], id="indicators-save", type="button", className="button primary"),
        ],
        className="buttons reviews-save",
    ) if may else None  # fmt: skip
    return html.Div(
        [
            panel(words["reviews.tab.indicators"], [table(heads, lines, label=words["reviews.tab.indicators"]), save],
                  css="indicators", note=version),
            dcc.Store(id="indicators-version", data=held.version),
        ]
    )  # fmt: skip
