"""公文 of a ticket: the letters made from it, their files, and a button for each that may be made now."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dash import html

from dashboard.views import clock
from dashboard.views.kit import Child, Words, empty, table

if TYPE_CHECKING:
    from models.tables import Letter
    from tickets.letter_words import Kind


def letters(
    number: int,
    made: Sequence["Letter"],
    possible: Sequence["Kind"],
    *,
    names: Mapping[int, str],
    files: Sequence[str],
    zone: str,
    words: Words,
) -> Child:
    """Return the list of a ticket's letters and the buttons; `files` are the forms they come in."""
    buttons = [
        html.Button(
            words["letters.make"].format(kind=words[f"letter.{kind}"]),
            id={"letter-make": kind, "ticket": number}, className="button", type="button",
        )
        for kind in possible
    ]  # fmt: skip
    body = _list(made, names, files, zone, words) if made else empty(words["letters.none"])
    return [body, html.Div(buttons, className="letter-actions") if buttons else None]


def _list(
    made: Sequence["Letter"],
    names: Mapping[int, str],
    files: Sequence[str],
    zone: str,
    words: Words,
) -> Child:
    heads = [(words[f"letters.col.{name}"], "") for name in ("no", "kind", "made", "by", "files")]
    rows = []
    for letter in made:
        links = [
            html.A(
                words[f"letters.file.{kind}"], href=f"/api/letters/{letter.id}.{kind}",
                title=f"{letter.no} {words[f'letters.file.{kind}']}", download="",
            )
            for kind in files
        ]  # fmt: skip
        rows.append(
            (
                letter.no,
                words[f"letter.{letter.kind}"],
                clock.moment(letter.made_at.timestamp(), zone, words),
                names.get(letter.made_by, "—"),
                html.Span(links, className="letter-files"),
            )
        )
    return table(heads, rows, label=words["letters.title"])
