"""The house keeps its own rules: imports, documents, tenants, texts."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from models.events.display import AnyDisplayEvent
from models.events.duty import AnyDutyEvent
from models.events.floor import AnyFloorEvent
from models.events.incident import AnyIncidentEvent
from models.events.place import AnyPlaceEvent
from models.rules.alarms import RULES
from models.settings import PREFIX, Settings
from models.tables import Base

ROOT = Path(__file__).parent.parent.parent


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_import_directions() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_event_is_documented() -> None:
    text = read("docs/events.md")
    kinds = (
        *get_args(AnyFloorEvent), *get_args(AnyPlaceEvent), *get_args(AnyDutyEvent),
        *get_args(AnyDisplayEvent), *get_args(AnyIncidentEvent),
    )  # fmt: skip
    missing = [kind.__name__ for kind in kinds if f"`{kind.__name__}`" not in text]
    assert not missing
    assert all(kind.__doc__ for kind in kinds)


def test_every_setting_is_documented_and_nothing_else() -> None:
    told = set(re.findall(rf"`({PREFIX}[A-Z_]+)`", read("docs/settings.md")))
    known = {PREFIX + spec.name.upper() for spec in fields(Settings)}
    assert known <= told
    assert told - known <= {PREFIX, f"{PREFIX}CACHE", f"{PREFIX}ENV", f"{PREFIX}AMI_SECRET"}


def test_every_alarm_rule_is_documented() -> None:
    text = read("docs/metrics.md")
    assert not [rule.name for rule in RULES if f"`{rule.name}`" not in text]


def test_every_tenants_table_is_under_row_level_security() -> None:
    versions = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "models/migrations/versions").glob("*.py")
    )
    owned = [table for table in Base.metadata.sorted_tables if "tenant_id" in table.columns]
    assert len(owned) == len(Base.metadata.sorted_tables) - 1
    assert not [table.name for table in owned if f'"{table.name}"' not in versions]


@pytest.mark.parametrize("path", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_the_readme_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", read("README.md")):
        assert (ROOT / target).exists(), target
