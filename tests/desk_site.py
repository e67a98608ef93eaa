"""The web process with a person of every role before it, asked over HTTP without a browser.

Pages and callbacks are asked as the browser asks them: by Dash's own requests, from its own list of callbacks.
"""

import inspect
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import dash
import pytest
import uvicorn
from conftest import Place, new_tenant
from factories import PASSWORD, make_user
from fastapi import FastAPI
from real_stores import Stores
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from waiting import until
from web_client import Answer, Client

from dashboard import pages, server
from dashboard.texts import LANGUAGES
from gis_data.city import versions
from models import demo_tickets
from models.clock import now
from models.settings import Settings
from models.store import db, people
from models.store.crypto import Vault
from models.store.files import Files
from models.store.seed import PERMISSIONS_OF
from models.tables import Category, Unit, User
from models.tables.base import Base
from portal.site import Site as PublicSite
from tickets.moving import Actor

TOKEN = "metrics-token"
WORDS = LANGUAGES["zh"]
HERE, ELSEWHERE = "990101", "990102"
"""The district of the person who has one, and another."""


SENT, SPARE = "XF1", "XF2"
"""The response unit whose crew `site` is, and that of `crew`, which is sent nowhere."""


class Person(NamedTuple):
    """Who signs in: a role of the demo, at a unit, for one district, or of a response unit's crew."""

    role: str
    unit: str = ""
    district: str = ""
    force: str = ""

    @property
    def can(self) -> frozenset[str]:
        """Return the role's permissions."""
        return PERMISSIONS_OF[self.role]


PEOPLE: Mapping[str, Person] = {
    **{role: Person(role) for role in PERMISSIONS_OF if role != "unit"},
    "unit": Person("unit", "zjj"),
    "other": Person("unit", "jtj"),
    "sub": Person("unit", "zjj-water"),
    "district": Person("duty", district=HERE),
    "stranger": Person("duty"),
    "site": Person("site", force=SENT),
    "crew": Person("site", force=SPARE),
}
"""Login -> person; the stranger is of another tenant."""
DENIED = frozenset(
    WORDS[key]
    for key in ("error.refused", "error.not_found", "files.why.refused", "files.why.not_found")
    if key in WORDS
)


