"""调班与交接: one's own shifts and swaps, handovers to write and to sign, calendar addresses."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash import html

from dashboard.views import clock
from dashboard.views.duty import parts
from dashboard.views.kit import Child, Words, empty, panel, status, table

if TYPE_CHECKING:
    from command.duty.calendar import Line as CalendarLine
    from command.duty.roster import Line
    from command.duty.swaps import Line as SwapLine
    from models.tables import DutyContact, DutyHandover

Options = Sequence[tuple[str, str]]
LEVELS: Mapping[str, str] = {
    "asked": "warn", "agreed": "warn", "approved": "ok", "declined": "off", "refused": "off",
}  # fmt: skip


def page(handing: Child, swapping: Sequence[Child], calendars: Child) -> Child:
    """Return the page's body."""
    return html.Div(
        [html.Div(handing), html.Div([*swapping, calendars])], className="split duty-even"
    )


def when(start: float, end: float, zone: str, words: Words) -> str:
    """Return `11-21 周六 08:00–20:00`."""
    first, last = clock.local(start, zone), clock.local(end, zone)
    return f"{first:%m-%d} {words[f'week.{(first.weekday() + 1) % 7}']} {first:%H:%M}–{last:%H:%M}"


def handovers(
    rows: Sequence["DutyHandover"],
    me: "DutyContact | None",
    may_write: Options,
    people: Sequence[tuple[int, str]],
    incoming: int | None,
    *,
    zone: str,
    words: Words,
) -> Child:
    """Return the handovers, and the form for who is on duty on one of the levels `may_write`."""
    blocks: list[Child] = []
    if may_write:
        form = [
            parts.chosen("handover", "level", may_write, words, value=may_write[0][0]),
            parts.chosen("handover", "incoming", people, words, value=incoming),
            parts.written(
                "handover", "matters", words, most=4000, rows=5, hint=words["duty.matters_help"]
            ),
            parts.button("handover.write", words, primary=True),
        ]
        blocks.append(
            panel(words["duty.handover_new"], html.Div(form, className="form"), css="roomy")
        )
    listed = [_handover(row, me, zone, words) for row in rows]
    body = html.Div(listed) if listed else empty(words["duty.handover_none"])
    return [*blocks, panel(words["duty.handovers"], body)]


def _handover(
    row: "DutyHandover", me: "DutyContact | None", zone: str, words: Words
) -> html.Article:
    signed = row.signed_at
    at = f"{clock.local(row.written_at.timestamp(), zone):%m-%d %H:%M}"
    if signed:
        text = words["duty.signed_at"].format(
            at=f"{clock.local(signed.timestamp(), zone):%m-%d %H:%M}"
        )
        mark = status("ok", text)
    else:
        mark = status("warn", words["duty.unsigned"])
    acts: list[Child] = []
    of: dict[str, Any] = {"key": row.id, "version": row.version}
    if not signed and me is not None and me.id == row.incoming_id:
        acts.append(parts.button("handover.sign", words, primary=True, **of))
    if not signed and me is not None and me.id == row.outgoing_id:
        form = f"hand{row.id}"
        acts.append(
            parts.opening(
                words["duty.do.handover.amend"],
                [
                    parts.written(form, "matters", words, value=row.matters, most=4000, rows=5),
                    parts.button("handover.amend", words, primary=True, **of),
                ],
            )
        )
    head = html.Header(
        [html.B(f"{row.outgoing} → {row.incoming}"), html.Span(at, className="num muted"), mark]
    )
    return html.Article(
        [head, html.P(row.matters, className="pre"), *acts], className="duty-handover"
    )


