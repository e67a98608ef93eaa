"""Settings are read once, fail loudly and name what is wrong."""

from pathlib import Path

import pytest

from models.errors import SettingsError
from models.settings import exchange, load

GOOD = {
    "HOTLINE_DATABASE_URL": "postgresql://app:p@db/hotline",
    "HOTLINE_REDIS_URL": "redis://cache/0",
    "HOTLINE_ENCRYPTION_KEYS": "k1, k2",
    "HOTLINE_HASH_KEY": "h",
}


def test_it_works() -> None:
    settings = load(
        GOOD
        | {
            "PATH": "/bin",
            "HOTLINE_PORT": "80",
            "HOTLINE_DEMO": "1",
            "HOTLINE_EXCHANGES": "ami://u:s%40x@a:1/east; ami://u:s@b/west?tenant=other&contexts=in",
        }
    )
    assert (settings.port, settings.demo, settings.encryption_keys) == (80, True, ("k1", "k2"))
    east, west = settings.exchanges
    assert (east.name, east.secret, east.port, east.tenant) == ("east", "s@x", 1, "yunzhou")
    assert (west.port, west.tenant, west.contexts) == (5038, "other", ("in",))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOTLINE_PROT", "80"),
        ("HOTLINE_PORT", "eighty"),
        ("HOTLINE_ZONE", "Mars/Base"),
        ("HOTLINE_DEMO", "perhaps"),
        ("HOTLINE_LOG_LEVEL", "loud"),
        ("HOTLINE_EXCHANGES", "10.0.0.1:5038"),
        ("HOTLINE_EXCHANGES", "ami://u:s@a/x;ami://u:s@b/x"),
        ("HOTLINE_HASH_KEY", ""),
        ("HOTLINE_HASH_KEY_FILE", "/nowhere/at/all"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name.removesuffix("_FILE")):
        load(GOOD | {name: value})


@pytest.mark.parametrize("name", sorted(GOOD))
def test_what_is_missing_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load({key: value for key, value in GOOD.items() if key != name})


def test_a_secret_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-file\n", encoding="utf-8")
    given = {key: value for key, value in GOOD.items() if key != "HOTLINE_HASH_KEY"}
    settings = load(given | {"HOTLINE_HASH_KEY_FILE": str(tmp_path / "key")})
    assert settings.hash_key == "from-file"


def test_secrets_are_not_printed() -> None:
    assert "s3cret" not in repr(exchange("ami://u:s3cret@a/x"))
    assert "p@db" not in repr(load(GOOD))
