"""A tenant's own table of moves: what would trap a ticket is refused before it is used."""

import pytest

from models.errors import BadInput, WrongStatus
from models.rules.tickets import MOVES, lawful
from models.rules.tickets.moves import check


def test_ours_leads_to_the_archive_from_everywhere() -> None:
    check(MOVES)


def test_a_table_that_lacks_a_verb_is_refused() -> None:
    with pytest.raises(BadInput, match="approve"):
        check({verb: move for verb, move in MOVES.items() if verb != "approve"})


def test_a_table_that_traps_a_ticket_is_refused() -> None:
    nowhere = MOVES["archive"]._replace(sources=frozenset())
    with pytest.raises(BadInput, match="no way to the archive"):
        check({**MOVES, "archive": nowhere})


def test_an_unlawful_move_names_the_state_and_what_may_be_done() -> None:
    assert lawful("assign", "pending_assign") == "assigned"
    with pytest.raises(WrongStatus) as caught:
        lawful("archive", "in_progress")
    assert caught.value.facts["status"] == "in_progress"
    assert "submit" in caught.value.facts["may"]  # type: ignore[operator]
