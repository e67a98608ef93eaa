"""The workflow as data: each verb, who may do it, from which states, and where it leads.

Source: requirements.md section 4 (the five states of 荣天 3.2, the modes of 深海捷 4.2). A tenant may
carry a table of its own (N-08); `check` says what is wrong with one before it is used.
"""

from collections.abc import Collection, Mapping
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
    "answer", "settle", "reject", "assign", "start", "sub_assign", "finish_part", "submit", "approve",
    "send_back", "coordinate", "ask_return", "grant_return", "deny_return", "recall", "ask_extension",
    "grant_extension", "deny_extension", "urge", "supervise", "rate_supervision", "instruct", "reply",
    "call_back", "reopen", "contest", "conclude", "pause_clock", "resume_clock", "recompute", "merge",
    "unmerge", "archive", "plan_urge", "warn", "expire",
    "record", "place", "contact", "amend", "screen",
]  # fmt: skip
STATUSES: tuple[Status, ...] = get_args(Status)
VERBS: tuple[Verb, ...] = get_args(Verb)
WITH_UNIT: frozenset[Status] = frozenset({"assigned", "in_progress"})
OPEN: frozenset[Status] = WITH_UNIT | {"pending_assign", "pending_review"}
CONTESTED: frozenset[Status] = frozenset({"reviewed", "rejected", "archived"})
"""States whose outcome a citizen may contest."""
CLOCKED: frozenset[Status] = OPEN | {"reviewed"}
"""States in which somebody owes something by a date: a unit, or the centre itself. A re-examination makes more."""


CLOCK = "ticket.clock"
"""The permission of the machinery alone, timers and telephony: no role can hold it."""


class Move(NamedTuple):
    """A verb's right: the permission it needs, the states it starts from, where it leads (None = it stays)."""

    permission: str
    sources: frozenset[Status]
    target: Status | None = None


def _from(*sources: Status) -> frozenset[Status]:
    return frozenset(sources)


MOVES: Mapping[Verb, Move] = {
    "answer": Move("ticket.open", _from("pending_assign"), "reviewed"),
    "settle": Move("ticket.staff", _from("pending_assign"), "reviewed"),
    "assign": Move("ticket.assign", _from("pending_assign"), "assigned"),
    "reject": Move("ticket.assign", _from("pending_assign"), "rejected"),
    "start": Move("ticket.handle", WITH_UNIT, "in_progress"),
    "sub_assign": Move("ticket.handle", WITH_UNIT, "in_progress"),
    "finish_part": Move("ticket.handle", WITH_UNIT),
    "submit": Move("ticket.handle", _from("in_progress"), "pending_review"),
    "approve": Move("ticket.review", _from("pending_review"), "reviewed"),
    "send_back": Move("ticket.review", _from("pending_review"), "assigned"),
    "coordinate": Move("ticket.assign", WITH_UNIT),
    "ask_return": Move("ticket.handle", WITH_UNIT),
    "grant_return": Move("ticket.assign", WITH_UNIT, "pending_assign"),
    "deny_return": Move("ticket.assign", WITH_UNIT),
    "recall": Move("ticket.assign", WITH_UNIT, "pending_assign"),
    "ask_extension": Move("ticket.handle", WITH_UNIT),
    "grant_extension": Move("ticket.assign", WITH_UNIT),
    "deny_extension": Move("ticket.assign", WITH_UNIT),
    "urge": Move("ticket.supervise", WITH_UNIT),
    "plan_urge": Move("ticket.supervise", WITH_UNIT),
    "warn": Move(CLOCK, CLOCKED | CONTESTED),
    "expire": Move(CLOCK, CLOCKED | CONTESTED),
    "record": Move(CLOCK, frozenset(STATUSES)),
    "supervise": Move("ticket.supervise", OPEN),
    "rate_supervision": Move("ticket.supervise", OPEN | {"reviewed", "archived"}),
    "instruct": Move("ticket.instruct", OPEN | {"reviewed"}),
    "reply": Move("ticket.call_back", _from("reviewed", "rejected", "merged")),
    "call_back": Move("ticket.call_back", _from("reviewed", "merged")),
    "reopen": Move("ticket.review", _from("reviewed"), "assigned"),
    "contest": Move("ticket.call_back", CONTESTED),
    "conclude": Move("ticket.review", CONTESTED),
    "contact": Move("ticket.handle", OPEN),
    "pause_clock": Move("ticket.handle", WITH_UNIT),
    "resume_clock": Move("ticket.handle", WITH_UNIT),
    "recompute": Move("admin.parameters", CLOCKED | CONTESTED),
    "merge": Move("ticket.assign", WITH_UNIT | {"pending_assign"}, "merged"),
    "unmerge": Move("ticket.assign", _from("merged"), "pending_assign"),
    "archive": Move("ticket.call_back", _from("reviewed", "rejected", "merged"), "archived"),
    "place": Move("ticket.assign", frozenset(STATUSES) - {"merged"}),
    "amend": Move("ticket.assign", CLOCKED),
    "screen": Move("ticket.assign", CLOCKED),
}


