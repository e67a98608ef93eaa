"""值班台: who is on duty now, what is missing in the days to come, what waits for a hand, the log's last lines."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dash import html

from dashboard.views import clock
from dashboard.views.duty import log
from dashboard.views.kit import Child, Words, empty, link, panel, status

if TYPE_CHECKING:
    from command.duty.journal import Entry
    from command.duty.roster import Level, OnDuty
    from models.rules.duty.roster import Gap
    from models.tables import DutyHandover


def page(
    serving: Sequence["OnDuty"],
    levels: Sequence["Level"],
    gaps: Sequence["Gap"],
    waiting: Child,
    entries: Sequence["Entry"],
    *,
    zone: str,
    words: Words,
) -> Child:
    """Return the page's body."""
    left = [
        panel(words["duty.now"], _serving(serving, levels, zone, words)),
        panel(
            words["duty.log.last"], [log.remark_form(words), log.listing(entries, zone, words)],
            note=link(words["duty.log.all"], "/duty/log"), css="duty-last",
        ),
    ]  # fmt: skip
    right = [waiting, panel(words["duty.gaps"], missing(gaps, levels, words), css="roomy")]
    return html.Div([html.Div(left), html.Div(right)], className="split")


def _serving(
    serving: Sequence["OnDuty"], levels: Sequence["Level"], zone: str, words: Words
) -> Child:
    if not levels:
        return empty(words["duty.no_levels"])
    cards = []
    for level in levels:
        mine = [each for each in serving if each.level == level.code]
        short = len(mine) < level.least
        lines: list[Child] = [_person(each, zone, words) for each in mine]
        if short:
            text = words["duty.short"].format(n=level.least - len(mine))
            lines.append(status("bad" if not mine else "warn", text))
        cards.append(html.Div([html.H3(level.label), *lines], className="duty-card"))
    return html.Div(cards, className="duty-cards")


def _person(each: "OnDuty", zone: str, words: Words) -> html.Div:
    until = f"{clock.local(each.end, zone):%m-%d %H:%M}"
    facts = f"{each.slot} {words['duty.until'].format(at=until)}"
    return html.Div(
        [
            link(html.B(each.name), f"/duty/contacts?contact={each.contact}"),
            html.Span(facts, className="muted"),
            html.Span(" ".join(each.offices), className="num-left"),
        ],
        className="duty-person",
    )


def missing(gaps: Sequence["Gap"], levels: Sequence["Level"], words: Words) -> Child:
    """Return where people are missing, each a link to its cell."""
    if not gaps:
        return html.Div(status("ok", words["duty.gaps_none"]))
    named = {level.code: level for level in levels}
    return html.Ul(
        [
            html.Li(
                [
                    link(
                        f"{gap.day:%m-%d} {words[f'week.{(gap.day.weekday() + 1) % 7}']}",
                        cell(gap.level, gap.day, gap.slot),
                    ),
                    html.Span(f"{named[gap.level].label} {named[gap.level].slot(gap.slot).label}"),
                    status("warn", words["duty.short"].format(n=gap.least - gap.have)),
                ]
            )
            for gap in gaps
        ],
        className="held",
    )  # fmt: skip


def cell(level: str, day: object, slot: str) -> str:
    """Return the address of a cell of the roster in its week."""
    return f"/duty/roster?view=week&day={day}&cell={level}.{day}.{slot}"


def waiting(to_sign: Sequence["DutyHandover"], asked: int, to_approve: int, words: Words) -> Child:
    """Return what waits for the person who looks: a handover to sign, a swap to answer or to approve."""
    lines: list[Child] = [
        html.Li(
            [
                html.Span(words["duty.to_sign"].format(who=row.outgoing)),
                link(words["duty.go"], "/duty/shifts", className="button"),
            ]
        )
        for row in to_sign
    ]
    lines += [
        html.Li(
            [html.Span(words[key].format(n=n)), link(words["duty.go"], "/duty/shifts", className="button")]
        )
        for key, n in (("duty.swaps_asked", asked), ("duty.swaps_agreed", to_approve)) if n
    ]  # fmt: skip
    if not lines:
        return None
    return panel(words["duty.waiting"], html.Ul(lines, className="held"), css="roomy")
