"""The list of what response units can do, and the form of one capability."""

from collections.abc import Sequence

from dash import dcc, html

from command.capabilities import Line
from dashboard.views.kit import Child, Words, link, panel, status, table
from dashboard.views.resource_fields import counted, do, name, typed
from dashboard.views.resources import Query, heads_of


def listing(query: Query, rows: Sequence[Line], words: Words) -> Child:
    """Return the capabilities in the tenant's order, with how many units have each."""
    body = [
        [
            link(line.row.label, query.address(key=line.row.code)), html.Code(line.row.code),
            f"{line.units:,}", f"{line.row.position:,}",
            words["admin.active"] if line.row.active else status("off", words["resources.unused"]),
        ]
        for line in rows
    ]  # fmt: skip
    return table(
        heads_of(words, "label", "code", "units", "position", "state"), body,
        label=words["resources.capabilities"],
    )  # fmt: skip


def form(line: Line | None, position: int, words: Words) -> Child:
    """Return the form of a capability, or of a new one that stands at `position`."""
    row = line.row if line else None
    label, place = (row.label, row.position) if row else ("", position)
    body = [
        None if row else typed("code", "", words),
        typed("label", label, words), counted("position", place, words),
        *(_was(field, value) for field, value in (("label", label), ("position", place))),
        do("change_capability" if row else "add_capability", words["resources.save"], row.code if row else "",
           primary=True),
    ]  # fmt: skip
    if row:
        verb, said = ("switch_off", "unuse") if row.active else ("switch_on", "use")
        body += [
            html.P(words["resources.capability_help"], className="muted"),
            do(verb, words[f"resources.{said}"], row.code),
        ]
    title = f"{row.code} {row.label}" if row else words["resources.new_capability"]
    return panel(title, html.Div(body, className="form"), css="roomy")


def _was(field: str, value: str | int) -> Child:
    """Return what a field showed when it was drawn, so that nobody writes over another's change."""
    return dcc.Input(id=name(f"was_{field}"), type="hidden", value=value)
