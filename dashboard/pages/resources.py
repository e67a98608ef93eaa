"""The page of resources: lists that are filtered as one types, the form of one line, and their file."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import dash
from dash import ALL, Input, Output, State
from sqlalchemy.orm import Session

from command import capabilities, forces, resources, sites, supplies
from command.capabilities import Said
from command.recommend import Floor
from command.resources import UnitForm
from command.sites import DepotForm, ShelterForm
from dashboard.auth import require, viewer
from dashboard.door import reading, writing
from dashboard.pages.context import actor, districts, pressed_button, shown, told, words
from dashboard.views import resource_capabilities as capability_views
from dashboard.views import resource_sites as site_views
from dashboard.views import resources as views
from dashboard.views.kit import Child, empty
from dashboard.views.resources import TABS, Names, Query
from models.clock import now
from models.errors import BadInput, HotlineError, WrongStatus
from tickets.moving import Actor

VIEW, EDIT, ACT = "command.view", "command.edit", "command.act"


def register(app: dash.Dash) -> None:
    """Register the callbacks."""
    app.callback(
        Output("resource-list", "children"),
        Input("resource-q", "value"),
        Input("resource-type", "value"),
        Input("resource-state", "value"),
        Input("resource-said", "children"),
        State("resource-query", "data"),
        prevent_initial_call=True,
    )(listed)
    app.callback(
        Output("resource-said", "children"),
        Output("resource-form", "children"),
        Output("toast", "data", allow_duplicate=True),
        Input({"resource-do": ALL, "key": ALL}, "n_clicks"),
        State({"resource-field": ALL}, "value"),
        State({"resource-field": ALL}, "id"),
        State({"resource-rev": ALL}, "data"),
        State({"resource-seen": ALL}, "data"),
        State("resource-query", "data"),
        prevent_initial_call=True,
    )(press)


def page(search: str) -> Child:
    """Return the page its address asks for."""
    require(VIEW)
    given = {name: values[0][:60] for name, values in parse_qs(search.lstrip("?")).items()}
    query = Query(**{name: given.get(name, "") for name in Query._fields})
    query = query._replace(tab=query.tab if query.tab in TABS else "units")
    with reading() as session:
        listed_, beside = _list(session, query), _beside(session, query)
    return views.page(query, listed_, beside, words())


@shown
def listed(
    q: str | None, type_: str | None, state: str | None, _said: object, asked: Mapping[str, str]
) -> Child:
    """Return the list as it is filtered."""
    require(VIEW)
    query = Query(**asked)._replace(q=(q or "")[:60], type=type_ or "", state=state or "")
    with reading() as session:
        return _list(session, query)


def _names(session: Session) -> Names:
    can = viewer().can
    every, offered = forces.capabilities(session), capabilities.offered(session)
    return Names(every, offered, districts(session), EDIT in can, ACT in can)


def _list(session: Session, query: Query) -> Child:
    found, texts = rows(session, query), words()
    if found and query.tab == "capabilities":
        return capability_views.listing(query, found, texts)
    return views.listing(query, found, _names(session), texts)


def rows(session: Session, query: Query) -> Sequence[Any]:
    """Return the lines of a tab that its query asks for."""
    who = actor()
    match query.tab:
        case "supplies":
            return [
                line for line in supplies.stocks(session, actor=who)
                if views.matches(query, line.row.code, line.row.label, line.depot.label)
            ]  # fmt: skip
        case "depots" | "shelters":
            found: Sequence[Any] = (sites.depots if query.tab == "depots" else sites.shelters)(
                session, actor=who
            )
            return [row for row in found if views.matches(query, row.code, row.label, row.address)]
        case "capabilities":
            return [
                line for line in capabilities.every(session)
                if views.matches(query, line.row.code, line.row.label)
            ]  # fmt: skip
        case "reserves":
            lines = forces.everywhere(session, now=now())  # a floor is the city's or a district's
            return [(floor, _there(floor, lines)) for floor in forces.floors(session)]
        case _:
            return [
                line for line in forces.units(session, actor=who, now=now(), all_=True)
                if query.type in ("", line.row.type) and query.state in ("", line.row.state)
                and views.matches(query, line.row.code, line.row.label, line.row.organisation)
            ]  # fmt: skip


def _there(floor: Floor, lines: Sequence[forces.UnitLine]) -> int:
    return sum(
        line.row.state == "available" and line.staffed and not line.stale
        and floor.capability in line.row.capabilities and floor.district in ("", line.row.district)
        for line in lines
    )  # fmt: skip


def _beside(session: Session, query: Query) -> Child:
    """Return the form of the line in the address."""
    who, names, texts = actor(), _names(session), words()
    every = rows(session, Query(query.tab))
    match query.tab:
        case "supplies":
            stock = next((x for x in every if f"{x.row.depot}/{x.row.code}" == query.key), None)
            return views.stock_form(stock, texts) if stock and names.edits else _pick()
        case "shelters":
            shelter = next((x for x in every if x.code == query.key), None)
            if shelter is None:
                return site_views.shelter_form(None, names, texts) if names.edits else _pick()
            own = (names.acts or names.edits) and forces.own(who, shelter.district)
            return site_views.shelter_form(shelter, names, texts) if own else _pick()
        case "depots":
            depot = next((x for x in every if x.code == query.key), None)
            return site_views.depot_form(depot, names, texts) if names.edits else _pick()
        case "reserves":
            floor = next((f for f, _ in every if f"{f.capability}/{f.district}" == query.key), None)
            return views.reserve_form(floor, names, texts) if names.edits else _pick()
        case "capabilities":
            able = next((x for x in every if x.row.code == query.key), None)
            after = max((x.row.position for x in every), default=-1) + 1
            return capability_views.form(able, after, texts) if names.edits else _pick()
        case _:
            line = next((x for x in every if x.row.code == query.key), None)
            return views.unit_form(line, names, texts) or _pick()


def _pick() -> Child:
    return empty(words()["resources.pick"])


# --- verbs ----------------------------------------------------------------------------------

Values = Mapping[str, Any]
Verb = Callable[[Session, str, Values, int, Actor, float], object]


def press(
    clicks: Sequence[int | None], values: Sequence[Any], ids: Sequence[Mapping[str, str]],
    revs: Sequence[int], seen: Sequence[int], asked: Mapping[str, str],
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Do what was pressed; what was typed stays when it is refused."""
    pressed: Any = pressed_button()
    same = dash.no_update
    if not any(clicks) or not pressed:
        return same, same, same
    typed = {field["resource-field"]: value for field, value in zip(ids, values, strict=True)}
    verb, key, query = str(pressed["resource-do"]), str(pressed["key"]), Query(**asked)
    try:
        require(ACT if verb in ("mark_out", "mark_available", "occupy") else EDIT)
        if verb not in VERBS:
            raise BadInput(f"verb {verb!r}", field="verb")
        with writing() as session:
            rev = (seen if verb == "occupy" else revs) or [0]
            came = VERBS[verb](session, key, typed, rev[0], actor(), now())
        with reading() as session:
            beside = _beside(session, query)
    except HotlineError as error:
        return same, same, {"text": refusal(error), "bad": True, "at": now()}
    said = (
        words()["resources.token_is"].format(token=came)
        if verb == "new_token"
        else words()["resources.saved"]
    )
    return said, beside, {"text": words()["resources.saved"], "at": now()}


