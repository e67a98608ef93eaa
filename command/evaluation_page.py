"""An evaluation report as a printed page: the words are given ready, as text and nothing else."""

from functools import cache
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tickets.letter_files import printed


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


@cache
def _template() -> Environment:
    folder = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def html(page: Page) -> str:
    """Return the page a PDF is printed from."""
    return _template().get_template("evaluation.html").render(msgspec.to_builtins(page))


def pdf(page: Page) -> bytes:
    """Return a PDF; Unavailable when Pango is not on this machine."""
    return printed(html(page))
