"""Beside the form of a new ticket: who calls, what may be the same matter, what is known and was answered."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dash import html

from dashboard.views import clock
from dashboard.views.kit import Child, Words, aria, data, empty, link, panel, status

if TYPE_CHECKING:
    from tickets.callers import CallerCard
    from tickets.duplicates import Candidate


def caller(
    call: str, card: "CallerCard | None", *, zone: str, labels: Mapping[str, str], words: Words
) -> Child:
    """Return who calls: times, open tickets, earlier calls."""
    if card is None:
        text = words["pop.reading"] if call else words["pop.none"]
        return panel(words["pop.heading"], empty(text), css="roomy")
    marks: list[Child] = [html.B(card.masked or words["pop.hidden"], className="num caller")]
    marks.append(repeats(card, words))
    # a call straight to the seat came by no queue
    facts = filter(None, (labels.get(card.queue, card.queue), clock.moment(card.at, zone, words)))
    marks.append(html.Span(" · ".join(facts), className="muted"))
    body: list[Child] = [html.Div(marks, className="marks")]
    if card.repeat:
        body.append(html.P(_earlier(card, zone, words), className="earlier"))
    if card.of_call:
        body += [html.H3(words["pop.of_call"]), _tickets(card.of_call, words)]
    body += [html.H3(words["pop.tickets"])]
    body.append(_tickets(card.tickets, words) if card.tickets else empty(words["pop.no_tickets"]))
    if card.calls:
        items = [
            html.Li(
                f"{clock.moment(call.counted_at.timestamp(), zone, words)} · "
                f"{labels.get(call.queue, call.queue)} · {words[f'outcome.{call.outcome}']}"
            )
            for call in card.calls
        ]
        body += [html.H3(words["pop.calls"]), html.Ul(items)]
    return panel(words["pop.heading"], html.Div(body), css="roomy")


def repeats(card: "CallerCard", words: Words) -> Child:
    """Return the mark of a repeated call, and what makes it one; nothing for a first call."""
    why = [
        words["pop.times"].format(n=card.times) if card.times > 1 else "",
        words["pop.open"].format(n=card.open) if card.open else "",
        words["pop.had"].format(n=card.had) if card.had and not card.open else "",
    ]
    said = "，".join(each for each in why if each)
    return status("warn", f"{words['pop.repeat']}：{said}") if card.repeat else None


def _earlier(card: "CallerCard", zone: str, words: Words) -> str:
    """Return one line on what the caller called for before."""
    said = []
    if card.calls:
        last = card.calls[0]
        when = clock.moment(last.counted_at.timestamp(), zone, words)
        said.append(words["pop.last"].format(at=when, how=words[f"outcome.{last.outcome}"]))
    if card.tickets:
        row = card.tickets[0]
        said.append(f"{row.no} {row.title}（{words[f'ticket_status.{row.status}']}）")
    return "；".join(said)


def _tickets(rows: Sequence[Any], words: Words) -> Child:
    return html.Ul(
        [
            html.Li(
                [
                    link(row.no, f"/ticket?no={row.no}", className="num"), " ", row.title, " ",
                    html.Span(words[f"ticket_status.{row.status}"], className="muted"),
                ]
            )
            for row in rows
        ]
    )  # fmt: skip


def alike(found: Sequence["Candidate"], typed: bool, words: Words, *, now: float) -> Child:
    """Return the tickets that may be the same matter, each with why, its age, its distance and its likeness."""
    head = html.Header(html.H2(words["intake.alike"]))
    if not found:
        return [head, empty(words["intake.alike_none" if typed else "intake.alike_empty"])]
    items = []
    for each in found:
        why = [html.Span(words[f"alike.{reason}"], className="chip-note") for reason in each.why]
        state = html.Span(words[f"ticket_status.{each.row.status}"], className="muted")
        number = link(each.row.no, f"/ticket?no={each.row.no}", className="num")
        near = html.Span(_nearness(each, words, now), className="muted nearness num")
        items.append(html.Li([number, " ", each.row.title, " ", state, *why, near]))
    return [head, html.Ul(items)]


def _nearness(each: "Candidate", words: Words, now: float) -> str:
    days = int((now - each.row.opened_at.timestamp()) // 86_400)
    return " · ".join(
        [
            words["alike.days"].format(n=days) if days > 0 else words["alike.today"],
            "" if each.metres is None else words["alike.metres"].format(n=f"{each.metres:,.0f}"),
            words["alike.percent"].format(n=round(each.alike * 100)),
        ]
    ).replace(" ·  · ", " · ")


def known(hits: Child, words: Words) -> Child:
    """Return the knowledge base's hits under their heading."""
    return [html.Header(html.H2(words["intake.known"])), html.Div(hits)]


def answers(found: Sequence[tuple[str, str, str]], words: Words) -> Child:
    """Return earlier answers of the category; a button takes one over."""
    head = html.Header(html.H2(words["intake.answers"]))
    if not found:
        return [head, empty(words["intake.answers_none"])]
    items = [
        html.Li(
            [
                link(no, f"/ticket?no={no}", className="num"), " ", html.B(title), html.P(reply),
                html.Button(
                    words["intake.use"], type="button", className="button", **data(use_reply=reply),
                    **aria(label=f"{words['intake.use']}：{title}"),
                ),
            ]
        )
        for no, title, reply in found
    ]  # fmt: skip
    return [head, html.Ul(items)]


class Signs(NamedTuple):
    """What typed words give away. kind : (kind, its word); category : (code, path, its words); empty where none."""

    emergency: Sequence[str]
    dispute: Sequence[str]
    kind: tuple[str, str]
    category: tuple[str, str, str]


def signs(found: Signs, words: Words) -> Child:
    """Return the warnings with what to do next, and the proposals, which a press takes."""
    lines: list[Child] = []
    for name, level, hits in (
        ("emergency", "bad", found.emergency),
        ("dispute", "warn", found.dispute),
    ):
        if hits:
            head = words[f"signs.{name}"] + words["signs.by"].format(words="、".join(hits))
            do = html.Span(words[f"signs.{name}_do"])
            lines.append(html.Div([status(level, head), do], className=f"sign {name}"))
    kind, word = found.kind
    code, path, hit = found.category
    chips = [
        _proposal("kind", kind, words[f"kind.{kind}"], word, words) if kind else None,
        _proposal("category", code, path, hit, words) if code else None,
    ]
    if any(chips):
        lines.append(html.Div(chips, className="sign proposals"))
    return lines


def _proposal(field: str, value: str, label: str, why: str, words: Words) -> html.Span:
    take = html.Button(
        words["signs.take"], type="button", className="button",
        **data(take=field, value=value), **aria(label=f"{words['signs.take']} {label}"),
    )  # fmt: skip
    said = f"{words[f'signs.{field}']}：{label} {words['signs.by'].format(words=why)}"
    return html.Span([said, take], className="chip-note proposal")
