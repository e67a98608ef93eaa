"""One knowledge item: the need, its answers with their files, and the forms of who edits and reviews."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dash import dcc, html

from dashboard.views import files
from dashboard.views.kit import Child, Words, aria, data, empty, panel
from dashboard.views.knowledge import short, state
from models.rules.knowledge import SHELVES
from tickets.editing import REMARKS_MAX, TITLE_MAX
from tickets.moving import TEXT_MAX

if TYPE_CHECKING:
    from tickets.knowledge import Answer, Whole

Options = Sequence[tuple[str, str]]


class Field(NamedTuple):
    """One field of a form: kind is line, text, one (of a list) or time; `most` characters."""

    name: str
    kind: str
    most: int = 0


_TITLE = Field("title", "line", TITLE_MAX)
_REMARKS = Field("remarks", "text", REMARKS_MAX)
_REASON = Field("reason", "text", REMARKS_MAX)
_CONTENT = Field("content", "text", TEXT_MAX)
_ITEM = (
    _TITLE, Field("shelf", "one"), Field("category", "one"), Field("description", "text", TEXT_MAX),
    _REMARKS,
)  # fmt: skip
_PUBLISHED = (Field("published", "time"), Field("publisher", "one"))
FORMS: Mapping[str, tuple[Field, ...]] = {
    "item.propose": _ITEM,
    "item.edit": _ITEM,
    "item.answer": (_CONTENT, _REMARKS),
    "item.publish": (Field("published", "time"),),
    "item.fail": (_REASON,),
    "item.withdraw": (_REASON,),
    "item.delete": (_REASON,),
    "answer.edit": (_CONTENT, _REMARKS),
    "answer.accept": (),
    "answer.fail": (_REASON,),
    "answer.delete": (_REASON,),
}
"""What each verb asks for."""


def page(
    whole: "Whole",
    *,
    lists: Mapping[str, Options],
    reviewer: bool,
    zone: str,
    words: Words,
) -> Child:
    """Return an item with its answers; the forms only for who may change something."""
    row = whole.row
    title = html.Div([html.H1(row.title), state(row.state, words)], className="page-title")
    answers: list[Child] = [
        _answer(number, answer, lists, zone, words)
        for number, answer in enumerate(whole.answers, start=1)
    ]
    left: list[Child] = [
        html.P(row.description, className="said lead") if row.description else None,
        *(answers or [html.Div(empty(words["know.no_answers"]), className="panel")]),
        files.panel("knowledge", row.id, words),
    ]
    now = {
        "title": row.title, "shelf": row.shelf, "category": row.category,
        "description": row.description, "remarks": row.remarks, "publisher": str(row.published_by),
    }  # fmt: skip
    forms = [
        form(f"item.{verb}", f"item:{row.id}", row.version, now if verb == "edit" else {}, lists,
             words, more=_PUBLISHED if verb == "edit" and reviewer else ())
        for verb in whole.verbs
    ]  # fmt: skip
    right = [panel(words["know.facts"], _facts(whole, zone, words), css="roomy")]
    if forms:
        again = None if reviewer else html.P(words["know.again"], className="muted")
        right.append(panel(words["know.moves"], html.Div([again, *forms]), css="roomy"))
    return html.Div(
        [title, html.Div([html.Div(left), html.Div(right)], className="split")],
        className="page knowledge-item",
    )


def new(shelf: str, lists: Mapping[str, Options], words: Words) -> Child:
    """Return the form of a new item, on the shelf one came from."""
    shelf = shelf if shelf in SHELVES else ""
    fields = [_field("item.propose", "item:0", f, {"shelf": shelf}, lists, words) for f in _ITEM]
    do = _button("item.propose", "item:0", 0, words["know.verb.propose"])
    return html.Div(
        [
            html.Div(html.H1(words["know.heading_new"]), className="page-title"),
            html.Div([*fields, do], className="panel form"),
        ],
        className="page knowledge-item narrow",
    )


def theirs(whole: "Whole", of: str, words: Words) -> Child:
    """Return how a text stands now, for who was not the first to save."""
    row = whole.row
    texts = [row.title, row.description, row.remarks]
    for answer in whole.answers:
        if of == f"answer:{answer.row.id}":
            texts = [answer.row.content, answer.row.remarks]
    return html.Div(
        [html.P(words["know.theirs"]), *[html.Pre(text) for text in texts if text]],
        className="theirs",
        role="alert",
    )


def _facts(whole: "Whole", zone: str, words: Words) -> Child:
    row = whole.row
    published = short(row.published_at.timestamp(), zone) if row.published_at else "—"
    if row.state == "reviewed" and not whole.shown:
        published = f"{published} {words['know.later']}"
    said = [
        ("no", str(row.id)),
        ("shelf", words[f"know.shelf.{row.shelf}"]),
        ("category", whole.category or "—"),
        ("publisher", whole.publisher or "—"),
        ("published", published),
        ("reviewed", _reviewed(row.reviewed_at, whole.reviewer, zone, words)),
        ("views", _views(row, "know.viewed", "know.viewed_never", zone, words)),
    ]
    if row.remarks and whole.verbs:
        said.append(("remarks", row.remarks))
    rows: list[Child] = []
    for name, value in said:
        rows += [html.Dt(words[f"know.{name}"]), html.Dd(value)]
    return html.Dl(rows, className="facts")


def _answer(
    number: int, answer: "Answer", lists: Mapping[str, Options], zone: str, words: Words
) -> html.Section:
    row = answer.row
    wrote = words["know.answer_by"].format(
        name=answer.writer or "—", time=short(row.written_at.timestamp(), zone)
    )
    seen = _views(row, "know.answer_viewed", "know.answer_views", zone, words)
    copy = html.Button(
        words["know.copy"], type="button", className="button", **data(copy=f"answer-{row.id}")
    )
    now = {"content": row.content, "remarks": row.remarks}
    of = f"answer:{row.id}"
    forms = [
        form(f"answer.{verb}", of, row.version, now if verb == "edit" else {}, lists, words)
        for verb in answer.verbs
    ]
    remarks = row.remarks and answer.verbs
    head = html.Header(
        [
            html.Div([html.H2(words["know.answer"].format(n=number)), state(row.state, words)]),
            copy,
        ]
    )
    body = html.Div(
        [
            html.P(row.content, id=f"answer-{row.id}", className="said"),
            files.slot("answer", row.id),
            html.P(remarks, className="muted said") if remarks else None,
            html.P(
                " · ".join(
                    filter(
                        None,
                        (
                            wrote,
                            _reviewed(row.reviewed_at, answer.reviewer, zone, words, label=True),
                            seen,
                        ),
                    )
                ),
                className="muted",
            ),
            *forms,
        ]
    )
    return html.Section([head, body], className="panel roomy answer")


def _reviewed(at: Child, name: str, zone: str, words: Words, *, label: bool = False) -> str:
    if at is None:
        return "" if label else "—"
    said = words["know.reviewed_by"].format(name=name, time=short(at.timestamp(), zone))
    return f"{words['know.reviewed']} {said}" if label else said


def _views(row: Child, seen: str, never: str, zone: str, words: Words) -> str:
    if row.viewed_at is None:
        return words[never].format(n=0)
    return words[seen].format(n=f"{row.views:,}", time=short(row.viewed_at.timestamp(), zone))


# --- forms ----------------------------------------------------------------------------------


def form(
    verb: str,
    of: str,
    version: int,
    now: Mapping[str, str],
    lists: Mapping[str, Options],
    words: Words,
    *,
    more: Sequence[Field] = (),
) -> html.Details:
    """Return the form of one verb on an item or an answer (`of`), as it stood at `version`."""
    fields = [_field(verb, of, field, now, lists, words) for field in (*FORMS[verb], *more)]
    text = words[f"know.verb.{verb}"]
    do = _button(verb, of, version, words["know.save"] if verb.endswith(".edit") else text)
    return html.Details(
        [html.Summary(text), html.Div([*fields, do], className="form")], className="move"
    )


def _button(verb: str, of: str, version: int, text: str) -> html.Button:
    return html.Button(
        text, id={"know-do": verb, "of": of, "version": version}, className="button primary",
        type="button",
    )  # fmt: skip


def _field(
    verb: str,
    of: str,
    field: Field,
    now: Mapping[str, str],
    lists: Mapping[str, Options],
    words: Words,
) -> html.Div:
    name = {"know-field": field.name, "of": of, "verb": verb}
    text = words["know.title_field" if field.name == "title" else f"know.{field.name}"]
    value = now.get(field.name, "")
    hint = ""
    control: Child
    match field.kind:
        case "one":
            options = [{"label": label, "value": code} for code, label in lists[field.name]]
            control = dcc.Dropdown(
                options, value or None, id=name, clearable=field.name == "category"
            )
        case "text":
            rows = 6 if field.most == TEXT_MAX else 2
            control = dcc.Textarea(id=name, value=value, maxLength=field.most, rows=rows)
        case "time":
            hint = words[f"know.{'publish' if verb == 'item.publish' else 'published'}_help"]
            control = dcc.Input(id=name, type="text", value=value, maxLength=20)
        case _:
            control = dcc.Input(id=name, type="text", value=value, maxLength=field.most)
    parts = [html.Label(text), control, html.P(hint, className="muted") if hint else None]
    return html.Div(parts, className="field", role="group", **aria(label=text))


def shelves(words: Words) -> Options:
    """Return the shelves as a list to choose from."""
    return [(name, words[f"know.shelf.{name}"]) for name in SHELVES]
