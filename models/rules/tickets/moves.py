"""The workflow as data: each verb, who may do it, from which states, and where it leads.

Source: requirements.md section 4 (the five states of 荣天 3.2, the modes of 深海捷 4.2). A tenant may
carry a table of its own (N-08); `check` says what is wrong with one before it is used.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from models.errors import BadInput, WrongStatus

Status = Literal[
    "pending_assign",  # 记录待分配
    "assigned",  # 分配待处理
    "in_progress",  # 开始处理
    "pending_review",  # 处理完毕待审核
    "reviewed",  # 审核完毕
    "rejected",  # 不予受理
    "merged",  # 并案
    "archived",  # 归档
]
Verb = Literal[
    "answer", "reject", "assign", "start", "sub_assign", "finish_part", "submit", "approve",
    "send_back", "ask_return", "grant_return", "deny_return", "ask_extension", "grant_extension",
    "deny_extension", "urge", "supervise", "rate_supervision", "instruct", "reply", "call_back",
    "reopen", "contest", "conclude", "pause_clock", "resume_clock", "merge", "unmerge", "archive",
    "plan_urge", "warn", "expire",
]  # fmt: skip
STATUSES: tuple[Status, ...] = get_args(Status)
VERBS: tuple[Verb, ...] = get_args(Verb)
WITH_UNIT: frozenset[Status] = frozenset({"assigned", "in_progress"})
OPEN: frozenset[Status] = WITH_UNIT | {"pending_assign", "pending_review"}


CLOCK = "ticket.clock"
"""The permission of the timers alone: no role can hold it."""


class Move(NamedTuple):
    """A verb's right: the permission it needs, the states it starts from, where it leads (None = it stays)."""

    permission: str
    sources: frozenset[Status]
    target: Status | None = None


def _from(*sources: Status) -> frozenset[Status]:
    return frozenset(sources)


MOVES: Mapping[Verb, Move] = {
    "answer": Move("ticket.open", _from("pending_assign"), "reviewed"),
    "assign": Move("ticket.assign", _from("pending_assign"), "assigned"),
    "reject": Move("ticket.assign", _from("pending_assign"), "rejected"),
    "start": Move("ticket.handle", WITH_UNIT, "in_progress"),
    "sub_assign": Move("ticket.handle", WITH_UNIT, "in_progress"),
    "finish_part": Move("ticket.handle", WITH_UNIT),
    "submit": Move("ticket.handle", _from("in_progress"), "pending_review"),
    "approve": Move("ticket.review", _from("pending_review"), "reviewed"),
    "send_back": Move("ticket.review", _from("pending_review"), "assigned"),
    "ask_return": Move("ticket.handle", WITH_UNIT),
    "grant_return": Move("ticket.assign", WITH_UNIT, "pending_assign"),
    "deny_return": Move("ticket.assign", WITH_UNIT),
    "ask_extension": Move("ticket.handle", WITH_UNIT),
    "grant_extension": Move("ticket.assign", WITH_UNIT),
    "deny_extension": Move("ticket.assign", WITH_UNIT),
    "urge": Move("ticket.supervise", WITH_UNIT),
    "plan_urge": Move("ticket.supervise", WITH_UNIT),
    "warn": Move(CLOCK, WITH_UNIT),
    "expire": Move(CLOCK, WITH_UNIT),
    "supervise": Move("ticket.supervise", OPEN),
    "rate_supervision": Move("ticket.supervise", OPEN | {"reviewed", "archived"}),
    "instruct": Move("ticket.instruct", OPEN | {"reviewed"}),
    "reply": Move("ticket.call_back", _from("reviewed", "rejected")),
    "call_back": Move("ticket.call_back", _from("reviewed")),
    "reopen": Move("ticket.review", _from("reviewed"), "assigned"),
    "contest": Move("ticket.call_back", _from("reviewed", "rejected", "archived")),
    "conclude": Move("ticket.review", _from("reviewed", "rejected", "archived")),
    "pause_clock": Move("ticket.handle", WITH_UNIT),
    "resume_clock": Move("ticket.handle", WITH_UNIT),
    "merge": Move("ticket.assign", _from("pending_assign"), "merged"),
    "unmerge": Move("ticket.assign", _from("merged"), "pending_assign"),
    "archive": Move("ticket.call_back", _from("reviewed", "rejected"), "archived"),
}


def lawful(verb: Verb, status: Status, moves: Mapping[Verb, Move] = MOVES) -> Status:
    """Return the state that `verb` leads to from `status`; WrongStatus names both and what may be done."""
    move = moves[verb]
    if status not in move.sources:
        raise WrongStatus(f"{verb} from {status}", verb=verb, status=status, may=may(status, moves))
    return move.target or status


def may(status: Status, moves: Mapping[Verb, Move] = MOVES) -> dict[Verb, str]:
    """Return what may be done in a state: verb -> permission it needs."""
    return {verb: move.permission for verb, move in moves.items() if status in move.sources}


def check(moves: Mapping[Verb, Move]) -> None:
    """Raise BadInput when a tenant's table would trap a ticket or lead out of the archive unseen."""
    lost = set(VERBS) - moves.keys()
    if lost:
        raise BadInput(f"verbs without a rule: {', '.join(sorted(lost))}")
    reached, grown = {"pending_assign"}, True
    while grown:
        found = {m.target for m in moves.values() if m.target and m.sources & reached}
        grown = bool(found - reached)
        reached |= found
    stuck = [s for s in reached if s != "archived" and not _leads_to_archive(s, moves)]
    if stuck or "archived" not in reached:
        raise BadInput(f"no way to the archive from: {', '.join(sorted(stuck)) or 'the start'}")


def _leads_to_archive(status: str, moves: Mapping[Verb, Move]) -> bool:
    reached, before = {status}, 0
    while before != len(reached):
        before = len(reached)
        reached |= {m.target for m in moves.values() if m.target and m.sources & reached}
    return "archived" in reached
