"""The demo's feeds: one of each bureau, pointing at the sample server; at its new port after a restart."""

from sqlalchemy import Engine

from gis_data.actor import System
from gis_data.feeds import registry
from gis_data.feeds.registry import FeedForm
from gis_data.feeds.samples.course import GOOD_S, STEP_S
from gis_data.state import BUREAUS
from models.clock import Instant
from models.store import db
from models.store.crypto import Vault

SEED = System(frozenset({registry.PERMISSION}), ref="system:seed")
LABELS = {
    "weather": "市气象台", "environment": "市生态环境监测中心", "traffic": "交通指挥中心",
    "police": "市公安局指挥中心", "urban": "城市管理平台",
}  # fmt: skip


def fill(engine: Engine, tenant_id: int, base: str, vault: Vault, *, now: Instant) -> list[str]:
    """Add the feeds that are missing and point those there at `base`; return the names of those it touched.

    What an administrator made of them otherwise (stopped, slower) stays as it is.
    """
    touched = []
    with db.transaction(engine, tenant_id) as session:
        for bureau in BUREAUS:
            name, url = f"demo-{bureau}", f"{base}/feeds/{bureau}.json"
            known = registry.named(session, name)
            if known is None:
                form = FeedForm(bureau, LABELS[bureau], "poll", url, every_s=STEP_S, good_s=GOOD_S)
                registry.add(session, name, form, actor=SEED, now=now, vault=vault)
            elif known.url != url:
                form = FeedForm(
                    known.bureau, known.label, known.kind, url, datum=known.datum,
                    every_s=known.every_s, good_s=known.good_s,
                )  # fmt: skip
                seen = known.changed_at.timestamp()
                registry.change(
                    session, known.id, form, seen=seen, actor=SEED, now=now, vault=vault
                )
            else:
                continue
            touched.append(name)
    return touched
