"""Papers of the command centre: an HTML page from a template, and the PDF of it. Words are given ready, as text."""

from functools import cache
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tickets.letter_files import printed


@cache
def _templates() -> Environment:
    folder = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def html(template: str, page: msgspec.Struct) -> str:
    """Return the page a PDF is printed from."""
    return _templates().get_template(template).render(msgspec.to_builtins(page))


def pdf(template: str, page: msgspec.Struct) -> bytes:
    """Return a PDF; Unavailable when Pango is not on this machine."""
    return printed(html(template, page))
