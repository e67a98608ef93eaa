"""What kind of file a content is, judged by its own bytes against the list of kinds we take."""

from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, overload

_TAIL = 256 * 1024
"""A zip's table of contents stands at its end; this much holds some thousand entries."""
_STEP = 64 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument"


class Content(Protocol):
    """Bytes that may lie in a mapped file: never copied whole."""

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, key: int, /) -> int: ...
    @overload
    def __getitem__(self, key: slice, /) -> bytes: ...
    def find(self, sub: bytes, /) -> int:
        """Return where `sub` begins, -1 if it is not there."""


@dataclass(frozen=True, slots=True)
class Media:
    """A kind of file we take: its media type and the endings its name may have, the usual one first."""

    type: str
    endings: tuple[str, ...]


PDF = Media("application/pdf", (".pdf",))
DOCX = Media(f"{_OFFICE}.wordprocessingml.document", (".docx",))
XLSX = Media(f"{_OFFICE}.spreadsheetml.sheet", (".xlsx",))
PPTX = Media(f"{_OFFICE}.presentationml.presentation", (".pptx",))
DOC = Media("application/msword", (".doc", ".wps"))
XLS = Media("application/vnd.ms-excel", (".xls", ".et"))
JPEG = Media("image/jpeg", (".jpg", ".jpeg"))
PNG = Media("image/png", (".png",))
GIF = Media("image/gif", (".gif",))
WEBP = Media("image/webp", (".webp",))
TXT = Media("text/plain", (".txt",))
MP3 = Media("audio/mpeg", (".mp3",))
WAV = Media("audio/wav", (".wav",))
AMR = Media("audio/amr", (".amr",))
M4A = Media("audio/mp4", (".m4a",))
MP4 = Media("video/mp4", (".mp4", ".m4v"))
MOV = Media("video/quicktime", (".mov",))
TAKEN = (
    PDF, DOCX, XLSX, PPTX, DOC, XLS, JPEG, PNG, GIF, WEBP, TXT, MP3, WAV, AMR, M4A, MP4, MOV,
)  # fmt: skip
ENDINGS = tuple(ending for media in TAKEN for ending in media.endings)

_STARTS = (
    (b"%PDF-", PDF), (b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG), (b"GIF87a", GIF),
    (b"GIF89a", GIF), (b"ID3", MP3), (b"\xff\xfb", MP3), (b"\xff\xf3", MP3), (b"\xff\xf2", MP3),
    (b"#!AMR", AMR),
)  # fmt: skip
_ZIPPED = (
    (b"word/document.xml", DOCX),
    (b"xl/workbook.xml", XLSX),
    (b"ppt/presentation.xml", PPTX),
)
_COMPOUND = (("WordDocument", DOC), ("Workbook", XLS))
_BRANDS = {b"qt  ": MOV, b"M4A ": M4A, b"M4B ": M4A}
_FILM = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV")


def judge(content: Content) -> Media | None:
    """Return what the content is, None when it is of no kind we take (or carries macros)."""
    head = content[:16]
    for start, media in _STARTS:
        if head.startswith(start):
            return media
    if head.startswith(b"RIFF"):
        return {b"WAVE": WAV, b"WEBP": WEBP}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return MP4 if head[8:12] in _FILM else _BRANDS.get(head[8:12])
    if head.startswith(b"PK\x03\x04"):
        return _zipped(content[max(0, len(content) - _TAIL) : len(content)])
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound(content)
    return TXT if _is_text(content) else None


def _zipped(tail: bytes) -> Media | None:
    if b"[Content_Types].xml" not in tail or b"vbaProject.bin" in tail:
        return None
    return next((media for name, media in _ZIPPED if name in tail), None)


def _compound(content: Content) -> Media | None:
    if content.find("_VBA_PROJECT".encode("utf-16-le")) >= 0:
        return None
    for name, media in _COMPOUND:
        if content.find(name.encode("utf-16-le")) >= 0:
            return media
    return None


def _is_text(content: Content) -> bool:
    """Whether it reads as UTF-8, else as GB 18030, and holds no control character."""
    return any(_reads(content, code) for code in ("utf-8", "gb18030"))


def _reads(content: Content, code: str) -> bool:
    decoder = getincrementaldecoder(code)()
    try:
        for part in _parts(content):
            if any(c < " " and c not in "\t\n\r\f" for c in decoder.decode(part)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return len(content) > 0


def _parts(content: Content) -> Iterator[bytes]:
    for start in range(0, len(content), _STEP):
        yield content[start : start + _STEP]
