"""People and roles: lists, forms, the matrix of rights."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dash import html

from dashboard.views.admin import parts
from dashboard.views.kit import Child, Words, aria, empty, link, panel, status, table

if TYPE_CHECKING:
    from models.store.staff import PeoplePage, PersonForm
    from models.tables import Role, User

GROUPS: Mapping[str, tuple[str, ...]] = {
    "floor": ("floor.", "calls.", "alarms.", "system.", "caller."),
    "ticket": ("ticket.",),
    "knowledge": ("knowledge.",),
    "admin": ("admin.",),
}
"""Group of permissions -> how their names begin; what fits none stands in the last group, `other`."""


def grouped(permissions: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return permissions by group, each in one."""
    left = list(permissions)
    found: list[tuple[str, list[str]]] = []
    for group, starts in GROUPS.items():
        found.append((group, [each for each in left if each.startswith(starts)]))
        left = [each for each in left if not each.startswith(starts)]
    return [(group, each) for group, each in (*found, ("other", left)) if each]


def permission(name: str, words: Words) -> str:
    """Return a permission in words."""
    return words.get(f"perm.{name}", name)


# --- people ---------------------------------------------------------------------------------


def page(listed: Child, form: Child, text: str, words: Words) -> Child:
    """Return the page of people."""
    new = link(words["admin.person.new"], "/admin/people", className="button primary")
    bar = html.Div([parts.search("people", text, words), new], className="filters")
    return parts.split([bar, html.Div(listed, id="people-list")], form)


def people(
    found: "PeoplePage", units: Mapping[str, str], chosen: int, text: str, number: int, words: Words
) -> Child:
    """Return one page of the list of people."""
    if not found.lines:
        return empty(words["admin.people.none"])
    heads = [
        (words[f"admin.person.{name}"], "")
        for name in ("name", "login", "role_id", "agent_no", "scope", "state")
    ]
    rows = [
        (
            link(
                user.name or user.login, address(user.id, q=text, page=str(number) if number else ""),
                **({"aria-current": "true"} if user.id == chosen else {}),
            ),
            html.Code(user.login),
            role.label or role.name,
            user.agent_no or "—",
            scope(user, units, words),
            words["admin.active"] if user.active else status("off", words["admin.inactive"]),
        )
        for user, role in found.lines
    ]  # fmt: skip
    total = words["admin.people.total"].format(n=f"{found.total:,}")
    more = parts.pager(number, found.pages, address(0, q=text) + "&page=", words)
    return [
        panel(
            words["admin.tab.people"],
            table(heads, rows, label=words["admin.tab.people"]),
            note=total,
        ),
        more,
    ]


def scope(user: "User", units: Mapping[str, str], words: Words) -> str:
    """Return which tickets a person may see, in words."""
    said = []
    if user.unit:
        said.append(words["admin.scope.unit"].format(unit=units.get(user.unit, user.unit)))
    if user.district:
        said.append(
            words["admin.scope.district"].format(district=units.get(user.district, user.district))
        )
    return "，".join(said) or words["admin.scope.all"]


def address(user_id: int, **more: str) -> str:
    """Return the address of a person in the list as it is shown."""
    told = {"person": str(user_id or ""), **more}
    return f"/admin/people?{urlencode({k: v for k, v in told.items() if v or k == 'person'})}"


def form(
    user: "User | None",
    given: "PersonForm",
    lists: Mapping[str, parts.Options],
    me: int,
    words: Words,
) -> Child:
    """Return the form of a new person or of one that is there."""
    key = str(user.id) if user else ""
    none = [("", words["admin.none"])]
    centre = [("", words["admin.scope.centre"])]
    fields: list[Child] = [
        parts.typed("person", "name", given.name, words, most=40),
        parts.chosen("person", "role_id", lists["roles"], str(given.role_id or "") or None, words),
        parts.chosen("person", "unit", [*centre, *lists["units"]], given.unit, words,
                     hint=words["admin.person.unit_help"]),
        parts.chosen("person", "district", [("", words["admin.scope.all"]), *lists["districts"]], given.district,
                     words, hint=words["admin.person.district_help"]),
        parts.typed("person", "agent_no", given.agent_no, words, most=16),
        parts.chosen("person", "team", [*none, *lists["teams"]], given.team, words),
        parts.chosen("person", "force", [("", words["admin.none"]), *lists["forces"]], given.force, words,
                     hint=words["admin.person.force_help"]),
        parts.button("person.change" if user else "person.add", words, key=key, primary=True),
    ]  # fmt: skip
    if user is None:
        hint = words["admin.person.login_help"]
        fields.insert(0, parts.typed("person", "login", "", words, most=32, hint=hint))
        return parts.form_panel(words["admin.person.new"], fields)
    note = html.Code(user.login)
    return [parts.form_panel(user.name, fields, note), _access(user, me, words)]


