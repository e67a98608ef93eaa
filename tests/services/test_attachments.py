"""Attached files: judged by content, bounded, kept once, never half; seen and changed by who may."""

import errno
import io
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from conftest import Place
from factories import AT
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import BadInput, NotFound, Refused, Unavailable, WrongStatus
from models.rules import media
from models.store.files import STALE_S, Files
from models.tables import Attachment, Audit, Ticket, TicketLeg, Unit
from tickets import attachments as f
from tickets.attachments import HOLDERS
from tickets.moving import Actor

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
VIEW = frozenset({"ticket.view"})
AGENT = Actor(1, "何话务", VIEW | {"ticket.open"})
LEADER = Actor(2, "江协调", VIEW)
UNIT = Actor(3, "住建局经办", VIEW | {"ticket.handle"}, "zjj")
OTHER = Actor(4, "交通局经办", VIEW | {"ticket.handle"}, "jtj")


def zipped(*names: str) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as file:
        for name in ("[Content_Types].xml", *names):
            file.writestr(name, "x" * 200)
    return whole.getvalue()


def compound(*names: str) -> bytes:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    return head + b"".join(name.encode("utf-16-le") for name in names)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 x", media.PDF), (PNG, media.PNG), (b"\xff\xd8\xff\xe0x", media.JPEG),
        (b"GIF89a..", media.GIF), (b"RIFF\0\0\0\0WEBPVP8 ", media.WEBP),
        (b"RIFF\0\0\0\0WAVEfmt ", media.WAV), (b"ID3\x04rest", media.MP3), (b"\xff\xfb\x90x", media.MP3),
        (b"\0\0\0\x20ftypisom\0\0", media.MP4), (b"\0\0\0\x14ftypqt  \0\0", media.MOV),
        (b"\0\0\0\x20ftypM4A \0\0", media.M4A), (b"#!AMR\n.", media.AMR),
        (zipped("word/document.xml"), media.DOCX), (zipped("xl/workbook.xml"), media.XLSX),
        (compound("WordDocument"), media.DOC), (compound("Workbook"), media.XLS),
        ("路灯不亮\r\n".encode(), media.TXT), ("路灯不亮".encode("gb18030"), media.TXT),
        (b"MZ\x90\0\x03", None), (b"\x7fELF\x02\x01", None), (zipped("a.txt"), None),
        (zipped("word/document.xml", "word/vbaProject.bin"), None), (b"\0\0\0\x20ftypheic\0\0", None),
        (compound("WordDocument", "_VBA_PROJECT"), None), (compound("Setup"), None),
        (b"PK\x03\x04 not a zip word/document.xml", None), (b"\x80\xff\xfe\0", None),
    ],
)  # fmt: skip
def test_a_content_is_what_its_bytes_say(content: bytes, kind: media.Media | None) -> None:
    assert media.judge(content) == kind


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files")


