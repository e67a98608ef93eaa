"""The pane 研判: what lies round an incident, and what the bureaus say there now."""

from dash import html

from command.dossier import REACH_M, Dossier
from dashboard.views import command_evacuation
from dashboard.views.command_panes import Seen
from dashboard.views.kit import Child, Words, data, empty, link, status
from gis_data.surroundings import Kind
from models.rules.incident.state import Incident

SHOWN = 4
LEVELS = {"": "ok", "notice": "warn", "warning": "warn", "severe": "bad"}


def pane(i: Incident, found: Dossier | None, seen: Seen, words: Words) -> Child:
    """Return the dossier; a sentence where the incident has no place in the city."""
    if found is None:
        key = "command.no_place" if i.place.lon is None else "command.outside"
        return [empty(words[key]), html.P(words["command.place_help"], className="muted")]
    spot = f"{i.place.lon},{i.place.lat}"
    near = f"/tickets?desk=all&around={spot},{REACH_M:.0f}&result=open"
    premises = found.premises
    people = words["command.people"].format(n=f"{found.people:,}", unknown=found.unknown)
    tickets = (
        link(words["command.count"].format(n=found.tickets), near) if found.tickets >= 0 else "—"
    )
    facts: list[tuple[str, Child]] = [
        ("command.premises", f"{premises.name}（{premises.metres:.0f} m）" if premises else "—"),
        ("command.at_risk", people),
        ("command.near_tickets", tickets),
    ]
    return [
        html.P(words["command.within"].format(m=f"{REACH_M:.0f}"), className="muted"),
        html.Dl([part for key, said in facts for part in (html.Dt(words[key]), html.Dd(said))], className="facts"),
        html.Ul([_kind(kind, words) for kind in found.kinds], className="plain kinds"),
        html.H3(words["evacuate.title"]),
        command_evacuation.button(words),
        html.H3(words["command.bureaus"]),
        _readings(found, seen, words),
        link(words["command.on_map"], f"/map?at={spot}&r={REACH_M:.0f}", className="muted"),
    ]  # fmt: skip


def _kind(kind: Kind, words: Words) -> Child:
    names = "、".join(f"{hit.name} {hit.metres:.0f} m" for hit in kind.places[:SHOWN])
    head = f"{words.get(f'place.{kind.kind}', kind.kind)} {kind.total}"
    if kind.people:
        head += " · " + words["command.people_n"].format(n=f"{kind.people:,}")
    return html.Li([html.B(head), html.Small(names)], className="risk" if kind.at_risk else "")


def _readings(found: Dossier, seen: Seen, words: Words) -> Child:
    if not found.readings:
        return empty(words["command.no_readings"])
    return html.Ul(
        [
            html.Li(
                [
                    html.Span(words[f"bureau.{row.bureau}"], className="chip"), f" {row.label} ",
                    html.B(f"{row.value:g} {row.unit}") if row.value is not None else None,
                    status(LEVELS.get(row.level, "off"), words[f"map.level.{row.level}"]) if row.level else None,
                    html.Small(f" {far / 1000:.1f} km "), html.Span(**data(ago=row.at.timestamp()), className="age"),
                ],
                className="stale" if row.until.timestamp() < seen.now else "",
            )
            for far, row in found.readings
        ],
        className="plain",
    )  # fmt: skip
