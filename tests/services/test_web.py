"""The web process at its door: who gets in, who does not, and what a revoked session still sees."""

import http.client
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from conftest import Place, new_tenant
from factories import PASSWORD, make_call, make_user, put_calls
from fastapi import FastAPI
from fastapi.routing import APIRoute
from real_stores import Stores
from sqlalchemy import Engine
from waiting import until
from web_client import Answer, Client

from dashboard import auth, hub, server, sign_in
from models.clock import now
from models.store import db, people
from models.store.people import PERMISSIONS
from models.tables import User

OPEN = {
    "/login", "/healthz", "/metrics", "/api/positions", "/api/feeds/x", "/duty/calendar.ics",
}  # fmt: skip
PEOPLE = {
    "duty": PERMISSIONS, "viewer": frozenset({"floor.view"}), "clerk": frozenset({"calls.view"}),
    "unit": frozenset(),
}  # fmt: skip
TOKEN = "metrics-token"
ICONS = ("/assets/", "/_favicon")


@dataclass
class Web:
    """The web process of one tenant, in a thread, with its routes known."""

    url: str
    place: Place
    routes: list[Any]

    def client(self, login: str = "") -> Client:
        """Return a visitor, signed in unless `login` is empty."""
        visitor = Client(self.url)
        if login:
            assert visitor.sign_in(login, PASSWORD).status == 303
        return visitor


@pytest.fixture(scope="module")
def web(stores: Stores, engine: Engine) -> Iterator[Web]:
    place = new_tenant(engine)
    with db.transaction(engine, place.id) as session:
        for login, can in PEOPLE.items():
            make_user(session, place.id, login, permissions=can)
        make_user(session, place.id, "gone", active=False)
        put_calls(session, place.id, make_call(entered=now() - 60))
    made: list[FastAPI] = []
    with pytest.MonkeyPatch.context() as patch:

        class Known(FastAPI):
            def __init__(self, **more: Any) -> None:
                super().__init__(**more)
                made.append(self)

        patch.setattr(server, "FastAPI", Known)
        patch.setattr(hub, "RECHECK_S", 0.3)
        patch.setattr(auth, "CACHE_S", 0.3)
        app = server.create_app(stores.for_tenant(place.slug, metrics_token=TOKEN))
        config = uvicorn.Config(
            app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1, ws="none"
        )
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run)
        thread.start()
        until(lambda: running.started, within_s=20)
        port = running.servers[0].sockets[0].getsockname()[1]
        yield Web(f"http://127.0.0.1:{port}", place, made[0].routes)
        running.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


# --- signing in -----------------------------------------------------------------------------


def test_it_works(web: Web) -> None:
    visitor = Client(web.url)
    answer = visitor.sign_in("duty", PASSWORD)
    assert (answer.status, answer.headers["location"]) == (303, "/wall")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert visitor.get("/wall", Accept="text/html").status == 200


@pytest.mark.parametrize(
    ("login", "password"),
    [("duty", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD), ("", "")],
)
def test_sign_in_is_refused(web: Web, login: str, password: str) -> None:
    visitor = Client(web.url)
    answer = visitor.sign_in(login, password)
    assert answer.status == 401
    assert "set-cookie" not in answer.headers
    assert PASSWORD not in answer.text


@pytest.mark.parametrize(
    "form",
    [
        "login=duty%00&password=x", "a=1&" * 30, "login=" + "x" * 9000, "%ff=%fe&login=%ff",
        "", "no equals sign",
    ],
)  # fmt: skip
def test_a_strange_form_is_no_fault_of_ours(web: Web, form: str) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert Client(web.url).ask("POST", "/login", form, kind).status in (400, 401)


@pytest.mark.parametrize(
    "path",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "wall"],
)
def test_sign_in_sends_nobody_to_another_host(web: Web, path: str) -> None:
    answer = Client(web.url).post("/login", {"login": "duty", "password": PASSWORD, "next": path})
    assert (answer.status, answer.headers["location"]) == (303, "/")


def test_too_many_tries_are_held_back_by_login(web: Web) -> None:
    visitor = Client(web.url)
    for _ in range(sign_in.LOGIN_TRIES):
        visitor.sign_in("victim", "guess")
    texts = visitor.sign_in("victim", "guess").text
    assert texts != Client(web.url).sign_in("other", "guess").text
    assert Client(web.url).sign_in("clerk", PASSWORD).status == 303


