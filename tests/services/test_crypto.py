"""Callers' numbers: sealed to reveal, hashed to join, masked to show; keys can be rotated."""

import pytest
from cryptography.fernet import Fernet

from models.errors import BadInput, SettingsError
from models.events.floor import Caller
from models.store.crypto import Vault, mask, mask_within

NEW, OLD, OTHER = (Fernet.generate_key().decode() for _ in range(3))


def test_it_works() -> None:
    vault = Vault((NEW,), "hash")
    caller = vault.seal("13800001234")
    assert caller.masked == "138****1234"
    assert "13800001234" not in str(caller)
    assert vault.open(caller.sealed) == "13800001234"


def test_the_same_number_has_the_same_hash_under_one_key_only() -> None:
    first, second = Vault((NEW,), "hash"), Vault((OLD,), "hash")
    assert first.seal("110").digest == second.seal("110").digest == first.digest("110")
    assert first.digest("110") != first.digest("119")
    assert first.digest("110") != Vault((NEW,), "another").digest("110")


def test_rotation_opens_the_old_and_seals_with_the_new() -> None:
    sealed = Vault((OLD,), "hash").seal("13800001234").sealed
    rotated = Vault((NEW, OLD), "hash")
    assert rotated.open(sealed) == "13800001234"
    assert Vault((NEW,), "hash").open(rotated.seal("13800001234").sealed) == "13800001234"


@pytest.mark.parametrize(
    "sealed",
    ["", "no token", Fernet(OTHER).encrypt(b"1").decode()],
    ids=["empty", "words", "other"],
)
def test_what_no_key_fits_is_refused(sealed: str) -> None:
    with pytest.raises(BadInput):
        Vault((NEW, OLD), "hash").open(sealed)


def test_a_key_that_is_none_stops_the_process() -> None:
    with pytest.raises(SettingsError, match="HOTLINE_ENCRYPTION_KEYS"):
        Vault(("short",), "hash")


def test_a_withheld_number_stays_empty() -> None:
    assert Vault((NEW,), "hash").seal("") == Caller()


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13800001234", "138****1234"),
        ("053112345678", "053****5678"),
        ("62345678", "****78"),
        ("12345", "****45"),
        ("110", "****"),
        ("", ""),
    ],
)
def test_mask(number: str, shown: str) -> None:
    assert mask(number) == shown


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (b"CallerIDNum: 13812345678\r\nUniqueid: pbx01-1795300000.12\r\n",
         b"CallerIDNum: 138****5678\r\nUniqueid: pbx01-1795300000.12\r\n"),
        (b"Exten: 8001\r\nConnectedLineNum: 5551234\r\n", b"Exten: 8001\r\nConnectedLineNum: ****34\r\n"),
        (b"\xff\xfe", b"\xff\xfe"),
    ],
)  # fmt: skip
def test_a_frame_keeps_no_number(raw: bytes, kept: bytes) -> None:
    assert mask_within(raw) == kept
