"""Attached files: the list with downloads, the button that adds, the reason that removes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.kit import Child, Words, aria, data, empty
from models.errors import HotlineError
from tickets.attachments import COUNT_MAX, MB, SIZE_MAX

if TYPE_CHECKING:
    from tickets.attachments import Kept


def panel(subject: str, number: int, words: Words, *, protected: bool = False) -> html.Section:
    """Return the files' panel of a ticket or an item; its list is fetched when it appears."""
    note = html.P(words["files.protected"], className="file-note") if protected else None
    return html.Section(
        [html.Header(html.H2(words["files.title"])), note, slot(subject, number)],
        className="panel files-panel",
    )


def slot(subject: str, number: int) -> html.Div:
    """Return the place of a subject's files, without a frame of its own."""
    key = f"{subject}:{number}"
    return html.Div(
        [
            dcc.Store(id={"files": key, "part": "changed"}),
            html.Div(id={"files": key, "part": "list"}),
            html.Ul(className="file-queue", **data(file_queue=key), **aria(live="polite")),
        ],
        className="files",
        **data(files=key),
    )


def listing(
    key: str,
    kept: "Sequence[Kept]",
    names: Mapping[int, str],
    *,
    may_add: bool,
    zone: str,
    words: Words,
) -> Child:
    """Return the files of a subject, and the way to add one for who may."""
    parts: list[Child] = []
    if kept:
        parts.append(html.Ul([_file(key, each, names, zone, words) for each in kept]))
    elif key.startswith("ticket:") or (may_add and not key.startswith("answer:")):
        parts.append(empty(words["files.none_add" if may_add else "files.none"]))
    if may_add and len(kept) < COUNT_MAX:
        parts.append(_add(key, words))
    return parts


def _add(key: str, words: Words) -> html.Div:
    limits = words["files.add_help"].format(size=SIZE_MAX // MB, count=COUNT_MAX)
    button = html.Button(
        words["files.add"], type="button", className="button", **data(file_add=key, most=SIZE_MAX)
    )
    return html.Div([button, html.Span(limits, className="muted")], className="file-add")


def _file(key: str, kept: "Kept", names: Mapping[int, str], zone: str, words: Words) -> html.Li:
    row = kept.row
    who = words["files.by"].format(
        name=names.get(row.added_by, ""),
        time=clock.local(row.added_at.timestamp(), zone).strftime("%m-%d %H:%M"),
    )
    return html.Li(
        [
            html.A(row.name, href=f"/files/{row.id}", className="file-name", title=row.name),
            html.Span(_size(row.size), className="muted num"),
            html.Span(who, className="muted file-by"),
            _removal(key, row.id, words) if kept.removable else None,
        ]
    )


def _removal(key: str, number: int, words: Words) -> html.Details:
    reason = dcc.Input(
        id={"file-reason": number}, type="text", maxLength=200,
        placeholder=words["files.reason"],
    )  # fmt: skip
    do = html.Button(
        words["files.remove"], id={"file-remove": number, "of": key}, className="button",
        type="button",
    )  # fmt: skip
    return html.Details(
        [html.Summary(words["files.remove"]), html.Div([reason, do], className="file-why")]
    )


def _size(size: int) -> str:
    if size < MB:
        return f"{max(1, round(size / 1024)):,} KB"
    return f"{size / MB:.1f} MB"


def refused_text(error: HotlineError, words: Words) -> str:
    """Return why a file was not taken or removed, naming the limit."""
    facts = error.facts
    if "limit" in facts:
        return words[f"files.limit.{facts['limit']}"].format(most=facts.get("most", ""))
    if "status" in facts:
        return words["files.why.closed"]
    for key in (facts.get("reason"), facts.get("field"), error.code):
        if f"files.why.{key}" in words:
            return words[f"files.why.{key}"]
    return words.get(f"error.{error.code}", words["error.error"])
