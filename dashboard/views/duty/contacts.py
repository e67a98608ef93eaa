"""应急通讯录: the list with its groups, and one contact's form beside it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dash import dcc, html

from dashboard.views.admin.parts import pager
from dashboard.views.duty import parts
from dashboard.views.kit import Child, Words, data, empty, link, panel, table

if TYPE_CHECKING:
    from command.duty.contact_import import Taken
    from command.duty.contacts import Line, Page
    from models.tables import DutyContact, DutyGroup

Options = Sequence[tuple[int, str]]


def page(
    asked: Mapping[str, str],
    found: "Page",
    groups: Sequence["DutyGroup"],
    beside: Child,
    *,
    may: bool,
    words: Words,
) -> Child:
    """Return the list with search and groups, and what stands beside it."""
    kept = {name: asked.get(name, "") for name in ("q", "group", "out")}
    box = html.Div(
        dcc.Input(
            name="q", id="duty-q", type="search", value=kept["q"], maxLength=60,
            placeholder=words["duty.contacts.search"],
        ),
        className="search", **data(search=""),
    )  # fmt: skip
    given = urlencode({k: v for k, v in kept.items() if v})
    files: list[Child] = [
        html.A(
            words["duty.export"], href=f"/api/duty/contacts.xlsx?{given}", className="button", download=""
        )
    ]  # fmt: skip
    if may:
        take = dcc.Upload(
            html.Button(words["duty.import"], type="button", className="button"),
            id="duty-upload", accept=".csv,.xlsx", max_size=2_000_000,
        )  # fmt: skip
        new = link(
            words["duty.contact_new"], "/duty/contacts?contact=new", className="button primary"
        )
        there = link(
            words["duty.contacts.in" if kept["out"] else "duty.contacts.out"],
            address({"out": "" if kept["out"] else "1"}), className="button",
        )  # fmt: skip
        files = [there, take, *files, new]
    named = [("", words["duty.all"]), *((str(group.id), group.name) for group in groups)]
    bar = html.Div(
        [
            html.Div(
                [
                    parts.search(
                        "/duty/contacts", [box], words, keep="group out", text="duty.find"
                    ),
                    html.Div(files, className="files"),
                ],
                className="filters duty-bar",
            ),
            parts.tabs(
                "/duty/contacts",
                "group",
                kept["group"],
                named,
                words,
                {"q": kept["q"], "out": kept["out"]},
            ),
        ],
        className="bar",
    )
    return [
        bar,
        html.Div([html.Div(_listing(asked, found, words)), html.Div(beside)], className="split"),
    ]


def _listing(asked: Mapping[str, str], found: "Page", words: Words) -> Child:
    if not found.lines:
        return empty(words["duty.contacts.none"])
    heads = [
        (words["duty.field.name"], ""), (words["duty.field.organisation"], ""),
        (words["duty.field.position"], ""), (words["duty.field.phones"], "nowrap"),
        (words["duty.field.groups"], ""),
    ]  # fmt: skip
    kept = {name: asked.get(name, "") for name in ("q", "group", "page", "out")}
    rows = [
        (
            link(
                line.row.name, address(kept, contact=line.row.id),
                **({"aria-current": "true"} if asked.get("contact") == str(line.row.id) else {}),
            ),
            line.row.organisation or (words["duty.kind.organisation"] if line.row.kind != "person" else "—"),
            line.row.position or "—", _phones(line.row), "、".join(line.groups) or "—",
        )
        for line in found.lines
    ]  # fmt: skip
    number = int(asked.get("page") or 0)
    return [
        panel(
            words["duty.inactive" if kept["out"] else "duty.tab.contacts"],
            table(heads, rows, label=words["duty.tab.contacts"]),
            note=words["duty.contacts.total"].format(n=f"{found.total:,}"),
        ),
        pager(number, found.pages, address({**kept, "page": ""}) + "&page=", words),
    ]


def address(kept: Mapping[str, str], **more: object) -> str:
    """Return the address of the list with something else asked for."""
    asked = {k: v for k, v in {**kept, **more}.items() if v}
    return f"/duty/contacts?{urlencode({k: str(v) for k, v in asked.items()})}"


def _phones(row: "DutyContact") -> list[Child]:
    return [html.Div(number, className="num-left") for number in (*row.offices, *row.masks)] or [
        "—"
    ]


def card(line: "Line", words: Words, *, may: bool = False) -> Child:
    """Return a contact as one reads it, with the way to its whole mobiles, and back into the book for who may."""
    row = line.row
    facts = [
        (words["duty.field.organisation"], row.organisation), (words["duty.field.position"], row.position),
        (words["duty.field.offices"], "、".join(row.offices)), (words["duty.field.mobiles"], "、".join(row.masks)),
        (words["duty.field.groups"], "、".join(line.groups)), (words["duty.field.note"], row.note),
    ]  # fmt: skip
    listed = [part for label, value in facts if value for part in (html.Dt(label), html.Dd(value))]
    show = parts.button("contact.reveal", words, key=row.id) if row.masks else None
    back = (
        parts.button("contact.restore", words, key=row.id, version=row.version, primary=True)
        if may and not row.active
        else None
    )
    return panel(
        row.name, html.Div([html.Dl(listed, className="facts"), show, back]), css="roomy",
        note=None if row.active else words["duty.inactive"],
    )  # fmt: skip


def form(
    line: "Line | None",
    chosen: Sequence[int],
    groups: Options,
    logins: Sequence[tuple[int, str]],
    words: Words,
) -> Child:
    """Return the form of a new contact or of one that is there, and how it is taken out of the book."""
    row = line.row if line else None
    kinds = [(kind, words[f"duty.kind.{kind}"]) for kind in ("person", "organisation")]
    fields = [
        parts.typed("contact", "name", words, value=row.name if row else ""),
        parts.chosen("contact", "kind", kinds, words, value=row.kind if row else "person"),
        parts.typed("contact", "organisation", words, value=row.organisation if row else ""),
        parts.typed("contact", "position", words, value=row.position if row else ""),
        parts.typed(
            "contact", "offices", words, value="，".join(row.offices) if row else "", most=200,
            hint=words["duty.offices_help"],
        ),
        parts.typed(
            "contact", "mobiles", words, most=120, sample="、".join(row.masks) if row else "",
            hint=words["duty.mobiles_kept" if row and row.masks else "duty.mobiles_help"],
        ),
        parts.chosen("contact", "groups", groups, words, value=list(chosen), many=True),
        parts.chosen(
            "contact", "user_id", [(0, words["duty.no_login"]), *logins], words,
            value=row.user_id if row else 0, hint=words["duty.login_help"],
        ),
        parts.written("contact", "note", words, value=row.note if row else "", most=500, rows=2),
        parts.button(
            "contact.change" if row else "contact.add", words, key=row.id if row else "",
            version=row.version if row else 0, primary=True,
        ),
    ]  # fmt: skip
    body: list[Child] = [html.Div(fields, className="form")]
    if row:
        out = parts.button("contact.deactivate", words, key=row.id, version=row.version)
        body.append(
            parts.opening(
                words["duty.do.contact.deactivate"], [html.P(words["duty.out_help"]), out]
            )
        )
    return panel(
        words["duty.contact_edit"] if row else words["duty.contact_new"], body, css="roomy"
    )


def group_form(words: Words) -> Child:
    """Return the form of a new group."""
    return parts.opening(
        words["duty.group_new"],
        [
            parts.typed("group", "group", words, most=30),
            parts.button("group.add", words, primary=True),
        ],
    )


def group_upkeep(chosen: int, size: int, groups: Options, words: Words) -> Child:
    """Return the forms that rename the group which is open, and remove it, its `size` members moved elsewhere."""
    name = next((label for key, label in groups if key == chosen), "")
    if not name:
        return None
    form = f"group{chosen}"
    others = [
        (0, words["duty.into_none"]),
        *((key, label) for key, label in groups if key != chosen),
    ]
    rename = [
        parts.typed(form, "group", words, value=name, most=30), parts.was(form, "was", name),
        parts.button("group.rename", words, key=chosen, primary=True),
    ]  # fmt: skip
    remove = [
        html.P(words["duty.group_help"].format(n=size), className="muted"),
        parts.chosen(form, "into", others, words, value=0),
        parts.button("group.remove", words, key=chosen),
    ]
    return html.Div(
        [
            parts.opening(words["duty.group_rename"].format(name=name), rename),
            parts.opening(words["duty.group_remove"].format(name=name), remove),
        ]
    )


def revealed(name: str, numbers: Sequence[str], words: Words) -> Child:
    """Return whole mobiles, until the next press."""
    shown = [html.A(number, href=f"tel:{number}", className="secret") for number in numbers]
    return html.Div([html.B(name), *shown, html.Span(words["duty.looked"])], className="told")


def taken(found: "Taken", words: Words) -> Child:
    """Return what an import did, every line that was not taken by name."""
    title = words["duty.import.done"].format(
        added=found.added, changed=found.changed, same=found.same, wrong=len(found.wrong)
    )
    lines = [
        words["duty.import.wrong"].format(
            line=each.line, field=words.get(f"duty.field.{each.field}", each.field),
            fault=words.get(f"duty.fault.{each.fault}", words["duty.fault.bad"]), said=each.said,
        )
        for each in found.wrong
    ]  # fmt: skip
    return html.Div([html.B(title), html.Ul([html.Li(line) for line in lines])], className="told")
