"""Which moves a knowledge item and an answer may make, as data; only what is reviewed reaches callers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["draft", "reviewed", "failed", "withdrawn"]
STATES: tuple[State, ...] = ("draft", "reviewed", "failed", "withdrawn")
SHELVES = ("policy", "guide", "duty", "faq", "current")
"""政策法规, 办事指南, 部门职责, 常见问题, 当前重点."""


@dataclass(frozen=True, slots=True)
class Move:
    """From which states, to which (None: as `after_edit` says, or gone), and who may."""

    sources: tuple[State, ...]
    target: State | None
    permission: str


ITEM: Mapping[str, Move] = {
    "edit": Move(STATES, None, "knowledge.edit"),
    "answer": Move(STATES, None, "knowledge.edit"),
    "publish": Move(("draft", "failed", "withdrawn"), "reviewed", "knowledge.review"),
    "fail": Move(("draft",), "failed", "knowledge.review"),
    "withdraw": Move(("reviewed",), "withdrawn", "knowledge.review"),
    "delete": Move(("draft", "failed", "withdrawn"), None, "knowledge.edit"),
}
"""What callers are told is withdrawn before it can be deleted."""
ANSWER: Mapping[str, Move] = {
    "edit": Move(("draft", "reviewed", "failed"), None, "knowledge.edit"),
    "accept": Move(("draft", "failed"), "reviewed", "knowledge.review"),
    "fail": Move(("draft", "reviewed"), "failed", "knowledge.review"),
    "delete": Move(("draft", "failed"), None, "knowledge.edit"),
}


def after_edit(state: str, *, reviewer: bool) -> State:
    """Return the state of an edited text: what was reviewed stays so only in a reviewer's hands."""
    return "reviewed" if state == "reviewed" and reviewer else "draft"


def verbs(moves: Mapping[str, Move], state: str, can: frozenset[str], *, ours: bool) -> list[str]:
    """Return the moves open to somebody; what is not `ours` only a reviewer changes, all may answer."""
    return [
        verb
        for verb, move in moves.items()
        if state in move.sources
        and move.permission in can
        and (ours or verb == "answer" or "knowledge.review" in can)
    ]