def test_fifty_walls_behind_one_address_may_all_sign_in(web: Web) -> None:
    for _ in range(sign_in.LOGIN_TRIES + 2):
        assert Client(web.url).sign_in("viewer", PASSWORD).status == 303


def test_sign_out_ends_the_session(web: Web) -> None:
    visitor = web.client("duty")
    kept = visitor.cookie
    assert visitor.post("/logout").status == 303
    assert Client(web.url, kept).get("/wall").status == 401


# --- the gate -------------------------------------------------------------------------------


def paths_of(web: Web) -> list[tuple[str, str]]:
    """Return (method, path) of every route, parameters filled in."""
    found = [("GET", "/live/floor"), ("POST", "/live/floor"), ("GET", "/nowhere"), ("GET", "/a/b")]
    for route in web.routes:
        path = re.sub(r"\{[^}]*\}", "x", getattr(route, "path", ""))
        methods = route.methods if isinstance(route, APIRoute) else getattr(route, "methods", None)
        found += [(method, path) for method in methods or ("GET",)]
    ours = {(method, "/" + path.lstrip("/")) for method, path in found}
    return sorted((m, p) for m, p in ours if m not in ("HEAD", "OPTIONS"))


def test_every_route_but_the_open_ones_needs_a_session(web: Web) -> None:
    asked = [(m, p) for m, p in paths_of(web) if p not in OPEN and not p.startswith(ICONS)]
    assert len(asked) > 8
    for method, path in asked:
        answer = Client(web.url).ask(method, path)
        assert answer.status == 401, (method, path, answer.status)
        assert answer.json() == {"error": "signed_out"}


def test_a_page_without_a_session_leads_to_the_sign_in(web: Web) -> None:
    answer = Client(web.url).get("/calls?day=2026-11-22", Accept="text/html")
    assert answer.status == 303
    assert answer.headers["location"] == "/login?next=/calls%3Fday%3D2026-11-22"


@pytest.mark.parametrize(
    "cookie",
    [
        "hotline_session=", "hotline_session=x", "hotline_session=x.y", "hotline_session=.",
        'hotline_session="a\\000b.c"', "hotline_session=%00.x", "hotline_session=" + "x" * 4000,
        "hotline_session=yunzhou' OR 1=1--.x",
    ],
)  # fmt: skip
def test_an_invented_cookie_is_nobody(web: Web, cookie: str) -> None:
    assert Client(web.url, cookie).get("/wall").status == 401


def test_a_session_is_found_among_the_cookies_of_others(web: Web) -> None:
    visitor = web.client("duty")
    visitor.cookie = f'odd[name]=1; a{{b=2; q="x y"; {visitor.cookie}; z'
    assert visitor.get("/wall").status == 200


def test_a_session_of_one_tenant_opens_no_other(web: Web, neighbour: Place) -> None:
    token = web.client("duty").cookie.partition(".")[2]
    assert Client(web.url, f"hotline_session={neighbour.slug}.{token}").get("/wall").status == 401