@dataclass
class Site:
    """The web process of one tenant; `callbacks` are Dash's specifications by module.function."""

    url: str
    place: Place
    settings: Settings
    engine: Engine
    routes: list[Any]
    callbacks: Mapping[str, Mapping[str, Any]]
    stranger: str
    vault: Vault
    _clients: dict[str, Client] = field(default_factory=dict)

    def client(self, login: str) -> Client:
        """Return a visitor, signed in once; the empty login is nobody."""
        if login not in self._clients:
            visitor = self._clients[login] = Client(self.url)
            if login == "stranger":
                visitor.cookie = self.stranger
            elif login:
                assert visitor.sign_in(login, PASSWORD).status == 303
        return self._clients[login]

    def ask(
        self,
        login: str,
        name: str,
        values: Sequence[Any],
        *,
        pressed: int = 0,
        out: Sequence[Any] = (),
    ) -> Answer:
        """Send a callback's request: a value for each input and state, then those of wildcards.

        A wildcard's value is a list of (id, value); `out` has the ids of its outputs, in their order.
        """
        spec = self.callbacks[name]
        wanted = [*spec["inputs"], *spec["state"]]
        assert len(wanted) == len(values), (name, [each["id"] for each in wanted])
        given = [_given(each, value) for each, value in zip(wanted, values, strict=True)]
        cut = len(spec["inputs"])
        changed = given[pressed][0] if isinstance(given[pressed], list) else given[pressed]
        body = {
            "output": spec["output"], "outputs": _outputs(spec["output"], list(out)),
            "inputs": given[:cut], "state": given[cut:],
            "changedPropIds": [f"{_text(changed['id'])}.{changed['property']}"],
        }  # fmt: skip
        kind = {"Content-Type": "application/json"}
        address = "/_dash-update-component"
        answer = self.client(login).ask("POST", address, json.dumps(body), kind)
        if answer.status == 200:
            assert WORDS["error.error"] not in texts_of(answer), f"a fault in {name} for {login}"
            assert not _nested(answer.json()), f"{name}{values}: no browser draws this"
        return answer

    def page(self, login: str, address: str) -> Answer:
        """Ask for the page of an address."""
        path, _, search = address.partition("?")
        return self.ask(login, "routes.show", [path, f"?{search}" if search else "", None])

    def actor(self, login: str) -> Actor:
        """Return a person as the services know people."""
        person = PEOPLE[login]
        return Actor(0, login, person.can, person.unit, person.district, force=person.force)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a transaction in the tenant."""
        with db.transaction(self.engine, self.place.id) as session:
            yield session

    def state(self) -> dict[str, str]:
        """Return a digest of every table; sign-ins, which say when they were last seen, are left out."""
        with self.session() as session:
            return {
                name: str(session.scalar(text(
                    f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t"
                )))
                for name in Base.metadata.tables if name != "login_session"
            }  # fmt: skip


def _given(spec: Mapping[str, Any], value: Any) -> Any:
    if not spec["id"].startswith("{"):
        return {"id": spec["id"], "property": spec["property"], "value": value}
    if isinstance(value, tuple):
        return {"id": value[0], "property": spec["property"], "value": value[1]}
    return [{"id": i, "property": spec["property"], "value": v} for i, v in value]


def _outputs(spec: str, given: list[Any]) -> Any:
    many = spec.startswith("..")
    found: list[Any] = []
    for part in spec.strip(".").split("..."):
        number, _, prop = part.rpartition(".")
        if not number.startswith("{"):
            found.append({"id": number, "property": prop})
            continue
        ids = given.pop(0)
        one = [{"id": i, "property": prop} for i in ([ids] if isinstance(ids, dict) else ids)]
        found.append(one[0] if isinstance(ids, dict) else one)
    return found if many else found[0]


def _nested(node: Any) -> bool:
    """Whether components stand in a list within a list, which Dash leaves as they are."""
    if isinstance(node, list):
        return any(_nested(each) for each in node)
    if not isinstance(node, dict):
        return False
    within = node.get("children")
    inner = [each for each in within if isinstance(each, list)] if isinstance(within, list) else []
    lists = any(isinstance(part, dict) for each in inner for part in each)
    return lists or any(_nested(each) for each in node.values())


def _text(number: Any) -> str:
    return (
        number
        if isinstance(number, str)
        else json.dumps(number, sort_keys=True, separators=(",", ":"))
    )


# --- what came back -------------------------------------------------------------------------


def texts_of(answer: Answer) -> list[str]:
    """Return every text of an answer, without the words that every page brings for its scripts."""
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, str):
            found.append(node)
        elif isinstance(node, dict) and node.get("id") != "words":
            for key, value in node.items():
                found.append(str(key))
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(answer.json())
    return found


def refused(answer: Answer) -> bool:
    """Whether the answer denies: by its status, or by the sentence a page or a toast shows."""
    if answer.status in (401, 403, 404):
        return True
    if answer.status == 204:
        return False
    assert answer.status in (200, 201, 303, 400), (answer.status, answer.text[:300])
    if not answer.body.startswith(b"{"):
        return False  # a file
    return not DENIED.isdisjoint(texts_of(answer))


# --- the process ----------------------------------------------------------------------------


@contextmanager
def running_site(stores: Stores, engine: Engine, *, loopback: bool = False) -> Iterator[Site]:
    """Run the web process of a fresh tenant with the people, the demo's units and categories.

    loopback : cameras may stand on this machine.
    """
    place, abroad = new_tenant(engine), new_tenant(engine)
    settings = stores.for_tenant(place.slug, metrics_token=TOKEN, feeds_loopback=loopback)
    with db.transaction(engine, place.id) as session:
        session.add_all(Unit(tenant_id=place.id, **u._asdict()) for u in demo_tickets.UNITS)
        for code, parent, label, unit in demo_tickets.CATEGORIES:
            session.add(
                Category(
                    tenant_id=place.id, version=1, code=code, parent=parent, label=label, unit=unit
                )
            )
        for login, person in PEOPLE.items():
            if login != "stranger":
                _make(session, place, login, person)
    versions.seed_demo(engine, place.id, Files(settings.files), now=now())
    with db.transaction(engine, abroad.id) as session:
        user = _make(session, abroad, "stranger", PEOPLE["stranger"])
        token = people.open_session(session, user, now=now(), hours=1)
    made: list[FastAPI] = []
    desks: list[dash.Dash] = []
    with pytest.MonkeyPatch.context() as patch:

        class Known(FastAPI):
            def __init__(self, **more: Any) -> None:
                super().__init__(**more)
                made.append(self)

        register = pages.register

        def seen(app: dash.Dash) -> None:
            register(app)
            desks.append(app)

        patch.setattr(server, "FastAPI", Known)
        patch.setattr(pages, "register", seen)
        app = server.create_app(settings, PublicSite(settings))
    config = uvicorn.Config(
        app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1, ws="none"
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    until(lambda: running.started, within_s=20)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield Site(
        f"http://127.0.0.1:{port}", place, settings, engine, made[0].routes,
        _callbacks(desks[0]), f"hotline_session={abroad.slug}.{token}",
        Vault(settings.encryption_keys, settings.hash_key),
    )  # fmt: skip
    running.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def _make(session: Session, place: Place, login: str, person: Person) -> User:
    user = make_user(session, place.id, login, permissions=person.can)
    user.unit, user.district, user.force = person.unit, person.district, person.force
    return user


def _callbacks(app: dash.Dash) -> dict[str, Mapping[str, Any]]:
    """Return what the server itself answers; callbacks that run in the browser ask it nothing."""
    found: dict[str, Mapping[str, Any]] = {}
    for spec in app._callback_list:
        function = app.callback_map[spec["output"]].get("callback")
        if function is None:
            continue
        plain = inspect.unwrap(function)
        name = f"{plain.__module__.rpartition('.')[2]}.{plain.__name__}"
        assert name not in found, f"two callbacks are called {name}"
        found[name] = spec
    return found
