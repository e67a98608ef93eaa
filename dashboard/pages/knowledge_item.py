"""One knowledge item's page, and what editors and reviewers press on it."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import dash
from dash import ALL, Input, Output, State, ctx, dcc, html
from sqlalchemy.orm import Session

from dashboard.auth import require, viewer
from dashboard.door import reading, writing
from dashboard.pages.context import actor, place, pressed_button, shown, told, words
from dashboard.views import knowledge_item as views
from dashboard.views.ids import id_in
from dashboard.views.kit import Child
from models.clock import now
from models.errors import BadInput, HotlineError, NotFound
from tickets import editing, knowledge, queries
from tickets.moving import Actor

Values = Mapping[str, str]
Verb = Callable[[Session, int, int, Values, Actor, float], object]


def _form(values: Values) -> editing.Form:
    return editing.Form(
        title=values["title"], shelf=values["shelf"], description=values["description"],
        category=values["category"], remarks=values["remarks"],
        published=float(values["published"] or 0), publisher=_number(values["publisher"] or "0", "publisher"),
    )  # fmt: skip


def _reasoned(verb: Callable[..., object]) -> Verb:
    return lambda s, n, v, given, who, at: verb(s, n, v, reason=given["reason"], actor=who, now=at)


VERBS: Mapping[str, Verb] = {
    "item.propose": lambda s, n, v, given, who, at: editing.propose(
        s, _form(given), actor=who, now=at
    ),
    "item.edit": lambda s, n, v, given, who, at: editing.edit(
        s, n, v, _form(given), actor=who, now=at
    ),
    "item.answer": lambda s, n, v, given, who, at: editing.write_answer(
        s, n, content=given["content"], remarks=given["remarks"], actor=who, now=at
    ),
    "item.publish": lambda s, n, v, given, who, at: editing.publish(
        s, n, v, published=float(given["published"] or 0), actor=who, now=at
    ),
    "item.fail": _reasoned(editing.fail),
    "item.withdraw": _reasoned(editing.withdraw),
    "item.delete": _reasoned(editing.remove),
    "answer.edit": lambda s, n, v, given, who, at: editing.edit_answer(
        s, n, v, content=given["content"], remarks=given["remarks"], actor=who, now=at
    ),
    "answer.accept": lambda s, n, v, given, who, at: editing.accept_answer(
        s, n, v, actor=who, now=at
    ),
    "answer.fail": _reasoned(editing.fail_answer),
    "answer.delete": _reasoned(editing.remove_answer),
}


def register(app: dash.Dash) -> None:
    """Register the item's callback."""
    app.callback(
        Output("knowledge-body", "children"),
        Output("knowledge-theirs", "children"),
        Output("knowledge-versions", "data"),
        Output("url", "href", allow_duplicate=True),
        Output("toast", "data", allow_duplicate=True),
        Input({"know-do": ALL, "of": ALL, "version": ALL}, "n_clicks"),
        State({"know-field": ALL, "of": ALL, "verb": ALL}, "value"),
        State({"know-field": ALL, "of": ALL, "verb": ALL}, "id"),
        State("knowledge-id", "data"),
        State("knowledge-versions", "data"),
        prevent_initial_call=True,
    )(press)


def page(search: str) -> Child:
    """Return one item, counted as opened; or the form of a new one."""
    require("knowledge.view")
    asked = parse_qs(search.lstrip("?"))
    if "new" in asked:
        require("knowledge.edit")
        with reading() as session:
            body = views.new(asked["new"][0], _lists(session), words())
        return _frame(0, body)
    number = asked.get("id", [""])[0]
    item = _number(number, "id")
    # the switch of language draws the same opening anew
    if set(ctx.triggered_prop_ids) != {"prefs.data"}:
        with writing() as session:
            knowledge.opened(session, item, actor=actor(), now=now())
    return _frame(item, _item(item))


def _number(text: str, what: str) -> int:
    number = id_in(text)
    if not number:
        raise NotFound(f"{what} {text[:40]!r}")
    return number


def _frame(number: int, body: Child) -> Child:
    """`knowledge-versions` holds what a person was shown after another had saved first."""
    return html.Div(
        [
            dcc.Store(id="knowledge-id", data=number),
            dcc.Store(id="knowledge-versions", data={}),
            html.Div(id="knowledge-theirs"),
            html.Div(body, id="knowledge-body"),
        ]
    )


