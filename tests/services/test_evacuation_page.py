"""A plan of evacuation on the page: reckoned at a press, and anew when a road closes, not at every word of the city."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from desk_site import Site, running_site
from real_stores import Stores
from sqlalchemy import Engine
from test_roles import DRAWN, make_incident


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    with running_site(stores, engine) as made:
        yield made


def test_it_follows_the_closures_and_nothing_else(site: Site) -> None:
    with site.session() as session:
        incident = make_incident(session)

    def asked(clicks: int, known: Any) -> dict[str, Any]:
        answer = site.ask(
            "coordinator", "command_evacuation.planned", [clicks, "tick", incident, known]
        )
        return json.loads(answer.text)["response"] if answer.status == 200 else {}

    assert asked(0, None) == {}, "nobody asked for it"
    first = asked(1, None)
    known = first["command-evacuated"]["data"]
    said = json.dumps(first["command-evacuation"], ensure_ascii=False)
    assert "缓冲区内需转移" in said and "重新安排" not in said
    assert asked(1, known) == {}
    assert asked(2, known)["command-evacuated"]["data"] != known, "who presses is answered"
    closed = site.ask("coordinator", "city_closures.close", [1, DRAWN, "塌方", 3, ""])
    assert closed.status == 200
    again = asked(1, known)
    assert "重新安排" in json.dumps(again["command-evacuation"], ensure_ascii=False)
    assert asked(1, again["command-evacuated"]["data"]) == {}
