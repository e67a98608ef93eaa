"""Waiting without sleeping blindly: poll an assertion until it holds or its time is up."""

import asyncio
import time
from collections.abc import Awaitable, Callable

STEP_S = 0.02


def until(check: Callable[[], object], *, within_s: float = 5.0) -> float:
    """Poll `check` until it neither raises AssertionError nor returns False; return the seconds it took."""
    began = time.monotonic()
    while True:
        fault = _fault(check)
        took = time.monotonic() - began
        if fault is None:
            return took
        if took > within_s:
            raise fault
        time.sleep(STEP_S)


def _fault(check: Callable[[], object]) -> AssertionError | None:
    try:
        if check() is False:
            return AssertionError(f"{getattr(check, '__name__', 'it')} did not become true in time")
    except AssertionError as error:
        return error
    return None


async def eventually(check: Callable[[], Awaitable[object]], *, within_s: float = 5.0) -> float:
    """Do the same for an async check, leaving the loop free meanwhile."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        try:
            if await check() is not False:
                return loop.time() - began
            fault = AssertionError("it did not become true in time")
        except AssertionError as error:
            fault = error
        if loop.time() - began > within_s:
            raise fault
        await asyncio.sleep(STEP_S)
