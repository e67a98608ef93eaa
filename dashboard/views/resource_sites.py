"""Forms of depots and shelters: what is written down of one, and what may be done with it."""

from dash import dcc, html

from command.sites import DepotForm, ShelterForm
from dashboard.views.kit import Child, Words, panel
from dashboard.views.resource_fields import chosen, counted, do, typed
from dashboard.views.resources import Names
from models.tables import Depot, Shelter


def depot_form(row: Depot | None, names: Names, words: Words) -> Child:
    """Return the form of a depot, or of a new one; in one that is used, something new may be stored."""
    form = DepotForm.of(row) if row else DepotForm("", 0.0, 0.0)
    title = f"{row.code} {row.label}" if row else words["resources.new_depot"]
    body = [
        *_site(row, form, names, words),
        typed("organisation", form.organisation, words),
        *_keep(row, "depot", words),
    ]
    new = [
        typed("supply", "", words), typed("supply_label", "", words),
        html.Div([typed("measure", "", words), counted("floor", 0, words)], className="two"),
        do("add_supply", words["resources.add_supply"], row.code if row else ""),
    ]  # fmt: skip
    parts: list[Child] = [_rev(row), panel(title, html.Div(body, className="form"), css="roomy")]
    if row and row.active:
        parts.append(
            panel(words["resources.new_supply"], html.Div(new, className="form"), css="roomy")
        )
    return parts


def shelter_form(row: Shelter | None, names: Names, words: Words) -> Child:
    """Return how many are in a shelter for who acts, its form for who edits."""
    form = ShelterForm.of(row) if row else ShelterForm("", 0.0, 0.0, 0)
    title = f"{row.code} {row.label}" if row else words["resources.new_shelter"]
    there: list[Child] = []
    if row and names.acts:
        there = [
            dcc.Store(id={"resource-seen": "shelter"}, data=row.occupied),
            counted("occupied", row.occupied, words),
            do("occupy", words["resources.occupy"], row.code, primary=not names.edits),
        ]
    if not names.edits:
        facts = html.P(f"{form.address} {form.phone}")
        return panel(title, html.Div([facts, *there], className="form"), css="roomy")
    body = [
        *there, *_site(row, form, names, words), counted("capacity", form.capacity or None, words),
        *_keep(row, "shelter", words),
    ]  # fmt: skip
    return [_rev(row), panel(title, html.Div(body, className="form"), css="roomy")]


def _rev(row: Depot | Shelter | None) -> dcc.Store:
    return dcc.Store(id={"resource-rev": "site"}, data=row.rev if row else 0)


def _site(
    row: Depot | Shelter | None, form: DepotForm | ShelterForm, names: Names, words: Words
) -> list[Child]:  # fmt: skip
    spot = f"{form.lon:.6f},{form.lat:.6f}" if row else ""
    return [
        None if row else typed("code", "", words),
        typed("label", form.label, words), typed("place", spot, words), typed("address", form.address, words),
        html.Div([
            chosen("district", [("", "—"), *names.districts.items()], form.district, words),
            typed("phone", form.phone, words),
        ], className="two"),
    ]  # fmt: skip


def _keep(row: Depot | Shelter | None, kind: str, words: Words) -> list[Child]:
    if row is None:
        return [do(f"add_{kind}", words["resources.save"], "", primary=True)]
    verb, said = (f"close_{kind}", "unuse") if row.active else (f"open_{kind}", "use")
    return [
        html.Div(
            [
                do(f"change_{kind}", words["resources.save"], row.code, primary=True),
                do(verb, words[f"resources.{said}"], row.code),
            ],
            className="buttons",
        )
    ]