@pytest.fixture
def ticket(session: Session, tenant: Place) -> Ticket:
    for code in ("zjj", "jtj"):
        session.add(Unit(tenant_id=tenant.id, code=code, name=code, level=1))
    row = Ticket(
        tenant_id=tenant.id, no="26110001", query_code="ABC123", status="assigned", version=2,
        kind="complaint", urgency="normal", channel="phone", title="停水", content="停水",
        category_version=1, opened_by=1, opened_at=_at(), anonymous=False, confidential=False,
        emergency=False, disputed=False,
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.add(
        TicketLeg(
            tenant_id=tenant.id, ticket_id=row.id, turn=1, number=1, unit="zjj", holder="zjj",
            assigned_at=_at(),
        )
    )  # fmt: skip
    session.flush()
    return row


def _at() -> Any:
    from models.clock import to_datetime

    return to_datetime(AT)


def taken(files: Files, tenant: Place, content: bytes = PNG, name: str = "现场.png") -> f.Content:
    with files.receive(tenant.id) as incoming:
        for start in range(0, len(content), 7):
            incoming.write(content[start : start + 7])
        return f.take_in(incoming, name)


def on_disk(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def add(session: Session, files: Files, tenant: Place, ticket: Ticket, who: Actor = AGENT) -> int:
    return f.add(session, "ticket", ticket.id, taken(files, tenant), HOLDERS, actor=who, now=AT)


def test_it_works(session: Session, tenant: Place, ticket: Ticket, files: Files) -> None:
    number = add(session, files, tenant, ticket)
    (kept,) = f.listed(session, "ticket", ticket.id, HOLDERS, actor=UNIT, now=AT)
    assert (kept.row.id, kept.row.name, kept.row.media) == (number, "现场.png", "image/png")
    assert not kept.removable
    assert files.path(tenant.id, kept.row.sha256).read_bytes() == PNG
    f.remove(session, number, HOLDERS, reason="传错了", actor=AGENT, now=AT + 1)
    assert f.listed(session, "ticket", ticket.id, HOLDERS, actor=AGENT, now=AT) == []
    with pytest.raises(NotFound):
        f.find(session, number, HOLDERS, actor=AGENT, now=AT)
    told = session.scalars(select(Audit).order_by(Audit.id)).all()
    assert [line.verb for line in told] == ["file_add", "file_remove"]
    assert told[1].detail["reason"] == "传错了"
    assert "现场" not in str([line.detail for line in told])


# --- limits ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "limit"),
    [
        (b"", "空.txt", "empty"), (b"MZ\x90\0", "a.png", "kind"), (PNG, "a.exe", "kind"),
        (b"<script>x</script>", "a.html", "kind"), (b"#!/bin/sh\n", "a.sh", "kind"),
    ],
)  # fmt: skip
def test_what_is_not_taken(
    files: Files, tenant: Place, tmp_path: Path, content: bytes, name: str, limit: str
) -> None:
    with pytest.raises(BadInput) as refused:
        taken(files, tenant, content, name)
    assert refused.value.facts["limit"] == limit
    assert on_disk(tmp_path) == []


def test_a_file_has_its_size(
    files: Files, tenant: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(f, "SIZE_MAX", 2 * f.MB)
    assert taken(files, tenant, PNG + bytes(2 * f.MB - len(PNG))).size == 2 * f.MB
    with pytest.raises(BadInput) as refused:
        taken(files, tenant, PNG + bytes(2 * f.MB))
    assert refused.value.facts == {"field": "file", "limit": "size", "most": 2}
    assert len(on_disk(tmp_path)) == 1


def test_a_subject_has_its_count(
    session: Session, tenant: Place, ticket: Ticket, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f, "COUNT_MAX", 2)
    first, _ = add(session, files, tenant, ticket), add(session, files, tenant, ticket)
    with pytest.raises(BadInput) as refused:
        f.check_add(session, "ticket", ticket.id, HOLDERS, actor=AGENT, now=AT)
    assert (refused.value.facts["limit"], refused.value.facts["most"]) == ("count", 2)
    f.remove(session, first, HOLDERS, reason="重复", actor=AGENT, now=AT)
    add(session, files, tenant, ticket)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("现场 1.PNG", "现场 1.png"), ("../../etc/passwd.png", "passwd.png"),
        ("C:\\照片\\a.png", "a.png"), ("x\0\r\ny.png", "xy.png"), ("", "file.png"), (".png", "png.png"),
        ("<img src=x onerror=alert(1)>.png", "_img src=x onerror=alert(1)_.png"),
        ("\u202egpj.exe.png", "gpj.exe.png"), ("长" * 300 + ".png", "长" * 96 + ".png"),
        ("改了后缀.jpg", "改了后缀.png"), ("没有后缀", "没有后缀.png"), ("a.b.png", "a.b.png"),
    ],
)  # fmt: skip
def test_names_are_cleaned(files: Files, tenant: Place, name: str, cleaned: str) -> None:
    assert taken(files, tenant, PNG, name).name == cleaned


# --- the disk -------------------------------------------------------------------------------


def test_the_same_content_is_kept_once(files: Files, tenant: Place, tmp_path: Path) -> None:
    assert taken(files, tenant).sha256 == taken(files, tenant, name="b.png").sha256
    assert len(on_disk(tmp_path)) == 1


