"""The list of the types of incidents, and the form of one."""

from collections.abc import Sequence
from urllib.parse import urlencode

from dash import html

from command.incident_types import KINDS, POSITION_MAX, TypeForm
from command.upkeep import CODE_MAX, LABEL_MAX, WORDS_MAX
from dashboard.views.admin import parts
from dashboard.views.kit import Child, Words, empty, link, panel, status, table
from models.rules.cap.draft import CATEGORIES
from models.tables import IncidentType

HERE = "/admin/command"


def page(
    found: Sequence[IncidentType], chosen: IncidentType | None, form: TypeForm, words: Words
) -> Child:
    """Return the types with the form of the chosen one, or of a new one, beside them."""
    bar = html.Div(
        [
            parts.button("incident_type.standard", words, primary=not found),
            link(words["admin.incident_type.new"], HERE, className="button"),
        ],
        className="filters end",
    )
    title = words["admin.incident_types"]
    note = words["admin.incident_types.count"].format(
        n=len(found), used=sum(row.active for row in found)
    )
    listed = _listing(found, chosen, words) if found else empty(words["admin.incident_types.none"])
    return parts.split([bar, panel(title, listed, note=note)], _form(chosen, form, words))


def _listing(
    found: Sequence[IncidentType], chosen: IncidentType | None, words: Words
) -> Child:  # fmt: skip
    heads = [
        (words[f"admin.incident_type.{name}"], "")
        for name in ("label", "code", "kind", "category", "event", "state")
    ]
    rows = [
        (
            link(
                row.label, f"{HERE}?{urlencode({'type': row.code})}",
                **({"aria-current": "true"} if row is chosen else {}),
            ),
            html.Code(row.code), words[f"incident_kind.{row.kind}"],
            words.get(f"cap_category.{row.category}", "—"), row.event or "—",
            words["admin.active"] if row.active else status("off", words["admin.inactive"]),
        )
        for row in found
    ]  # fmt: skip
    return table(heads, rows, label=words["admin.incident_types"])


def _form(chosen: IncidentType | None, form: TypeForm, words: Words) -> Child:
    name = "incident_type"
    kinds = [(kind, words[f"incident_kind.{kind}"]) for kind in KINDS]
    categories = [("", words["admin.incident_type.by_kind"])]
    categories += [(each, words[f"cap_category.{each}"]) for each in CATEGORIES]
    key = chosen.code if chosen else ""
    body: list[Child] = [
        parts.typed(name, "label", form.label, words, most=LABEL_MAX),
        parts.chosen(name, "kind", kinds, form.kind, words),
        parts.chosen(
            name, "category", categories, form.category, words, hint=words["admin.incident_type.category_help"],
        ),
        parts.typed(name, "event", form.event, words, most=WORDS_MAX, hint=words["admin.incident_type.event_help"]),
        parts.counted(name, "position", form.position, words, least=0, most=POSITION_MAX),
        parts.button(f"{name}.change" if chosen else f"{name}.add", words, key=key, primary=True),
    ]  # fmt: skip
    if chosen is None:
        code = parts.typed(
            name, "code", "", words, most=CODE_MAX, hint=words["admin.incident_type.code_help"]
        )
        return parts.form_panel(words["admin.incident_type.new"], [code, *body])
    verb = f"{name}.deactivate" if chosen.active else f"{name}.activate"
    help_ = html.P(words["admin.incident_type.off_help"], className="muted")
    body += [help_, parts.button(verb, words, key=key)]
    return parts.form_panel(chosen.label, body, html.Code(chosen.code))