def _access(user: "User", me: int, words: Words) -> Child:
    key = str(user.id)
    if not user.active:
        body: list[Child] = [parts.button("person.activate", words, key=key)]
    else:
        reset = [
            html.P(words["admin.person.reset_help"]),
            parts.button("person.reset", words, key=key),
        ]
        body = [parts.asked("person.reset", reset, words)]
        if user.id != me:
            shut = [
                html.P(words["admin.person.deactivate_help"]),
                parts.button("person.deactivate", words, key=key),
            ]
            body.append(parts.asked("person.deactivate", shut, words))
    return panel(words["admin.person.access"], html.Div(body), css="roomy")


# --- roles ----------------------------------------------------------------------------------


def roles(
    found: Sequence[tuple["Role", int]], permissions: Sequence[str], form_: Child, words: Words
) -> Child:
    """Return the matrix of rights with a role's form beside it."""
    heads = [(words["admin.role.permissions"], "")]
    top: list[Child] = [html.Th(words["admin.role.permissions"], scope="col")]
    for role, count in found:
        used = words["admin.role.used"].format(n=count)
        to_form = link(role.label or role.name, f"/admin/roles?role={role.id}")
        top.append(html.Th([to_form, html.Small(used)], scope="col", className="mid"))
    body: list[Child] = []
    for group, names in grouped(permissions):
        body.append(
            html.Tr(html.Th(words[f"perm.group.{group}"], scope="rowgroup", colSpan=len(found) + 1))
        )
        for name in names:
            cells = [_cell(name in role.permissions, words) for role, _ in found]
            body.append(html.Tr([html.Td(permission(name, words)), *cells]))
    matrix = html.Div(
        html.Table([html.Thead(html.Tr(top)), html.Tbody(body)], **aria(label=heads[0][0])),
        className="table matrix",
    )
    new = link(words["admin.role.new"], "/admin/roles", className="button primary")
    bar = html.Div(new, className="filters end")
    return parts.split([bar, panel(words["admin.tab.roles"], matrix)], form_)


def _cell(has: bool, words: Words) -> html.Td:
    if not has:
        return html.Td("", className="mid")
    return html.Td("✓", className="mid yes", title=words["admin.role.may"])


def role_form(role: "Role | None", used: int, permissions: Sequence[str], words: Words) -> Child:
    """Return the form of a new role or of one that is there."""
    key = str(role.id) if role else ""
    has = set(role.permissions) if role else set()
    fields: list[Child] = [parts.typed("role", "label", role.label if role else "", words, most=20)]
    if role is None:
        hint = words["admin.role.name_help"]
        fields.insert(0, parts.typed("role", "name", "", words, most=32, hint=hint))
    for group, names in grouped(permissions):
        options = [(name, permission(name, words)) for name in names]
        ticked = [name for name in names if name in has]
        fields.append(
            parts.ticked("role", group, options, ticked, words, label=words[f"perm.group.{group}"])
        )
    fields.append(parts.button("role.change" if role else "role.add", words, key=key, primary=True))
    title = role.label if role else words["admin.role.new"]
    more = None
    if role is not None and not used:
        drop = parts.button("role.drop", words, key=key)
        more = html.Div(parts.asked("role.drop", drop, words), className="panel roomy")
    return [parts.form_panel(title, fields, html.Code(role.name) if role else None), more]
