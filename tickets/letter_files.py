"""A letter as a file: docx to file and send, PDF to print. The words are the body's, as text and nothing else."""

import io
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from models.errors import BadInput, Unavailable
from tickets.letter_words import Body

_FOLDER = Path(__file__).parent / "templates"
_ENV = Environment(
    loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
MEDIA = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}


def render(body: Body, kind: str) -> bytes:
    """Return a letter as `docx` or `pdf`; BadInput for another kind, Unavailable without what PDF needs."""
    match kind:
        case "docx":
            return docx(body)
        case "pdf":
            return pdf(body)
        case _:
            raise BadInput(f"no letter as {kind}")


def docx(body: Body) -> bytes:
    """Return a Word file."""
    from docxtpl import DocxTemplate  # a third of a second nobody waits for at start

    template = DocxTemplate(_FOLDER / "letter.docx")
    template.render(_quoted(msgspec.to_builtins(body)), autoescape=True)
    buffer = io.BytesIO()
    template.save(buffer)
    return buffer.getvalue()


def _quoted(value: Any) -> Any:  # noqa: ANN401 - a body's fields, whatever their shape
    """Return texts as XML; docxtpl unfolds `{_{` after rendering, so braces go in as references."""
    if isinstance(value, str):
        quoted = str(escape(value)).replace("{", "&#123;").replace("}", "&#125;")
        return Markup(quoted)  # noqa: S704 - escaped above
    if isinstance(value, dict):
        return {key: _quoted(part) for key, part in value.items()}
    return [_quoted(part) for part in value]


def html(body: Body) -> str:
    """Return the page a PDF is printed from."""
    return _ENV.get_template("letter.html").render(msgspec.to_builtins(body))


def pdf(body: Body) -> bytes:
    """Return a PDF; Unavailable when Pango is not on this machine."""
    return printed(html(body))


def printed(page: str) -> bytes:
    """Return a page of HTML as PDF; Unavailable when Pango is not on this machine."""
    if not printable():
        raise Unavailable(
            "PDF needs Pango (Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0)"
        )
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    # a paper asks for nothing: not the network, not the disk
    nothing = URLFetcher(allowed_protocols=(), allow_redirects=False)
    made: bytes = HTML(string=page, url_fetcher=nothing).write_pdf()
    return made


@cache
def printable() -> bool:
    """Whether this machine can make PDF: weasyprint needs the system's Pango."""
    try:
        import weasyprint  # noqa: F401 - loading it is the question
    except OSError:
        return False
    return True
