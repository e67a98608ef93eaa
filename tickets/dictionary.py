"""数据字典: the versioned tree of categories. A change is a new version; a ticket keeps that of its day."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from models.clock import Instant
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.rules.tickets.recognition import best
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import Category, Unit
from tickets.moving import Actor

PERMISSION = "admin.parameters"
MAX_LEVEL = 3
CODE = re.compile(r"[A-Za-z0-9]{1,16}")
LABEL_MAX, KEYWORDS_MAX = 40, 300
_VERSION_LOCK = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """A category: `code` begins with its parent's; `keywords` apart by spaces; `unit` is the proposed one."""

    code: str
    label: str
    parent: str = ""
    unit: str = ""
    keywords: str = ""

    def tidy(self) -> "Entry":
        """Return it without idle spaces."""
        told = {f.name: str(getattr(self, f.name)).strip() for f in fields(self)}
        words = " ".join(re.split(r"[\s,，、;；]+", self.keywords)).strip()
        return replace(self, **{**told, "keywords": words})


def allowed(actor: Actor) -> None:
    """Raise Refused unless the actor may change the dictionary."""
    if PERMISSION not in actor.can:
        raise Refused(f"{actor.ref} lacks {PERMISSION}", permission=PERMISSION)


def present(session: Session) -> tuple[int, list[Entry]]:
    """Return the newest version's number and its categories by code; (0, []) before the first."""
    version = newest(session)
    return version, list(of_version(session, version).values())


def of_version(session: Session, version: int) -> dict[str, Entry]:
    """Return one version's categories by code."""
    rows = session.scalars(
        select(Category).where(Category.version == version).order_by(Category.code)
    )
    return {
        row.code: Entry(**{f.name: getattr(row, f.name) for f in fields(Entry)}) for row in rows
    }


def put(
    session: Session, entry: Entry, *, seen: int, actor: Actor, now: Instant, new: bool = False
) -> int:
    """Publish a version in which `entry` is as given; return its number. A `new` one must not be there yet."""
    allowed(actor)
    rows = of_version(session, seen)
    entry = entry.tidy()
    if new and entry.code in rows:
        raise BadInput(f"category {entry.code} exists", field="code", taken=True)
    return publish(
        session, [*({**rows, entry.code: entry}).values()], seen=seen, actor=actor, now=now
    )


def drop(session: Session, code: str, *, seen: int, actor: Actor, now: Instant) -> int:
    """Publish a version without a category; WrongStatus while others are below it (`below`)."""
    allowed(actor)
    rows = of_version(session, seen)
    if code not in rows:
        raise NotFound(f"no category {code}")
    below = sum(entry.parent == code for entry in rows.values())
    if below:
        raise WrongStatus(f"{below} categories below {code}", below=below)
    del rows[code]
    return publish(session, [*rows.values()], seen=seen, actor=actor, now=now)


def publish(
    session: Session, entries: Sequence[Entry], *, seen: int, actor: Actor, now: Instant
) -> int:
    """Publish all of `entries` as the next version; return its number.

    WrongStatus when `seen` is not the newest any more; BadInput names the field and the code.
    """
    allowed(actor)
    session.execute(
        text("SELECT pg_advisory_xact_lock(:a, :b)"), {"a": tenant_of(session), "b": _VERSION_LOCK}
    )
    newest, before = present(session)
    if newest != seen:
        raise WrongStatus(f"version {newest} was published meanwhile", version=newest)
    tidied = sorted((entry.tidy() for entry in entries), key=lambda entry: entry.code)
    units = set(session.scalars(select(Unit.code)))
    check(tidied, units)
    if not tidied:
        raise BadInput("an empty dictionary", field="code", code="")
    if tidied == before:
        return newest
    tenant, version = tenant_of(session), newest + 1
    session.execute(
        insert(Category),
        [
            {"tenant_id": tenant, "version": version}
            | {f.name: getattr(entry, f.name) for f in fields(Entry)}
            for entry in tidied
        ],
    )
    old, fresh = {e.code: e for e in before}, {e.code: e for e in tidied}
    audit(
        session, actor=actor.ref, verb="publish_categories", subject=f"version {version}", now=now,
        added=sorted(fresh.keys() - old.keys()), removed=sorted(old.keys() - fresh.keys()),
        changed=sorted(c for c in fresh.keys() & old.keys() if fresh[c] != old[c]),
    )  # fmt: skip
    return version


