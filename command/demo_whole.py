"""Everything the demo's command centre is furnished with; safe to repeat, what is there stays."""

from collections.abc import Iterator

from sqlalchemy import Engine

from command import demo, demo_alerts, demo_display, demo_resources, demo_review
from command.duty import demo as demo_duty
from models.clock import Instant
from models.store.crypto import Vault
from models.store.files import Files


def fill(
    engine: Engine, tenant_id: int, store: Files, vault: Vault, *, now: Instant
) -> Iterator[str]:
    """Fill the tenant part by part; yield what was made of each."""
    yield f"{demo_display.fill(engine, tenant_id, now=now)} demo screens"
    yield f"{demo_resources.fill(engine, tenant_id, now=now)} response units"
    yield f"{demo_duty.fill(engine, tenant_id, vault, now=now)} demo shifts"
    begun = demo.fill(engine, tenant_id, store, now=now)
    demo_alerts.fill(engine, tenant_id, begun, now=now)
    yield f"exercise {begun} begun" if begun else "no exercise begun"
    yield f"{demo_review.fill(engine, tenant_id, now=now)} demo incidents of the weeks before"
