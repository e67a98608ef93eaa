"""The gate: many who ask at once share a look-up, and each gets an answer of its own."""

import asyncio
from collections.abc import Iterator

import pytest
from conftest import Place
from factories import PASSWORD, make_user
from sqlalchemy import Engine, event

from dashboard.auth import Gate
from models.clock import now
from models.errors import Unavailable
from models.store import db, people


@pytest.fixture
def cookies(engine: Engine, tenant: Place, neighbour: Place) -> dict[str, str]:
    """One session of `duty` and one of `leader` here, one of `duty` next door."""
    made = {}
    for place, login in ((tenant, "duty"), (tenant, "leader"), (neighbour, "duty")):
        with db.transaction(engine, place.id) as session:
            make_user(session, place.id, login)
            token = people.sign_in(session, place.id, login, PASSWORD, now=now(), hours=1)
        made[f"{login}@{place.slug}"] = f"{place.slug}.{token}"
    return made


@pytest.fixture
def asked(engine: Engine) -> Iterator[list[str]]:
    """Return the statements the database was asked for sessions."""
    statements: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        if "login_session" in statement and statement.startswith("SELECT"):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


async def test_a_hall_of_screens_costs_one_look_up_a_tenant(
    engine: Engine, cookies: dict[str, str], asked: list[str]
) -> None:
    gate = Gate(engine)
    names = [*cookies] * 200
    found = await asyncio.gather(*(gate.viewer_of(cookies[name]) for name in names))
    assert [f"{who.login}@{who.tenant}" for who in found if who] == names
    # the very first may have gone alone, before the others asked
    assert len(asked) <= 2 * len({cookie.partition(".")[0] for cookie in cookies.values()})


async def test_strangers_among_them_are_nobody(engine: Engine, cookies: dict[str, str]) -> None:
    gate = Gate(engine)
    (good, *_) = cookies.values()
    slug = good.partition(".")[0]
    given = [good, f"{slug}.invented", "nowhere.x", "", "..", "a b.c", good]
    found = await asyncio.gather(*(gate.viewer_of(cookie) for cookie in given))
    assert [who is not None for who in found] == [True, *[False] * 5, True]


async def test_a_lost_database_is_told_to_all_and_asked_again(
    engine: Engine, cookies: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(engine)

    def lost(*_: object) -> None:
        raise Unavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Gate, "_look_up", lost)
        asking = (gate.viewer_of(cookie) for cookie in cookies.values())
        answers = await asyncio.gather(*asking, return_exceptions=True)
        assert [type(answer) for answer in answers] == [Unavailable] * len(cookies)
    found = await asyncio.gather(*(gate.viewer_of(cookie) for cookie in cookies.values()))
    assert None not in found


async def test_one_who_leaves_while_asking_takes_no_answer_from_the_others(
    engine: Engine, cookies: dict[str, str]
) -> None:
    gate = Gate(engine)
    (cookie, *_) = cookies.values()
    first = asyncio.ensure_future(gate.viewer_of(cookie))
    second = asyncio.ensure_future(gate.viewer_of(cookie))
    await asyncio.sleep(0)
    first.cancel()
    assert await second is not None