def check(entries: Sequence[Entry], units: set[str]) -> None:
    """Raise BadInput with `field` and `code` of the first category that cannot be."""
    known: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.code):
        wrong = _wrong_field(entry, known, units)
        if wrong:
            raise BadInput(f"{wrong} of {entry.code!r}", field=wrong, code=entry.code)
        known[entry.code] = entry


def _wrong_field(entry: Entry, known: Mapping[str, Entry], units: set[str]) -> str:
    """Return the field that is wrong, "" if none; parents come before their children."""
    if not CODE.fullmatch(entry.code) or entry.code in known:
        return "code"
    if not entry.label or len(entry.label) > LABEL_MAX or "\0" in entry.label:
        return "label"
    if entry.parent and (
        entry.parent not in known or not entry.code.startswith(entry.parent)
        or level(entry, known) > MAX_LEVEL
    ):  # fmt: skip
        return "parent"
    if entry.unit and entry.unit not in units:
        return "unit"
    return "keywords" if len(entry.keywords) > KEYWORDS_MAX or "\0" in entry.keywords else ""


def level(entry: Entry, known: Mapping[str, Entry]) -> int:
    """Return on which of the three levels a category stands."""
    return 1 + (level(known[entry.parent], known) if entry.parent in known else 0)


def newest(session: Session) -> int:
    """Return the number of the newest version, 0 before the first."""
    return session.scalar(select(func.max(Category.version))) or 0


def propose(session: Session, text: str) -> tuple[str, tuple[str, ...]]:
    """Return (code, its keywords in the text) of the category that a text speaks for, ("", ()) when none does."""
    worded = (Category.version == newest(session), Category.keywords != "")
    found = session.execute(select(Category.code, Category.keywords).where(*worded))
    return best([(code, words) for code, words in found], text)


def path(entry: Entry, known: Mapping[str, Entry]) -> str:
    """Return a category's name with those above it: 住建水电 / 供水."""
    above = known.get(entry.parent)
    return f"{path(above, known)} / {entry.label}" if above else entry.label


def indented(entry: Entry, known: Mapping[str, Entry]) -> str:
    """Return a category as boxes list it: its path, each level further in."""
    return "　" * (level(entry, known) - 1) + path(entry, known)


def path_of(session: Session, code: str, version: int) -> str:
    """Return the path of one category of a version, empty where there is none."""
    above = [code[:end] for end in range(1, len(code) + 1)]
    rows = session.scalars(
        select(Category).where(Category.version == version, Category.code.in_(above))
    )
    known = {row.code: Entry(row.code, row.label, row.parent) for row in rows}
    return path(known[code], known) if code in known else ""


def import_entries(
    session: Session,
    lines: Sequence[tuple[int, Mapping[str, str]]],
    *,
    seen: int,
    actor: Actor,
    now: Instant,
) -> int:
    """Publish a file as the next version, whole or not at all; BadInput names line, field and code."""
    entries = [
        Entry(**{f.name: line.get(f.name, "") for f in fields(Entry)}).tidy() for _, line in lines
    ]
    try:
        return publish(session, entries, seen=seen, actor=actor, now=now)
    except BadInput as error:
        at = [
            number
            for (number, _), entry in zip(lines, entries, strict=True)
            if entry.code == error.facts.get("code")
        ]
        raise BadInput(str(error), **{**error.facts, "line": at[-1] if at else 0}) from error