def _item(number: int) -> Child:
    with reading() as session:
        whole = knowledge.whole(session, number, actor=actor(), now=now())
        zone = place(session).zone
        return views.page(
            whole, lists=_lists(session), reviewer="knowledge.review" in viewer().can, zone=zone,
            words=words(),
        )  # fmt: skip


def _lists(session: Session) -> dict[str, views.Options]:
    return {
        "shelf": views.shelves(words()),
        "category": queries.categories(session),
        "publisher": [(str(number), name) for number, name in knowledge.publishers(session)],
    }


Shown = tuple[Any, Any, Any, Any, Any]
SAME = dash.no_update


def press(
    clicks: list[int | None],
    values: list[Any],
    fields: list[dict[str, str]],
    item: int | None,
    versions: dict[str, int] | None,
) -> Shown:
    """Carry out what was pressed and show the item as it is afterwards, or why not, losing no text."""
    pressed: Any = pressed_button()
    if not any(clicks) or not pressed or item is None:
        return SAME, SAME, SAME, SAME, SAME
    verb, of = str(pressed["know-do"]), str(pressed["of"])
    version = (versions or {}).get(of, int(pressed["version"]))
    given = defaultdict(str)
    for field, value in zip(fields, values, strict=True):
        if field["verb"] == verb and field["of"] == of:
            given[field["know-field"]] = str(value or "")
    try:
        require("knowledge.view")
        done = _carry_out(verb, of, version, given)
    except HotlineError as error:
        note = {**_refused(error), "at": now()}
        if error.facts.get("reason") == "edited":
            return _overtaken(item, of, versions or {}, note)
        return SAME, SAME, SAME, SAME, note
    note = {"text": words()["know.done"].format(verb=_name(verb)), "at": now()}
    if verb == "item.propose":
        return SAME, SAME, SAME, f"/knowledge/item?id={done}", note
    if verb == "item.delete":
        return SAME, SAME, SAME, "/knowledge", note
    return shown(_item)(item), None, {}, SAME, note


def _name(verb: str) -> str:
    return words()["know.verb.propose" if verb == "item.propose" else f"know.verb.{verb}"]


def _carry_out(verb: str, of: str, version: int, given: defaultdict[str, str]) -> object:
    kind, _, number = of.partition(":")
    if verb not in VERBS or not verb.startswith(f"{kind}."):
        raise NotFound(f"no {verb} of {of}")
    with writing() as session:
        if given["published"]:
            given["published"] = str(_instant(given["published"], place(session).zone))
        return VERBS[verb](session, _number(number, kind), version, given, actor(), now())


def _instant(text: str, zone: str) -> float:
    """Read `2026-11-22 09:00` in the zone; BadInput when it is none."""
    try:
        said = datetime.fromisoformat(text.strip().replace("/", "-"))
    except ValueError as error:
        raise BadInput(f"time {text!r}", field="published") from error
    return (said if said.tzinfo else said.replace(tzinfo=ZoneInfo(zone))).timestamp()


def _overtaken(item: int, of: str, versions: dict[str, int], note: dict[str, object]) -> Shown:
    """Show the text that was saved first beside the form; pressing again then replaces it knowingly."""
    try:
        with reading() as session:
            whole = knowledge.whole(session, item, actor=actor(), now=now())
    except HotlineError:
        return SAME, SAME, SAME, SAME, note
    known = {f"answer:{each.row.id}": each.row.version for each in whole.answers}
    known[f"item:{item}"] = whole.row.version
    if of not in known:
        return SAME, SAME, SAME, SAME, note
    theirs = views.theirs(whole, of, words())
    return SAME, theirs, {**versions, of: known[of]}, SAME, note


def _refused(error: HotlineError) -> dict[str, object]:
    texts, facts = words(), error.facts
    if facts.get("reason") == "edited":
        return {"text": texts["know.edited"], "bad": True}
    if "state" in facts:
        state = texts[f"know.state.{facts['state']}"]
        return {"text": texts["know.wrong_state"].format(state=state), "bad": True}
    if facts.get("field") == "answers":
        return {"text": texts["know.wrong_answers"].format(most=facts["most"]), "bad": True}
    if "field" in facts:
        field = "title_field" if facts["field"] == "title" else facts["field"]
        return {"text": texts["know.wrong"].format(field=texts[f"know.{field}"]), "bad": True}
    return told(error)
