"""What every loop shares: start again after a fault, say alive, stop in good order."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import DataError, IntegrityError

from models.clock import now
from models.errors import NotFound, Unavailable
from models.process import rss_mb
from models.store import streams

log = logging.getLogger(__name__)
RETRY_S = 0.3
Facts = Callable[[], dict[str, Any]]
STORE_LOST = (RedisError, OSError, Unavailable, NotFound, TimeoutError)
"""What a loop waits out: a store that is away, or not yet migrated and seeded."""
NEVER = (DataError, IntegrityError, ValueError, OverflowError)
"""Faults of what is to be written, not of the database: trying again cannot help."""


async def forever(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` again and again; a lost store is waited for, a fault is logged and tried again."""
    lost = False
    while True:
        try:
            await work()
            lost = False
        except asyncio.CancelledError:
            raise
        except STORE_LOST as error:
            if not lost:
                log.warning("%s: store lost: %s", name, error)
            lost = True
        except Exception:
            log.exception("%s: fault, starting again", name)
        await asyncio.sleep(RETRY_S)


async def keep_beating(redis: "Redis", name: str, facts: Facts) -> None:
    """Say `name` is alive every half second, with the facts of the moment."""
    since = now()

    async def once() -> None:
        while True:
            body = {"since": since, "rss_mb": rss_mb(), **facts()}
            await streams.beat(redis, name, body)
            await asyncio.sleep(streams.BEAT_S)

    await forever(f"beat {name}", once)
