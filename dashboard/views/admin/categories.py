"""The tree of categories, and the form of one."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dash import html

from dashboard.views.admin import parts
from dashboard.views.kit import Child, Words, empty, link, panel, table

if TYPE_CHECKING:
    from tickets.dictionary import Entry


def page(
    entries: Sequence["Entry"],
    levels: Mapping[str, int],
    units: Mapping[str, str],
    *,
    chosen: str,
    version: int,
    form: Child,
    words: Words,
) -> Child:
    """Return the tree of the newest version with the form beside it."""
    new = link(words["admin.category.new"], "/admin/categories", className="button primary")
    bar = html.Div([parts.files("categories", words), new], className="filters end")
    heads = [
        (words[f"admin.category.{name}"], "") for name in ("label", "code", "unit", "keywords")
    ]
    rows = [
        (
            link(
                entry.label, f"/admin/categories?{urlencode({'code': entry.code})}",
                className=f"deep-{levels[entry.code]}",
                **({"aria-current": "true"} if entry.code == chosen else {}),
            ),
            html.Code(entry.code),
            units.get(entry.unit, entry.unit) or "—",
            entry.keywords or "—",
        )
        for entry in entries
    ]  # fmt: skip
    note = words["admin.category.version"].format(version=version, n=f"{len(entries):,}")
    title = words["admin.tab.categories"]
    body = table(heads, rows, label=title) if rows else empty(words["admin.category.none"])
    return parts.split([bar, panel(title, body, note=note)], form)


def form(
    given: "Entry",
    old: bool,
    parents: parts.Options,
    units: parts.Options,
    version: int,
    words: Words,
) -> Child:
    """Return the form of a new category or of one that is there."""
    top = [("", words["admin.category.top"]), *parents]
    none = [("", words["admin.none"])]
    key = given.code if old else ""
    fields: list[Child] = [
        parts.typed("category", "label", given.label, words, most=40),
        parts.chosen("category", "unit", [*none, *units], given.unit, words, hint=words["admin.category.unit_help"]),
        parts.written("category", "keywords", given.keywords, words, most=300),
        html.P(words["admin.category.publish_help"].format(version=version + 1), className="muted"),
        parts.button("category.change" if old else "category.add", words, key=key, primary=True),
    ]  # fmt: skip
    if not old:
        fields[:0] = [
            parts.chosen("category", "parent", top, given.parent, words),
            parts.typed("category", "code", given.code, words, most=16, hint=words["admin.category.code_help"]),
        ]  # fmt: skip
        return parts.form_panel(words["admin.category.new"], fields)
    below = link(
        words["admin.category.below"], f"/admin/categories?{urlencode({'below': given.code})}"
    )
    drop = parts.button("category.drop", words, key=key)
    more = html.Div(parts.asked("category.drop", drop, words), className="panel roomy")
    return [parts.form_panel(given.label, [*fields, below], html.Code(given.code)), more]
