"""One fixed session on the floor: what a ledger must count right, in less than a minute."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from models.demo import seats as demo_seats
from pbx.bed.errors import BedUnavailable
from pbx.bed.exchange import Bed, start
from pbx.bed.phones import Behaviour, Sipp, call, start_seats
from pbx.bed.render import QueueRules

SESSION_RULES = QueueRules(
    ring_s=3, wrapup_s=1, caller_timeout_s=60, caller_timeout_by_queue={"night": 6}
)
SESSION_LIMIT_S = 60.0
REST_REASON = "小休"
RESTING_SEAT = "PJSIP/8011"

_REST_S = 7.0
_QUIET_S = 0.3

# Two seats of each team. 8101 and 8111 alone serve the night queue and never answer.
_BEHAVIOURS = {
    "8001": Behaviour("answer", ring_s=0.6, talk_s=2.5),
    "8011": Behaviour("answer", ring_s=0.9, talk_s=3.0),
    "8021": Behaviour("hold", ring_s=0.6, talk_s=1.0, hold_s=1.5),
    "8031": Behaviour("transfer", ring_s=0.6, talk_s=1.5, transfer_to="9002"),
    "8041": Behaviour("answer", ring_s=0.6, talk_s=2.0),
    "8051": Behaviour("answer", ring_s=0.9, talk_s=2.5),
    "8061": Behaviour("answer", ring_s=0.6, talk_s=2.0),
    "8071": Behaviour("answer", ring_s=0.9, talk_s=2.5),
    "8081": Behaviour("silent"),
    "8091": Behaviour("busy"),
    "8101": Behaviour("silent"),
    "8111": Behaviour("silent"),
}


@contextmanager
def session_bed(root: Path, work: Path) -> Iterator[Bed]:
    """Start the exchange the session is written for: two seats a team, short times."""
    with start(root, work=work, seats=demo_seats()[::10], rules=SESSION_RULES) as bed:
        yield bed


def run_floor_session(bed: Bed) -> None:
    """Run 46 calls over the consult, help, complaint and night queues; return when the floor is quiet.

    Among them: callers who give up, agents who never answer or are busy, callers put on hold, blind
    transfers into the complaint queue, night callers who time out, and a rest with a reason.
    """
    deadline = time.monotonic() + SESSION_LIMIT_S
    with ExitStack() as stack:
        stack.enter_context(start_seats(bed, _BEHAVIOURS))
        callers = [stack.enter_context(caller) for caller in _first_wave(bed)]
        _pause(bed, "true", REST_REASON)
        time.sleep(_REST_S)
        _pause(bed, "false", "")
        callers += [stack.enter_context(caller) for caller in _second_wave(bed)]
        for caller in callers:
            if not caller.wait(max(0.0, deadline - time.monotonic())):
                raise BedUnavailable(f"A caller was still on the line after {SESSION_LIMIT_S} s.")
        _await_quiet(bed, deadline)


def _first_wave(bed: Bed) -> Iterator[Sipp]:
    consult, help_, night = (bed.extension_of(name) for name in ("consult", "help", "night"))
    yield call(bed, consult, number="13800000100", name="王女士", count=14, rate=1.0)
    yield call(bed, help_, number="13800000200", count=12, rate=0.9)
    yield call(bed, night, number="13800000300", count=3, rate=0.5)


def _second_wave(bed: Bed) -> Iterator[Sipp]:
    consult, complaint = bed.extension_of("consult"), bed.extension_of("complaint")
    yield call(bed, complaint, number="13800000400", count=6, rate=0.8)
    # More at once than there are agents: most of these give up before anyone is free.
    yield call(bed, consult, number="13800000500", count=8, rate=4.0, patience_s=1.5)
    yield call(bed, complaint, number="13800000600", count=3, rate=1.0, patience_s=0.9)


def _pause(bed: Bed, paused: str, reason: str) -> None:
    bed.act("QueuePause", Interface=RESTING_SEAT, Paused=paused, Reason=reason)


def _await_quiet(bed: Bed, deadline: float) -> None:
    while "0 active channels" not in bed.cli("core show channels count"):
        if time.monotonic() > deadline:
            raise BedUnavailable("Calls were still up at the end of the session.")
        time.sleep(_QUIET_S)