def refusal(error: HotlineError) -> str:
    """Return what a refusal of the page says."""
    texts, facts = words(), error.facts
    if isinstance(error, WrongStatus):
        key = {"moved": "resources.moved", "busy": "resources.bound"}.get(str(facts.get("cap")))
        if facts.get("cap") == "stock":
            return texts["dispatch.left"].format(n=facts.get("left"))
        return texts[key] if key else str(told(error)["text"])
    if isinstance(error, BadInput) and f"resources.field.{facts.get('field')}" in texts:
        return texts["resources.wrong"].format(field=texts[f"resources.field.{facts['field']}"])
    return str(told(error)["text"])


def _form(v: Values) -> UnitForm:
    lon, lat = _point(v, "station")
    return UnitForm(
        label=v.get("label") or "", type=v.get("type") or "", capabilities=tuple(v.get("capabilities") or ()),
        staff=int(_number(v, "staff")), min_staff=int(_number(v, "min_staff")), station_lon=lon, station_lat=lat,
        organisation=v.get("organisation") or "", phone=v.get("phone") or "",
        district=v.get("district") or "", device=v.get("device") or "",
    )  # fmt: skip


def _depot(v: Values) -> DepotForm:
    lon, lat = _point(v, "place")
    return DepotForm(
        v.get("label") or "", lon, lat, district=v.get("district") or "", address=v.get("address") or "",
        organisation=v.get("organisation") or "", phone=v.get("phone") or "",
    )  # fmt: skip


def _shelter(v: Values) -> ShelterForm:
    lon, lat = _point(v, "place")
    return ShelterForm(
        v.get("label") or "", lon, lat, int(_number(v, "capacity")), district=v.get("district") or "",
        address=v.get("address") or "", phone=v.get("phone") or "",
    )  # fmt: skip


def _point(v: Values, field: str) -> tuple[float, float]:
    try:
        lon, lat = str(v.get(field) or "").replace("，", ",").split(",")
        return float(lon), float(lat)
    except ValueError:
        raise BadInput("lon,lat", field=field) from None


def _number(v: Values, field: str) -> float:
    value = v.get(field)
    if not isinstance(value, int | float):
        raise BadInput(f"{field}: a number", field=field)
    return float(value)


