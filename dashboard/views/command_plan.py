"""What a plan says, folded: as it was frozen into an incident, and before it is started, so nobody starts it unread."""

from collections.abc import Sequence

from dash import html

from dashboard.views.kit import Child, Words, data

Sections = Sequence[tuple[str, str]]


def text(sections: Sections, fold: str, words: Words, *, unfolded: bool = False) -> Child:
    """Return a plan's sections, each a title and its text; nothing where a plan has none.

    fold : under which name it stays unfolded while the page is drawn anew.
    """
    if not sections:
        return None
    said = [
        part
        for title, body in sections
        for part in (html.H4(title) if title else None, html.P(body, className="pre"))
    ]
    head = html.Summary(words["command.plan_text"].format(n=len(sections)))
    return html.Details([head, *said], className="plan-text", open=unfolded, **data(fold=fold))


def whole(said: str, plan: int, words: Words) -> Child:
    """Return the way to a whole version, beside this page: nobody leaves an incident to read a plan."""
    title = words["command.plan_whole"]
    return html.A(said, href=f"/command/plan?id={plan}", target="_blank", title=title)


def before(sections: Sections, plan: int, words: Words, *, fits: bool) -> Child:
    """Return what stands above the form that starts a plan: its text, the way to all of it, and that none asked for it.

    fits : a trigger of it does.
    """
    return html.Div([
        None if fits else html.P(words["command.plan_unfit"], className="note"),
        text(sections, f"start-{plan}", words, unfolded=True)
        or html.P(words["command.plan_textless"], className="muted"),
        html.P(whole(words["command.plan_whole"], plan, words)),
    ], className="plan-before")  # fmt: skip
