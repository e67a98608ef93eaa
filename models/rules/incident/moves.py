"""Which verb is lawful in which state of an incident, the permission it needs, and where it leads.

The picture 图 2-2 of the requirements is lost (K-29): the states are ours.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from models.errors import WrongStatus
from models.rules.incident.state import Status

Verb = Literal[
    "verify", "respond", "control", "relapse", "end", "close", "cancel", "amend", "merge_report",
    "part_report", "ask_level", "set_level", "file_report", "ask_decision", "decide", "remark", "change_remark",
    "link_media", "activate_plan", "add_task", "move_task", "note_late", "set_need", "assign", "move_unit", "reroute",
    "send_supply", "return_supply", "order", "answer_order", "confer", "move_conference", "notify", "draw",
    "snapshot", "assess", "draft_alert", "approve_alert", "sign_evaluation",
]  # fmt: skip
VERBS: tuple[Verb, ...] = get_args(Verb)
OPEN: frozenset[Status] = frozenset({"reported", "verified", "responding", "controlled"})
ACTIVE: frozenset[Status] = frozenset({"verified", "responding", "controlled"})
AFTER: frozenset[Status] = OPEN | {"ended"}
EVER: frozenset[Status] = AFTER | {"closed"}
ANY: frozenset[Status] = EVER | {"cancelled"}
"""A false alarm that was published has to be taken back."""

MACHINE = "command.clock"
"""The permission of the machinery alone: positions, timers, the exchange. No role can hold it."""


class Move(NamedTuple):
    """A verb's right: a permission, the states it starts from, where it leads (None = it stays)."""

    permission: str
    sources: frozenset[Status]
    target: Status | None = None


MOVES: Mapping[Verb, Move] = {
    "verify": Move("command.act", frozenset({"reported"}), "verified"),
    "respond": Move("command.act", frozenset({"reported", "verified"}), "responding"),
    "control": Move("command.act", frozenset({"responding"}), "controlled"),
    "relapse": Move("command.act", frozenset({"controlled"}), "responding"),
    "end": Move("command.act", frozenset({"controlled"}), "ended"),
    "close": Move("command.act", frozenset({"ended"}), "closed"),
    "cancel": Move("command.act", frozenset({"reported", "verified"}), "cancelled"),
    "amend": Move("command.act", AFTER),
    "merge_report": Move("command.act", AFTER),
    "part_report": Move("command.act", AFTER),
    "ask_level": Move("command.act", OPEN),
    "set_level": Move("command.approve", OPEN),
    "file_report": Move("command.act", AFTER),
    "ask_decision": Move("command.act", OPEN),
    "decide": Move("command.approve", AFTER),
    "remark": Move("command.act", EVER),
    "change_remark": Move("command.act", EVER),
    "link_media": Move("command.act", EVER),
    "activate_plan": Move("command.act", OPEN),
    "add_task": Move("command.act", OPEN),
    "move_task": Move("command.act", AFTER),
    "note_late": Move(MACHINE, OPEN),
    "set_need": Move("command.act", OPEN),
    "assign": Move("command.act", ACTIVE | {"reported"}),
    "move_unit": Move("command.act", AFTER | {"closed"}),
    "reroute": Move(MACHINE, OPEN),
    "send_supply": Move("command.act", OPEN),
    "return_supply": Move("command.act", EVER),
    "order": Move("command.act", OPEN),
    "answer_order": Move("command.act", AFTER),
    "confer": Move("command.act", OPEN),
    "move_conference": Move("command.act", EVER),
    "notify": Move("command.act", AFTER),
    "draw": Move("command.act", AFTER),
    "snapshot": Move("command.act", AFTER),
    "assess": Move("command.act", AFTER),
    "draft_alert": Move("command.act", ANY),
    "approve_alert": Move("command.approve", ANY),
    "sign_evaluation": Move("command.approve", frozenset({"ended", "closed"})),
}


def lawful(verb: Verb, status: Status) -> Status:
    """Return the state `verb` leads to; WrongStatus names verb, state and what may be done instead."""
    move = MOVES[verb]
    if status not in move.sources:
        raise WrongStatus(f"{verb} from {status}", verb=verb, status=status, may=may(status))
    return move.target or status


def may(status: Status) -> dict[Verb, str]:
    """Return what may be done in a state: verb -> permission it needs."""
    return {verb: move.permission for verb, move in MOVES.items() if status in move.sources}
