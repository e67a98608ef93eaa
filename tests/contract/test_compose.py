"""The production compose file is whole: real settings, no passwords, TLS, copies, health checks."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from app import _parser
from models.settings import PREFIX, load

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def test_the_parts_are_there(compose: Any) -> None:
    assert set(compose["services"]) == {
        "proxy", "web", "ingest", "migrate", "postgres", "valkey", "asterisk",
    }  # fmt: skip
    assert compose["services"]["web"]["deploy"]["replicas"] >= 2
    assert compose["services"]["ingest"]["deploy"]["replicas"] >= 2
    assert "postgis" in compose["services"]["postgres"]["image"]


def test_every_setting_is_one_the_product_reads(compose: Any, tmp_path: Path) -> None:
    for name in ("web", "ingest", "migrate"):
        given = {}
        for key, value in compose["services"][name]["environment"].items():
            assert key.startswith(PREFIX)
            given[key] = str(value)
            if key.endswith("_FILE"):
                secret = tmp_path / Path(value).name
                example = {"exchanges": "ami://u:s@pbx:5038/pbx1", "encryption_keys": "k"}
                secret.write_text(example.get(secret.name, "postgresql://u:p@h/d"))
                given[key] = str(secret)
            elif value.startswith("${"):
                given[key] = "x"
        assert load(given).database_url


def test_every_command_is_a_subcommand(compose: Any) -> None:
    for name in ("web", "ingest", "migrate"):
        assert _parser().parse_args(compose["services"][name]["command"])


def test_no_secret_stands_in_the_file(compose: Any) -> None:
    for name, service in compose["services"].items():
        for secret in service.get("secrets", []):
            assert secret in compose["secrets"], name
        for key, value in service.get("environment", {}).items():
            if "PASSWORD" in key or "URL" in key or "KEY" in key:
                assert key.endswith("_FILE") or str(value).startswith("${"), key


def test_files_it_mounts_exist(compose: Any) -> None:
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
    assert (ROOT / compose["services"]["web"]["build"]["dockerfile"]).exists()


def test_only_the_proxy_and_the_exchange_face_outside(compose: Any) -> None:
    open_ones = {
        n for n, s in compose["services"].items() if s.get("ports") or s.get("network_mode")
    }
    assert open_ones == {"proxy", "asterisk"}
    nginx = (ROOT / "docs/deploy/nginx.conf").read_text(encoding="utf-8")
    assert "listen 443 ssl" in nginx
    assert "proxy_buffering off" in nginx
