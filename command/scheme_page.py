"""A response scheme (处置方案) as a printed page: the words are given ready, as text and nothing else."""

import msgspec

from command import papers


class Part(msgspec.Struct, frozen=True):
    """A chapter: what is said (`text`), and a table whose `rows` have a cell for each of `columns`."""

    head: str
    text: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class Page(msgspec.Struct, frozen=True):
    """What the paper says; `stamp` when it was drawn up and by whom."""

    lang: str
    title: str
    no: str
    exercise: str
    stamp: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]


def html(page: Page) -> str:
    """Return the page a PDF is printed from."""
    return papers.html("scheme.html", page)


def pdf(page: Page) -> bytes:
    """Return a PDF; Unavailable when Pango is not on this machine."""
    return papers.pdf("scheme.html", page)
