"""What the command map shows beside drawings and ways, with switches: the dossier's places, depots, readings."""

from collections.abc import Mapping, Sequence

from dash import dcc, html

from command.dossier import Means
from dashboard.views.city_layers import Mark
from dashboard.views.kit import Child, Words
from gis_data.surroundings import Hit, Kind
from models.tables import Depot, Shelter, Supply

LAYERS = ("dossier", "depots", "state", "cameras", "traffic")
FIRST = ("dossier", "depots", "state", "cameras")
"""On until this browser chose otherwise; what roads are driven at lies under the ways, and is asked for."""
PLOTTED = 200
"""Places of a dossier drawn at most, the nearest."""


def switches(words: Words) -> Child:
    """Return the layers to choose from, unfolded by a press; the choice is kept in this browser."""
    options = [{"label": words[f"command.layer.{name}"], "value": name} for name in LAYERS]
    chosen = dcc.Checklist(
        options, list(FIRST), id="command-layers", className="city-switches", persistence=True,
        persistence_type="local",
    )  # fmt: skip
    note = html.Div(id="command-layers-note", className="muted", role="status")
    body = html.Div([chosen, note])
    return html.Details(
        [html.Summary(words["command.layers"]), body], id="command-layer-box", className="command-layers",
    )  # fmt: skip


def plotted(kinds: Sequence[Kind], means: Means, words: Words) -> list[Mark]:
    """Return the dossier's places and shelters; units have their plates, cameras and depots layers of their own.

    A kind of place that is kept as a resource, too, is drawn once: as the resource, which says how it stands.
    """
    kept = {"shelter": bool(means.shelters), "camera": bool(means.cameras)}
    hits = sorted(
        ((kind.kind, hit) for kind in kinds if not kept.get(kind.kind) for hit in kind.places),
        key=lambda each: each[1].metres,
    )
    marks = [_place(kind, hit, words) for kind, hit in hits[:PLOTTED]]
    for far, row in means.shelters:
        say = [row.label, room(row, words), distance(far), row.phone]
        marks.append(Mark("shelter", row.lon, row.lat, list(filter(None, say))))
    return marks


def _place(kind: str, hit: Hit, words: Words) -> Mark:
    say = [hit.name, f"{words.get(f'place.{kind}', kind)} · {distance(hit.metres)}"]
    if hit.people > 0:
        say.append(words["command.people_n"].format(n=f"{hit.people:,}"))
    sign = words.get(f"map.sign.{kind}", "·")
    return Mark(kind, hit.lon, hit.lat, say, sign=sign)


def depots(
    rows: Sequence[Depot], stocks: Mapping[str, Sequence[Supply]], words: Words
) -> list[Mark]:
    """Return depots with what they have, what is short marked; stocks : depot -> what it has."""
    marks = []
    for row in rows:
        has = [stock(each, words) for each in stocks.get(row.code, ())]
        say = list(filter(None, (row.label, *has, row.phone)))
        marks.append(Mark("depot", row.lon, row.lat, say, sign=words["centre.depot_mark"]))
    return marks


def stock(row: Supply, words: Words) -> str:
    """Return how much of a supply there is, and that it is short."""
    said = f"{row.label} {row.amount:g} {row.measure}"
    return words["command.short"].format(said=said) if row.amount < row.floor else said


def room(row: Shelter, words: Words) -> str:
    """Return how many more people a shelter takes."""
    free = max(0, row.capacity - row.occupied)
    return words["command.room"].format(n=free, of=row.capacity)


def distance(metres: float) -> str:
    """Return metres near by, kilometres further off."""
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"