ALSO_MAY: Mapping[Verb, frozenset[str]] = {
    "resume_clock": frozenset({"ticket.assign", "ticket.supervise"}),
    "reopen": frozenset({"ticket.instruct"}),
    "contact": frozenset({"ticket.assign", "ticket.call_back", "ticket.supervise"}),
}
"""Other permissions that make a move, too: what a unit does the centre may do for it, and leaders decide (D-27)."""
ELSEWHERE: Mapping[Verb, frozenset[Status]] = {
    "conclude": _from("pending_assign", "assigned"),
    "send_back": _from("pending_assign"),
    "reopen": _from("pending_assign"),
    "grant_return": WITH_UNIT,
}
"""Where a move leads instead, as the matter stands: an outcome not upheld is handled again, what its unit
cannot take any more waits for another, a co-unit's return ends its part alone."""


def permitted(verb: Verb, can: Collection[str], moves: Mapping[Verb, "Move"] = MOVES) -> bool:
    """Say whether somebody with these permissions may make a move."""
    return moves[verb].permission in can or not ALSO_MAY.get(verb, frozenset()).isdisjoint(can)


def lawful(verb: Verb, status: Status, moves: Mapping[Verb, Move] = MOVES) -> Status:
    """Return the state that `verb` leads to from `status`; WrongStatus names both and what may be done."""
    move = moves[verb]
    if status not in move.sources:
        raise WrongStatus(f"{verb} from {status}", verb=verb, status=status, may=may(status, moves))
    return move.target or status


def may(status: Status, moves: Mapping[Verb, Move] = MOVES) -> dict[Verb, str]:
    """Return what may be done in a state: verb -> permission it needs."""
    return {verb: move.permission for verb, move in moves.items() if status in move.sources}


OPENERS: Mapping[Verb, Move] = {"amend": Move("ticket.open", _from("pending_assign"))}
"""What whoever registered a ticket may do with it too, though the verb's own permission is another."""


MORE_SOURCES: Mapping[Verb, frozenset[Status]] = {
    "submit": _from("assigned"),
    "reopen": _from("archived"),
    "instruct": _from("archived"),
    "supervise": _from("reviewed"),
}
"""States a tenant may add to a verb's own: the services work from these and no others."""
OTHER_TARGETS: Mapping[Verb, frozenset[Status]] = {
    "assign": _from("in_progress"),
    "send_back": _from("in_progress"),
    "reopen": _from("in_progress"),
    "submit": _from("reviewed"),
}
"""Where a tenant may let a verb lead instead: without 签收, or without 审核."""
ANSWERED_BY: Mapping[Verb, tuple[Verb, ...]] = {
    "archive": ("reply", "call_back"),
    "contest": ("conclude",),
    "ask_return": ("grant_return", "deny_return"),
    "ask_extension": ("grant_extension", "deny_extension"),
    "pause_clock": ("resume_clock",),
    "plan_urge": ("urge",),
    "supervise": ("rate_supervision",),
}
"""Verbs that are of use only where others can be done, too."""


def check(moves: Mapping[Verb, Move]) -> None:
    """Raise BadInput when a tenant's table would trap a ticket, or asks of a verb what it cannot do.

    The error's facts say it for a page: `trap` (lost, source, target, stuck, unanswered), `verbs`, `states`.
    """
    if lost := [verb for verb in VERBS if verb not in moves]:
        raise BadInput(f"verbs without a rule: {', '.join(lost)}", trap="lost", verbs=lost)
    for verb, move in moves.items():
        _fits(verb, move)
    for verb, needed in ANSWERED_BY.items():
        for other in needed:
            alone = moves[verb].sources - moves[other].sources
            if other == "call_back":  # one that was not accepted has nobody to call back
                alone -= {"rejected"}
            if alone:
                raise BadInput(
                    f"{verb} without {other}", trap="unanswered", verbs=[verb, other],
                    states=sorted(alone),
                )  # fmt: skip
    stuck = [s for s in STATUSES if s != "archived" and not _leads_to_archive(s, moves)]
    if stuck:
        raise BadInput(
            f"no way to the archive from: {', '.join(stuck)}", trap="stuck", states=stuck
        )


def _fits(verb: Verb, move: Move) -> None:
    ours = MOVES[verb]
    if ours.permission == CLOCK and move != ours:
        raise BadInput(f"{verb} is the timers' own", trap="clock", verbs=[verb])
    foreign = move.sources - ours.sources - MORE_SOURCES.get(verb, frozenset())
    if foreign:
        raise BadInput(
            f"{verb} cannot start from {', '.join(sorted(foreign))}", trap="source", verbs=[verb],
            states=sorted(foreign),
        )  # fmt: skip
    if move.target != ours.target and move.target not in OTHER_TARGETS.get(verb, frozenset()):
        raise BadInput(
            f"{verb} cannot lead to {move.target}", trap="target", verbs=[verb],
            states=[move.target] if move.target else [],
        )  # fmt: skip


def _leads_to_archive(status: str, moves: Mapping[Verb, Move]) -> bool:
    reached, before = {status}, 0
    while before != len(reached):
        before = len(reached)
        # what was merged is archived by its main ticket alone: for itself that is no way
        reached |= {
            m.target
            for verb, m in moves.items()
            if m.target and (m.sources - {"merged"} if verb == "archive" else m.sources) & reached
        }
    return "archived" in reached
