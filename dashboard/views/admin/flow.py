"""The table of moves: which verb starts from which state, who may, where it leads."""

from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlencode

from dash import html

from dashboard.views.admin import parts
from dashboard.views.admin.people import permission
from dashboard.views.kit import Child, Words, aria, link, panel
from models.rules.tickets import Move, Verb
from models.rules.tickets.moves import STATUSES


def page(
    moves: Mapping[Verb, Move],
    own: Collection[str],
    chosen: str,
    form: Child,
    note: str,
    words: Words,
) -> Child:
    """Return the table of verbs and states with a verb's form beside it."""
    top = [
        html.Th(words["admin.move.verb"], scope="col"),
        *[_state_head(s, words) for s in STATUSES],
        html.Th(words["admin.move.target"], scope="col"),
        html.Th(words["admin.move.permission"], scope="col"),
    ]  # fmt: skip
    rows = []
    for verb, move in moves.items():
        name = link(
            words[f"verb.{verb}"], f"/admin/flow?{urlencode({'verb': verb})}",
            **({"aria-current": "true"} if verb == chosen else {}),
        )  # fmt: skip
        mark = html.Span(words["admin.own"], className="chip-note") if verb in own else None
        cells = [html.Td("●" if s in move.sources else "", className="mid yes") for s in STATUSES]
        target = words[f"admin.state.{move.target}"] if move.target else words["admin.move.stays"]
        rows.append(
            html.Tr(
                [
                    html.Td(html.Span([name, mark], className="acts")), *cells, html.Td(target),
                    html.Td(permission(move.permission, words)),
                ]
            )
        )  # fmt: skip
    body = html.Div(
        html.Table(
            [html.Thead(html.Tr(top)), html.Tbody(rows)], **aria(label=words["admin.tab.flow"])
        ),
        className="table matrix",
    )
    return parts.split(panel(words["admin.flow"], body, note=note), form)


def _state_head(state: str, words: Words) -> html.Th:
    full = words[f"ticket_status.{state}"]
    return html.Th(words[f"admin.state.{state}"], scope="col", className="mid", title=full)


def form(
    verb: str,
    move: Move,
    *,
    own: bool,
    sources: Sequence[str],
    targets: Sequence[str],
    permissions: Sequence[str],
    words: Words,
) -> Child:
    """Return the form of one verb: only what its service can do may be chosen."""
    stays = [("", words["admin.move.stays"])]
    leads = [(s, words[f"ticket_status.{s}"]) for s in targets if s]
    fields: list[Child] = [
        parts.chosen("move", "permission", [(p, permission(p, words)) for p in permissions], move.permission, words),
        parts.ticked("move", "sources", [(s, words[f"ticket_status.{s}"]) for s in sources],
                     [s for s in sources if s in move.sources], words),
        parts.chosen("move", "target", leads if move.target else stays, move.target or "", words),
        html.Div(
            [
                parts.button("move.save", words, key=verb, primary=True),
                parts.button("move.default", words, key=verb) if own else None,
            ],
            className="acts",
        ),
    ]  # fmt: skip
    return parts.form_panel(words[f"verb.{verb}"], fields)


def all_default(words: Words) -> Child:
    """Return the way back to the default table."""
    back = [html.P(words["admin.flow.default_help"]), parts.button("move.all_default", words)]
    return html.Div(parts.asked("move.all_default", back, words), className="panel roomy")


def start(words: Words) -> Child:
    """Return what the page says before a verb is chosen."""
    return parts.form_panel(words["admin.flow.how"], html.P(words["admin.flow.help"]))
