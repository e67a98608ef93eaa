"""Files that come in: both encodings of office programs, heads in any order, and what is no such file."""

import pytest

from dashboard.sheet import MAX_LINES, read
from dashboard.texts import LANGUAGES
from models.errors import BadInput
from models.store.people import PERMISSIONS

HEADS = {"编码": "code", "名称": "name", "code": "code"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_both_encodings_are_read(encoding: str) -> None:
    raw = "名称,备注,编码\r\n住建局,x,zjj\r\n,,\r\n'=1+1,y,jtj\r\n".encode(encoding)
    assert read(raw, HEADS, ("code",)) == [
        (2, {"name": "住建局", "code": "zjj"}), (4, {"name": "=1+1", "code": "jtj"}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "raw",
    [b"", "名称\n住建局\n".encode(), b"\xff\xfe\x00\x01", b"code\n" + b"x\n" * (MAX_LINES + 1)],
)
def test_what_is_no_such_file_is_refused(raw: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        read(raw, HEADS, ("code",))
    assert caught.value.facts["field"] == "file"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_permission_has_a_word(lang: str) -> None:
    assert not [name for name in PERMISSIONS if f"perm.{name}" not in LANGUAGES[lang]]
