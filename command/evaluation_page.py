"""An evaluation report as a printed page: the words are given ready, as text and nothing else."""

import msgspec

from command import papers


class Page(msgspec.Struct, frozen=True):
    """What a report's page says; `columns` and `rows` of the indicators, `chain` (step, instant, time taken)."""

    lang: str
    title: str
    no: str
    state: str
    exercise: str
    facts: list[tuple[str, str]]
    heads: dict[str, str]
    score: str
    columns: list[str]
    rows: list[list[str]]
    chain: list[tuple[str, str, str]]
    sections: list[tuple[str, str]]
    signed: list[str]


def html(page: Page) -> str:
    """Return the page a PDF is printed from."""
    return papers.html("evaluation.html", page)


def pdf(page: Page) -> bytes:
    """Return a PDF; Unavailable when Pango is not on this machine."""
    return papers.pdf("evaluation.html", page)
