"""Two updates a second: what a busy floor really told, gathered by half seconds and told again."""

import threading
import time
from typing import Any

import msgspec

from models import demo
from models.rules.board import Board, merge
from models.store import streams
from tests.bench.stage import Stage

PERIOD_S = 0.5


def recorded(stage: Stage, count: int) -> list[Board]:
    """Return up to `count` changes of half a second each from what the projector told last."""
    told: Any = stage.redis.xrevrange(streams.floor_delta(demo.TENANT))
    boards: list[Board] = []
    started = 0.0
    for key, fields in reversed(told):
        message = msgspec.json.decode(fields[b"m"])
        at = int(key.partition(b"-")[0]) / 1000
        if message["kind"] != "delta":
            continue
        if at - started >= PERIOD_S:
            boards.append({})
            started = at
        boards[-1] = merge(boards[-1], message["board"])
    return boards[-count:]


def every_seat(boards: list[Board], turn: int, at: float) -> Board:
    """Return a change in which every one of the floor's seats moves, made of real entries."""
    seats: dict[str, Any] = {}
    for board in boards:
        seats |= board.get("seats", {})
    states = ("talk", "idle", "ring", "wrap", "hold", "busy")
    rest = boards[turn % len(boards)]
    return {
        **rest,
        "seats": {
            key: {**seat, "state": states[(turn + place) % len(states)], "since": round(at, 3)}
            for place, (key, seat) in enumerate(seats.items())
            if seat is not None
        },
    }


class Teller:
    """Tells changes at an even pace, from a thread, until stopped."""

    def __init__(self, stage: Stage, boards: list[Board], *, everything: bool = False) -> None:
        self._stage = stage
        self._boards = boards
        self._everything = everything
        self._told = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)
        self.bytes = 0
        self.count = 0

    def __enter__(self) -> "Teller":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._told.set()
        self._thread.join(5)

    def _tell(self) -> None:
        due = time.monotonic()
        while not self._told.wait(max(due - time.monotonic(), 0)):
            due += PERIOD_S
            at = time.time()
            board = self._boards[self.count % len(self._boards)]
            if self._everything:
                board = every_seat(self._boards, self.count, at)
            body = msgspec.json.encode({"kind": "delta", "now": at, "board": board})
            self._stage.redis.xadd(streams.floor_delta(demo.TENANT), {"m": body}, maxlen=3000)
            self.bytes += len(body)
            self.count += 1

    @property
    def mean_bytes(self) -> int:
        """Return the mean size of what was told."""
        return round(self.bytes / max(self.count, 1))