def test_tenants_do_not_share_contents(files: Files, tenant: Place, neighbour: Place) -> None:
    digest = taken(files, tenant).sha256
    with pytest.raises(NotFound):
        files.path(neighbour.id, digest)


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
@pytest.mark.parametrize(
    ("code", "reason"),
    [(errno.ENOSPC, "disk_full"), (errno.EDQUOT, "disk_full"), (errno.EIO, "disk")],
)
def test_a_failing_disk_is_told_and_leaves_nothing(
    files: Files, tenant: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str,
    code: int, reason: str,
) -> None:  # fmt: skip
    def fails(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    with pytest.raises(Unavailable) as told, files.receive(tenant.id) as incoming:
        if step == "write":
            monkeypatch.setattr(incoming, "_file", _Full(incoming._file, fails))
        elif step == "fsync":
            monkeypatch.setattr(os, "fsync", fails)
        else:
            monkeypatch.setattr(Path, "replace", fails)
        incoming.write(PNG)
        f.take_in(incoming, "a.png")
    assert told.value.facts["reason"] == reason
    monkeypatch.undo()
    assert on_disk(tmp_path) == []


class _Full:
    """A file on a disk that takes no more."""

    def __init__(self, file: Any, fails: Any) -> None:
        self.close = file.close
        self.write = self.flush = fails


def test_a_broken_upload_leaves_nothing(files: Files, tenant: Place, tmp_path: Path) -> None:
    with pytest.raises(ConnectionError), files.receive(tenant.id) as incoming:
        incoming.write(PNG)
        raise ConnectionError
    assert on_disk(tmp_path) == []


def test_what_a_killed_process_left_is_swept(files: Files, tenant: Place, tmp_path: Path) -> None:
    folder = tmp_path / "files" / str(tenant.id) / "incoming"
    folder.mkdir(parents=True)
    for name, age in (("old", STALE_S + 60), ("young", 10.0)):
        (folder / name).write_bytes(b"half")
        at = (folder / name).stat().st_mtime - age
        os.utime(folder / name, (at, at))
    taken(files, tenant)
    assert [path.name for path in folder.iterdir()] == ["young"]


# --- who may --------------------------------------------------------------------------------


def test_another_unit_sees_nothing(
    session: Session, tenant: Place, ticket: Ticket, files: Files
) -> None:
    number = add(session, files, tenant, ticket)
    with pytest.raises(NotFound):
        f.find(session, number, HOLDERS, actor=OTHER, now=AT)
    with pytest.raises(NotFound):
        f.listed(session, "ticket", ticket.id, HOLDERS, actor=OTHER, now=AT)
    with pytest.raises(NotFound):
        f.check_add(session, "ticket", ticket.id, HOLDERS, actor=OTHER, now=AT)
    assert f.find(session, number, HOLDERS, actor=UNIT, now=AT).id == number
    with pytest.raises(Refused):
        f.find(session, number, HOLDERS, actor=Actor(5, "无权", frozenset()), now=AT)


def test_who_only_looks_adds_nothing(session: Session, ticket: Ticket) -> None:
    assert not f.may_add(session, "ticket", ticket.id, HOLDERS, actor=LEADER, now=AT)
    assert f.may_add(session, "ticket", ticket.id, HOLDERS, actor=UNIT, now=AT)
    with pytest.raises(NotFound):
        f.check_add(session, "letter", ticket.id, HOLDERS, actor=AGENT, now=AT)


def test_a_unit_removes_its_own_the_centre_any(
    session: Session, tenant: Place, ticket: Ticket, files: Files
) -> None:
    centres, units = add(session, files, tenant, ticket), add(session, files, tenant, ticket, UNIT)
    with pytest.raises(Refused):
        f.remove(session, centres, HOLDERS, reason="不要", actor=UNIT, now=AT)
    with pytest.raises(BadInput):
        f.remove(session, units, HOLDERS, reason=" ", actor=AGENT, now=AT)
    f.remove(session, units, HOLDERS, reason="不清楚", actor=AGENT, now=AT)
    with pytest.raises(NotFound):
        f.remove(session, units, HOLDERS, reason="再来一次", actor=UNIT, now=AT)


def test_a_part_that_was_returned_is_looked_at_only(session: Session, ticket: Ticket) -> None:
    leg = session.scalar(select(TicketLeg).where(TicketLeg.ticket_id == ticket.id))
    assert leg is not None
    leg.returned_at = _at()
    session.flush()
    assert f.listed(session, "ticket", ticket.id, HOLDERS, actor=UNIT, now=AT) == []
    with pytest.raises(Refused):
        f.check_add(session, "ticket", ticket.id, HOLDERS, actor=UNIT, now=AT)


def test_an_archived_ticket_keeps_its_files(
    session: Session, tenant: Place, ticket: Ticket, files: Files
) -> None:
    number = add(session, files, tenant, ticket)
    ticket.status = "archived"
    session.flush()
    with pytest.raises(WrongStatus):
        f.check_add(session, "ticket", ticket.id, HOLDERS, actor=AGENT, now=AT)
    with pytest.raises(Refused):
        f.remove(session, number, HOLDERS, reason="晚了", actor=AGENT, now=AT)
    assert f.find(session, number, HOLDERS, actor=AGENT, now=AT).id == number


def test_the_row_says_how_large_it_is(
    session: Session, tenant: Place, ticket: Ticket, files: Files
) -> None:
    add(session, files, tenant, ticket)
    assert session.scalar(select(Attachment.size)) == len(PNG)
