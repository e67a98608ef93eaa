"""What stands beside the map of hotspots: the layers to choose, the city, the ranking or the table of districts."""

from dash import dcc, html

from dashboard.views.hotspot_map import Shown, sure, surging, usual
from dashboard.views.hotspot_query import LAYERS
from dashboard.views.kit import Child, Words, aria, data, empty, link, panel, table
from gis_data.hotspots.board import Hot
from gis_data.hotspots.result import Row
from tickets.criteria import NONE


def side(shown: Shown, words: Words) -> Child:
    """Return the side of the page; styles show the ranking, or the districts while their layer is chosen."""
    offered = [layer for layer in LAYERS if layer != "change" or shown.other]
    tabs = dcc.RadioItems(
        [{"label": words[f"hot.tab.{layer}"], "value": layer} for layer in offered],
        shown.asked.layer, id="hot-layer", inline=True, className="hot-tabs",
    )  # fmt: skip
    return html.Div(
        [
            tabs,
            panel(words["hot.city"], html.Div(city(shown, words), id="hot-city"), css="roomy"),
            html.Div(empty(words["hot.choose"]), id="hot-why", className="panel roomy hot-why"),
            panel(
                words["hot.ranking"], html.Div(ranking(shown, words), id="hot-ranking"),
                css="roomy hot-of-cells",
            ),
            panel(
                words["hot.by_district"], html.Div(areas(shown, words), id="hot-areas"),
                css="roomy hot-of-districts",
            ),
        ],
        className="hot-side",
    )  # fmt: skip


def city(shown: Shown, words: Words) -> Child:
    """Return the city's own sentence, and what the map cannot show, each linked to its tickets."""
    board = shown.board
    whole = next((row for row in board.surge.rows if row.level == "city"), None)
    lines: list[Child] = []
    if board.too_few:
        lines.append(html.P(words["hot.too_few"]))
    if whole is not None and whole.expected >= 0:
        how = "hot.city_up" if whole.raised else "hot.city_even"
        said = words[how].format(
            n=int(whole.observed), expected=f"{whole.expected:.0f}", p=sure(whole.p, words)
        )
        lines.append(html.P(said))
    elif not board.too_few:
        lines.append(html.P(words["hot.no_history"]))
    if not board.too_few and board.clusters.baseline == "city mean":
        lines.append(html.P(words["hot.city_mean"]))
    left = board.left_out
    for name, number in (("area", left.area), ("default", left.default), ("no", left.no)):
        if number:
            text = words[f"hot.left.{name}"].format(n=number)
            lines.append(html.Div(link(text, shown.asked.tickets.href(located=name))))
    if left.outside:
        lines.append(html.Div(words["hot.left.outside"].format(n=left.outside)))
    if shown.may_place and (left.no or left.area or left.default):
        lines.append(html.Div(link(words["hot.place_them"], "/places")))
    return html.Div(lines, className="hot-note")


def ranking(shown: Shown, words: Words) -> Child:
    """Return the places a leader looks at first."""
    if not shown.board.ranking:
        return empty(words["hot.none"])
    heads = [
        ("#", "num"), (words["hot.where"], ""), (words["hot.tickets"], "num"),
        (words["hot.usual"], "num"), (words["hot.sure"], ""),
    ]  # fmt: skip
    rows = [_line(shown, number, hot, words) for number, hot in enumerate(shown.board.ranking, 1)]
    return table(heads, rows, label=words["hot.ranking"])


def _line(shown: Shown, number: int, hot: Hot, words: Words) -> list[Child]:
    name = html.Button(
        shown.names.get(hot.cell, hot.cell), type="button", className="as-link",
        **data(hot_cell=hot.cell),
    )  # fmt: skip
    said = []
    if hot.clustered:
        said.append(words["hot.mark.cluster"].format(p=sure(hot.p, words)))
    if hot.surging:
        said.append(surging(hot.ratio, hot.expected, words))
    if hot.trend:
        said.append(words[f"hot.trend.{hot.trend}"])
    marks = [html.Span(text, className="chip-note") for text in said]
    tickets = link(f"{hot.tickets:,}", shown.asked.tickets.href(cells=hot.cell))
    chance = html.Span(words["hot.chance"], className="muted")
    return [number, name, tickets, usual(hot.expected, words), marks or chance]


# --- districts -------------------------------------------------------------------------------


def areas(shown: Shown, words: Words) -> list[Child]:
    """Return the table of districts, each with the list of exactly its tickets; its heads sort it."""
    rows = [row for row in shown.board.surge.rows if row.level == "district"]
    rows.sort(key=lambda row: (-row.per_10k, -row.observed, row.key))
    heads = [
        ("name", ""),
        ("tickets", "num"),
        ("expected", "num"),
        ("per_10k", "num"),
        ("surge", ""),
    ]
    if shown.other:
        heads.insert(2, ("earlier", "num"))
    top = [
        html.Th(
            html.Button(words[f"hot.area.{name}"], type="button", **data(sort=at)),
            scope="col", className=css,
            **(aria(sort="descending") if name == "per_10k" else {}),
        )
        for at, (name, css) in enumerate(heads)
    ]  # fmt: skip
    # a new body each time: the browser has put the rows of the old one into an order of its own
    body = html.Tbody([_area(shown, row, words) for row in rows], key=str(shown.board.made_at))
    label = aria(label=words["hot.by_district"])
    whole = html.Table([html.Thead(html.Tr(top)), body], **label, **data(sortable=""))
    nowhere = shown.board.total - int(sum(row.observed for row in rows))
    parts: list[Child] = [html.Div(whole, className="table")]
    if nowhere > 0:
        text = words["hot.no_district"].format(n=nowhere)
        parts.append(
            html.Div(link(text, shown.asked.tickets.href(district=NONE)), className="hot-note")
        )
    return parts


def _area(shown: Shown, row: Row, words: Words) -> html.Tr:
    names = {each.code: each.name for each in shown.districts}
    code = row.key
    name = html.Button(
        names.get(code, code),
        type="button",
        className="as-link",
        **data(hot_cell=f"district:{code}"),
    )
    tickets = link(f"{int(row.observed):,}", shown.asked.tickets.href(district=code))
    rate = f"{row.per_10k:.2f}" if row.per_10k >= 0 else words["hot.no_people"]
    if row.raised:
        said = f"{surging(row.value, row.expected, words)}, {sure(row.p, words)}"
        mark = html.Span(said, className="chip-note")
    else:
        text = sure(row.p, words) if row.expected >= 0 else "–"
        mark = html.Span(text, className="muted")
    told: list[tuple[Child, object, str]] = [
        (name, names.get(code, code), ""), (tickets, row.observed, "num"),
        (usual(row.expected, words), row.expected, "num"), (rate, row.per_10k, "num"), (mark, -row.p, ""),
    ]  # fmt: skip
    if shown.other:
        before = shown.other.districts.get(code, 0)
        told.insert(2, (f"{before:,}", before, "num"))
    return html.Tr([html.Td(part, className=css, **data(value=value)) for part, value, css in told])