def swaps(
    mine: Sequence["Line"],
    rows: Sequence["SwapLine"],
    me: "DutyContact | None",
    others: Sequence[tuple[int, str]],
    theirs: Sequence[tuple[int, str]],
    labels: Mapping[tuple[str, str], str],
    *,
    may_approve: bool,
    zone: str,
    words: Words,
) -> list[Child]:
    """Return one's own shifts to come with the form to ask, and the swaps one has a word in."""
    if me is None:
        own: Child = empty(words["duty.not_in_book"])
    elif not mine:
        own = empty(words["duty.no_shifts"])
    else:
        coming = [
            (
                line.row.id,
                f"{when(line.row.start_at.timestamp(), line.row.end_at.timestamp(), zone, words)} "
                f"{labels.get((line.row.level, line.row.slot), '')}",
            )
            for line in mine
        ]
        form = [
            parts.chosen("swap", "shift", coming, words),
            parts.chosen("swap", "other", others, words),
            parts.chosen("swap", "back", [(0, words["duty.no_back"]), *theirs], words, value=0),
            parts.typed("swap", "why", words, most=200),
            parts.button("swap.ask", words, primary=True),
        ]
        own = [
            html.Ul(
                [html.Li(html.Span(text, className="num")) for _, text in coming[:8]],
                className="held",
            ),
            parts.opening(words["duty.do.swap.ask"], form),
        ]
    listed = _swaps(rows, me, may_approve=may_approve, zone=zone, words=words)
    return [
        panel(words["duty.my_shifts"], html.Div(own), css="roomy"),
        panel(words["duty.swaps"], listed),
    ]


def _swaps(
    rows: Sequence["SwapLine"],
    me: "DutyContact | None",
    *,
    may_approve: bool,
    zone: str,
    words: Words,
) -> Child:
    if not rows:
        return empty(words["duty.swaps_none"])
    heads = [(words["duty.col.swap"], ""), (words["duty.col.state"], "nowrap"), ("", "nowrap")]
    body = []
    for line in rows:
        row = line.row
        said = [f"{line.who.name} → {line.other.name}"]
        said.append(
            when(line.shift.start_at.timestamp(), line.shift.end_at.timestamp(), zone, words)
        )
        if line.back is not None:
            back = when(line.back.start_at.timestamp(), line.back.end_at.timestamp(), zone, words)
            said.append(f"⇄ {back}")
        if row.why:
            said.append(row.why)
        acts: list[Child] = []
        of: dict[str, Any] = {"key": row.id}
        if row.state == "asked" and me is not None and me.id == line.other.id:
            acts += [
                parts.button("swap.agree", words, primary=True, **of),
                parts.button("swap.decline", words, **of),
            ]
        if row.state == "agreed" and may_approve:
            acts.append(parts.button("swap.approve", words, primary=True, **of))
        own = me is not None and me.id == line.who.id
        if row.state in ("asked", "agreed") and (own or may_approve):
            acts.append(
                parts.button(
                    "swap.refuse", words, text=words["duty.do.swap.take_back"] if own else "", **of
                )
            )
        body.append(
            (
                [html.Div(part) for part in said],
                status(LEVELS[row.state], words[f"duty.swap.{row.state}"]),
                html.Div(acts, className="acts"),
            )
        )
    return table(heads, body, label=words["duty.swaps"])


def calendars(rows: Sequence["CalendarLine"], *, own: bool, zone: str, words: Words) -> Child:
    """Return the calendar addresses that are open, and the buttons for a new one."""
    listed = [
        html.Li(
            [
                html.Span(line.who or words["duty.whole_roster"]),
                html.Span(f"{clock.local(line.row.issued_at.timestamp(), zone):%Y-%m-%d %H:%M}", className="num muted"),
                parts.button("calendar.revoke", words, key=line.row.id),
            ]
        )
        for line in rows
    ]  # fmt: skip
    new = [
        parts.button("calendar.own", words) if own else None,
        parts.button("calendar.whole", words),
    ]
    body = [
        html.P(words["duty.calendar_help"], className="muted"),
        html.Ul(listed, className="held") if listed else None,
        html.Div(new, className="acts"),
    ]
    return panel(words["duty.calendars"], html.Div(body), css="roomy")


def address(url: str, words: Words) -> Child:
    """Return a calendar's address, shown this once."""
    return html.Div(
        [
            html.B(words["duty.calendar_made"]),
            html.Code(url, className="secret"),
            html.Span(words["duty.once"]),
        ],
        className="told",
    )
