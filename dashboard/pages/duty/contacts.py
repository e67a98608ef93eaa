"""应急通讯录: the list of the address, one contact beside it, a file in."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import fields

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.duty import contact_import, contacts, groups
from command.duty.contacts import Form
from dashboard import sheet
from dashboard.auth import require, viewer
from dashboard.door import doors, reading
from dashboard.pages.admin.answers import asked as read
from dashboard.pages.admin.answers import page_number
from dashboard.pages.context import actor, words
from dashboard.pages.duty.answers import Pressed, Said, Verb, done
from dashboard.texts import LANGUAGES
from dashboard.views.duty import contacts as views
from dashboard.views.kit import Child
from models.errors import BadInput
from models.tables import User

UNPACKED_MAX = 40_000_000
WORDS_MAX = 60


def body(search: str) -> Child:
    """Return the phone book as the address asks for it."""
    require("duty.view")
    given, may = asked_of(search), "duty.edit" in viewer().can
    with reading() as session:
        found = contacts.find(
            session, given["q"], actor=actor(), vault=doors().vault, group=int(given["group"] or 0),
            page=int(given["page"] or 0), out=bool(given["out"]),
        )  # fmt: skip
        known = groups.listed(session, actor=actor())
        beside = _beside(session, given, [(each.id, each.name) for each in known], may=may)
    return views.page(given, found, known, beside, may=may, words=words())


def asked_of(search: str) -> dict[str, str]:
    """Return q, group, page, contact and out of an address; what is no number there is left out."""
    given = read(search)
    numbers = {name: str(page_number(given, name) or "") for name in ("group", "page", "contact")}
    if given.get("contact") == "new":
        numbers["contact"] = "new"
    out = "1" if given.get("out") == "1" else ""
    return {"q": given.get("q", "").strip()[:WORDS_MAX], **numbers, "out": out}


def _beside(
    session: Session, given: Mapping[str, str], named: list[tuple[int, str]], *, may: bool
) -> Child:
    key = given["contact"]
    if key and key != "new":
        line = contacts.one(session, int(key), actor=actor())
        card = views.card(line, words(), may=may)
        if not may or not line.row.active:
            return card
        mine = contacts.group_ids(session, line.row.id)
        return [card, views.form(line, mine, named, _logins(session), words())]
    if not may:
        return None
    new = views.form(None, (), named, _logins(session), words()) if key else None
    chosen = int(given["group"] or 0)
    of = (
        views.group_upkeep(chosen, groups.size(session, chosen), named, words()) if chosen else None
    )
    return [new, of, views.group_form(words())]


def _logins(session: Session) -> list[tuple[int, str]]:
    rows = session.execute(
        select(User.id, User.name, User.login)
        .where(User.active, User.unit == "")
        .order_by(User.name)
    )
    return [(number, f"{name}（{login}）") for number, name, login in rows]


def _form(given: Pressed) -> Form:
    texts = {
        field.name: given.text("contact", field.name)
        for field in fields(Form)
        if field.name not in ("user_id", "groups")
    }
    return Form(
        **texts,
        user_id=given.number("contact", "user_id"),
        groups=given.numbers("contact", "groups"),
    )


def _add(session: Session, given: Pressed) -> Said:
    row = contacts.add(session, _form(given), actor=actor(), now=given.at, vault=doors().vault)
    said = done("duty.contact_added", name=row.name)
    return said._replace(href=f"/duty/contacts?contact={row.id}")


def _change(session: Session, given: Pressed) -> Said:
    contacts.change(
        session, given.id, given.version, _form(given), actor=actor(), now=given.at,
        vault=doors().vault,
    )  # fmt: skip
    return done("duty.saved")


def _deactivate(session: Session, given: Pressed) -> Said:
    contacts.deactivate(session, given.id, given.version, actor=actor(), now=given.at)
    return done("duty.contact_out")._replace(href="/duty/contacts")


def _restore(session: Session, given: Pressed) -> Said:
    contacts.restore(session, given.id, given.version, actor=actor(), now=given.at)
    return done("duty.contact_back")._replace(href=f"/duty/contacts?contact={given.id}")


def _reveal(session: Session, given: Pressed) -> Said:
    numbers = contacts.reveal(session, given.id, actor=actor(), now=given.at, vault=doors().vault)
    name = contacts.one(session, given.id, actor=actor()).row.name
    return Said("", views.revealed(name, numbers, words()))


def _group(session: Session, given: Pressed) -> Said:
    row = groups.add(session, given.text("group", "group"), actor=actor(), now=given.at)
    return done("duty.group_added", name=row.name)


def _rename_group(session: Session, given: Pressed) -> Said:
    was, name = (given.text(f"group{given.id}", field) for field in ("was", "group"))
    groups.rename(session, given.id, was, name, actor=actor(), now=given.at)
    return done("duty.saved")


def _remove_group(session: Session, given: Pressed) -> Said:
    into = given.number(f"group{given.id}", "into")
    moved = groups.remove(session, given.id, into, actor=actor(), now=given.at)
    said = done("duty.group_removed", n=moved)
    return said._replace(href=f"/duty/contacts?group={into}" if into else "/duty/contacts")


VERBS: Mapping[str, Verb] = {
    "contact.add": _add,
    "contact.change": _change,
    "contact.deactivate": _deactivate,
    "contact.restore": _restore,
    "contact.reveal": _reveal,
    "group.add": _group,
    "group.rename": _rename_group,
    "group.remove": _remove_group,
}


def heads() -> dict[str, str]:
    """Return what may head a column of a file, in any of our languages, and the key it means."""
    columns = contact_import.COLUMNS
    named = {
        texts[f"duty.field.{key}"].lower(): key for texts in LANGUAGES.values() for key in columns
    }
    return named | {key: key for key in columns}


def take(session: Session, raw: bytes, name: str, at: float) -> Said:
    """Take in a file of contacts, CSV or xlsx."""
    lines = (
        _workbook(raw)
        if name.lower().endswith(".xlsx")
        else sheet.read(raw, heads(), contact_import.NEEDED)
    )
    found = contact_import.take(session, lines, actor=actor(), now=at, vault=doors().vault)
    return Said("", views.taken(found, words()))


def _workbook(raw: bytes) -> list[tuple[int, dict[str, str]]]:
    """Return (row, key -> cell) of the first sheet of a workbook; BadInput when it is none, or too large."""
    from openpyxl import load_workbook  # a quarter of a second nobody waits for at start

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            if sum(part.file_size for part in packed.infolist()) > UNPACKED_MAX:
                raise BadInput("the file is too large", field="file")
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        rows = book.worksheets[0].iter_rows(values_only=True)
        known = heads()
        first = [known.get(_text(cell).lower(), "") for cell in next(rows, ())]
        if missing := [key for key in contact_import.NEEDED if key not in first]:
            raise BadInput(f"columns {missing} are missing", field="file")
        found = []
        for number, cells in enumerate(rows, start=2):
            line = {key: _text(cell) for key, cell in zip(first, cells, strict=False) if key}
            if any(line.values()):
                found.append((number, line))
            if len(found) > sheet.MAX_LINES:
                raise BadInput(f"more than {sheet.MAX_LINES} lines", field="file")
    except BadInput:
        raise
    except Exception as error:  # openpyxl fails in many ways on a file that is no workbook
        raise BadInput(f"no workbook: {type(error).__name__}", field="file") from error
    return found


def _text(cell: object) -> str:
    """Return a cell as it was typed: a telephone number that became a number loses its `.0`."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip() if cell is not None else ""