@pytest.mark.parametrize("path", ["/login", "/logout", "/_dash-update-component", "/nowhere"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_post_from_another_site_is_refused(web: Web, path: str, origin: str) -> None:
    answer = web.client("duty").post(path, {"login": "duty"}, Origin=origin)
    assert (answer.status, answer.json()) == (403, {"error": "foreign_origin"})


def test_a_post_from_our_own_pages_is_let_in(web: Web) -> None:
    visitor = web.client("duty")
    assert visitor.post("/logout", Origin=web.url).status == 303


@pytest.mark.parametrize(
    ("login", "path", "status"),
    [
        ("duty", "/live/floor", 200), ("viewer", "/live/floor", 200), ("clerk", "/live/floor", 403),
        ("unit", "/live/floor", 403), ("clerk", "/api/export/calls.csv", 200),
        ("viewer", "/api/export/calls.csv", 403), ("duty", "/api/export/calls.exe", 400),
        ("duty", "/api/export/calls.xlsx", 200),
    ],
)  # fmt: skip
def test_roles(web: Web, login: str, path: str, status: int) -> None:
    visitor = web.client(login)
    link = http.client.HTTPConnection(urlsplit(web.url).netloc, timeout=10)
    link.request("GET", path, headers={"Cookie": visitor.cookie})
    came = link.getresponse()
    assert came.status == status
    came.close()
    link.close()


def test_a_websocket_is_turned_away(web: Web) -> None:
    visitor = web.client("duty")
    answer = visitor.get(
        "/live/floor2", Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Version="13",
        Sec_WebSocket_Key="eA==",
    )  # fmt: skip
    assert answer.status != 101


def test_security_headers_are_on_every_answer(web: Web) -> None:
    for path in ("/login", "/wall", "/nowhere", "/assets/nothing.js"):
        headers = Client(web.url).get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff"


# --- the stream -----------------------------------------------------------------------------


def test_the_stream_beats_and_ends_when_the_session_is_revoked(web: Web, engine: Engine) -> None:
    visitor = web.client("duty")
    with visitor.live() as pushes:
        first = next(pushes)
        assert first.data.get("kind") == "beat", first
        token = visitor.cookie.partition(".")[2]
        with db.transaction(engine, web.place.id) as session:
            people.sign_out(session, token, now=now())
        began = time.monotonic()
        rest = list(pushes)
    assert time.monotonic() - began < 4
    assert rest[-1].event == "signed_out"
    assert Client(web.url, visitor.cookie).get("/wall").status == 401


def test_a_stream_of_a_person_made_inactive_ends(web: Web, engine: Engine) -> None:
    with db.transaction(engine, web.place.id) as session:
        user = make_user(session, web.place.id, "leaver")
        number = user.id
    visitor = web.client("leaver")
    with visitor.live() as pushes:
        next(pushes)
        with db.transaction(engine, web.place.id) as session:
            person = session.get(User, number)
            assert person is not None
            person.active = False
        assert list(pushes)[-1].event == "signed_out"


# --- health ---------------------------------------------------------------------------------


def test_health_says_what_is_reachable(web: Web) -> None:
    answer = Client(web.url).get("/healthz")
    assert (answer.status, answer.json()) == (200, {"redis": True, "database": True})


def test_metrics_need_their_token(web: Web) -> None:
    visitor = Client(web.url)
    for given in ("", "Bearer", "Bearer wrong", TOKEN + "x"):
        assert visitor.get("/metrics", Authorization=given).status == 403
    text = visitor.get("/metrics", Authorization=f"Bearer {TOKEN}").text
    assert "hotline_redis_up 1.0" in text
    assert f'hotline_screens{{tenant="{web.place.slug}"}}' in text


# --- first passwords ------------------------------------------------------------------------


def test_a_first_password_opens_nothing_but_its_change(web: Web, engine: Engine) -> None:
    with db.transaction(engine, web.place.id) as session:
        user = make_user(session, web.place.id, "fresh", permissions=PERMISSIONS)
        user.password_hash = people.FIRST + user.password_hash
    visitor, other = web.client("fresh"), web.client("fresh")
    turned = visitor.get("/tickets", accept="text/html")
    assert (turned.status, turned.headers["location"]) == (303, "/password")
    assert visitor.get("/live/floor").status == 403
    shown = visitor.get("/password")
    assert (shown.status, "<form" in shown.text) == (200, True)

    def change(old: str, new: str, again: str = "") -> Answer:
        return visitor.post("/password", {"old": old, "new": new, "again": again or new})

    good = "my-own-secret-1"
    for old, new, again in (
        ("wrong", good, good), (PASSWORD, "short", "short"), (PASSWORD, PASSWORD, PASSWORD),
        (PASSWORD, good, "another-secret"),
    ):  # fmt: skip
        assert change(old, new, again).status == 400
    assert visitor.get("/", accept="text/html").status == 303
    assert change(PASSWORD, good).status == 303
    assert visitor.get("/", accept="text/html").status == 200
    until(
        lambda: other.get("/", accept="text/html").headers.get("location", "").startswith("/login")
    )
    assert web.client().sign_in("fresh", PASSWORD).status == 401
    assert web.client().sign_in("fresh", good).status == 303