def _stock(verb: Callable[..., object]) -> Verb:
    def work(session: Session, key: str, v: Values, _rev: int, who: Actor, at: float) -> object:
        depot, supply = key.split("/", 1)
        return verb(
            session,
            depot,
            supply,
            _number(v, "amount"),
            note=v.get("note") or "",
            actor=who,
            now=at,
        )

    return work


def _set_floor(session: Session, key: str, v: Values, _rev: int, who: Actor, at: float) -> None:
    depot, supply = key.split("/", 1)
    supplies.set_floor(session, depot, supply, _number(v, "floor"), actor=who, now=at)


def _add_supply(session: Session, key: str, v: Values, _rev: int, who: Actor, at: float) -> None:
    supplies.add(
        session, key, v.get("supply") or "", label=v.get("supply_label") or "", measure=v.get("measure") or "",
        floor=_number(v, "floor"), actor=who, now=at,
    )  # fmt: skip


def _set_reserve(session: Session, _key: str, v: Values, _rev: int, who: Actor, at: float) -> None:
    floor = Floor(v.get("capability") or "", v.get("district") or "", int(_number(v, "least")))
    resources.set_reserve(session, floor, actor=who, now=at)


def _said(v: Values, was: str = "") -> Said:
    position = v.get(f"{was}position")
    if not str(position).isascii() or not str(position).isdigit():
        raise BadInput("a place in the list", field="position")
    return Said(v.get(f"{was}label") or "", int(str(position)))


def _change_capability(
    session: Session, key: str, v: Values, _rev: int, who: Actor, at: float
) -> None:
    before, said = _said(v, "was_"), _said(v)
    capabilities.change_capability(session, key, before, said, actor=who, now=at)


VERBS: Mapping[str, Verb] = {
    "add_capability": lambda s, _k, v, _r, who, at: capabilities.add_capability(
        s, v.get("code") or "", _said(v), actor=who, now=at
    ),
    "change_capability": _change_capability,
    "switch_off": lambda s, k, _v, _r, who, at: capabilities.switch_capability(s, k, active=False, actor=who, now=at),
    "switch_on": lambda s, k, _v, _r, who, at: capabilities.switch_capability(s, k, active=True, actor=who, now=at),
    "add_unit": lambda s, _k, v, _r, who, at: resources.add_unit(
        s, v.get("code") or "", _form(v), actor=who, now=at
    ),
    "change_unit": lambda s, k, v, rev, who, at: resources.change_unit(
        s, k, _form(v), rev=rev, actor=who, now=at
    ),
    "deactivate_unit": lambda s, k, _v, _r, who, at: resources.deactivate_unit(s, k, actor=who, now=at),
    "activate_unit": lambda s, k, _v, _r, who, at: resources.activate_unit(s, k, actor=who, now=at),
    "new_token": lambda s, k, _v, _r, who, at: resources.new_token(s, k, actor=who, now=at),
    "mark_out": lambda s, k, v, _r, who, at: resources.mark_out(
        s, k, reason=v.get("reason") or "", actor=who, now=at
    ),
    "mark_available": lambda s, k, _v, _r, who, at: resources.mark_available(s, k, actor=who, now=at),
    "stock_in": _stock(supplies.stock_in),
    "stock_out": _stock(supplies.stock_out),
    "set_floor": _set_floor,
    "occupy": lambda s, k, v, seen, who, at: sites.occupy(
        s, k, int(_number(v, "occupied")), seen=seen, actor=who, now=at
    ),
    "add_depot": lambda s, _k, v, _r, who, at: sites.add_depot(
        s, v.get("code") or "", _depot(v), actor=who, now=at
    ),
    "change_depot": lambda s, k, v, rev, who, at: sites.change_depot(
        s, k, _depot(v), rev=rev, actor=who, now=at
    ),
    "close_depot": lambda s, k, _v, _r, who, at: sites.set_depot(s, k, active=False, actor=who, now=at),
    "open_depot": lambda s, k, _v, _r, who, at: sites.set_depot(s, k, active=True, actor=who, now=at),
    "add_supply": _add_supply,
    "add_shelter": lambda s, _k, v, _r, who, at: sites.add_shelter(
        s, v.get("code") or "", _shelter(v), actor=who, now=at
    ),
    "change_shelter": lambda s, k, v, rev, who, at: sites.change_shelter(
        s, k, _shelter(v), rev=rev, actor=who, now=at
    ),
    "close_shelter": lambda s, k, _v, _r, who, at: sites.set_shelter(s, k, active=False, actor=who, now=at),
    "open_shelter": lambda s, k, _v, _r, who, at: sites.set_shelter(s, k, active=True, actor=who, now=at),
    "set_reserve": _set_reserve,
}  # fmt: skip
