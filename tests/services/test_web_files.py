"""Files at the web's door: streamed in with their limits, given out as downloads, to who may."""

import threading
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import uvicorn
from conftest import Place, new_tenant
from factories import PASSWORD, make_user
from real_stores import Stores
from sqlalchemy import Engine, select
from waiting import until
from web_client import Answer, Client

from command import incidents, moving
from dashboard import server
from dashboard.door import HOLDERS
from models.clock import now
from models.errors import Refused
from models.events.incident.course import Place as Course
from models.store import db
from models.store.crypto import Vault
from models.store.people import PERMISSIONS
from models.tables import Attachment, IncidentType, Unit
from tickets import attachments
from tickets.intake import Form, open_ticket
from tickets.moving import Actor

PNG = "\x89PNG\r\n\x1a\n".encode("latin-1") + bytes(100)
PEOPLE = {
    "duty": (PERMISSIONS, ""), "looker": (frozenset({"ticket.view"}), ""),
    "unit": (frozenset({"ticket.view", "ticket.handle"}), "jtj"), "nobody": (frozenset(), ""),
}  # fmt: skip


class Site:
    """The web process of one tenant with a ticket."""

    def __init__(self, url: str, place: Place, ticket: int, incident: int) -> None:
        self.url, self.place, self.ticket, self.incident = url, place, ticket, incident
        self._clients: dict[str, Client] = {}

    def client(self, login: str) -> Client:
        """Return a visitor, signed in once."""
        if login not in self._clients:
            visitor = self._clients[login] = Client(self.url)
            assert visitor.sign_in(login, PASSWORD).status == 303
        return self._clients[login]

    def send(
        self, content: bytes, name: str = "a.png", login: str = "duty", to: str = "", **more: str
    ) -> Answer:
        """Upload a content to the ticket, or to another holder of files."""
        headers = {"X-File-Name": quote(name), "Content-Type": "application/octet-stream", **more}
        path = f"/files/{to or f'ticket/{self.ticket}'}"
        return self.client(login).ask("POST", path, content, headers)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    place = new_tenant(engine)
    settings = stores.for_tenant(place.slug)
    vault = Vault(settings.encryption_keys, settings.hash_key)
    with db.transaction(engine, place.id) as session:
        session.add(Unit(tenant_id=place.id, code="jtj", name="交通局", level=1))
        for login, (can, unit) in PEOPLE.items():
            make_user(session, place.id, login, permissions=can).unit = unit
        form = Form(kind="complaint", title="停水", content="停水两天")
        duty = Actor(1, "林值班", PERMISSIONS)
        ticket = open_ticket(session, form, actor=duty, now=now(), vault=vault).id
        session.add(IncidentType(tenant_id=place.id, code="fire", kind="accident", label="火灾"))
        session.flush()
        fire = incidents.Form(type="fire", title="仓库起火", place=Course())
        incident = incidents.report(session, fire, actor=duty, now=now()).id
    app = server.create_app(settings)
    config = uvicorn.Config(
        app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1, ws="none"
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    until(lambda: running.started, within_s=20)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield Site(f"http://127.0.0.1:{port}", place, ticket, incident)
    running.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def test_it_works(site: Site) -> None:
    sent = site.send(PNG, "现场 <b>照片</b>.png")
    assert sent.status == 201, sent.text
    got = site.client("duty").get(f"/files/{sent.json()['id']}")
    assert (got.status, got.body) == (200, PNG)
    assert got.headers["content-type"] == "image/png"
    assert got.headers["x-content-type-options"] == "nosniff"
    name = quote("b_.png")
    assert got.headers["content-disposition"] == f"attachment; filename*=utf-8''{name}" or (
        got.headers["content-disposition"] == 'attachment; filename="b_.png"'
    )


def test_what_came_from_the_scene_is_in_the_log_and_stays(site: Site, engine: Engine) -> None:
    to = f"incident/{site.incident}"
    film = b"\0\0\0\x18ftypisom" + bytes(100)
    picture, moving_picture = (
        site.send(PNG, "东侧.png", to=to).json()["id"], site.send(film, "东侧.mp4", to=to).json()["id"]
    )  # fmt: skip
    duty = Actor(1, "林值班", PERMISSIONS)
    with db.transaction(engine, site.place.id) as session:
        kept = moving.read(session, site.incident, actor=duty).media.values()
        assert [(m.form, m.ref, m.title) for m in kept] == [
            ("picture", str(picture), "东侧.png"), ("film", str(moving_picture), "东侧.mp4"),
        ]  # fmt: skip
        with pytest.raises(Refused):  # evidence
            attachments.remove(session, picture, HOLDERS, reason="误传", actor=duty, now=now())
    part = site.client("duty").ask("GET", f"/files/{moving_picture}", "", {"Range": "bytes=4-7"})
    assert (part.status, part.body) == (206, b"ftyp")  # a player may jump
    for stranger in ("looker", "unit", "nobody"):
        assert site.send(PNG, to=to, login=stranger).status in (403, 404)
        assert site.client(stranger).get(f"/files/{picture}").status in (403, 404)
    assert site.send(PNG, to=f"incident/{site.incident + 1}").status == 404


def test_a_chinese_name_comes_back(site: Site) -> None:
    number = site.send(PNG, "现场照片.png").json()["id"]
    told = site.client("duty").get(f"/files/{number}").headers["content-disposition"]
    assert told == f"attachment; filename*=utf-8''{quote('现场照片.png')}"


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [(b"", "a.txt", "空"), (b"MZ\0\0", "a.exe", "Word"), (b"<html>", "a.html", "PDF")],
)
def test_a_refusal_names_the_limit(site: Site, content: bytes, name: str, said: str) -> None:
    answer = site.send(content, name)
    assert answer.status == 400
    assert said in answer.json()["text"]


def test_too_large_is_refused_told_or_not(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "SIZE_MAX", attachments.MB)
    large = PNG + bytes(attachments.MB)
    assert "1 MB" in site.send(large).json()["text"]
    # a body whose length nobody told is counted while it arrives
    path, cookie = f"/files/ticket/{site.ticket}", site.client("duty").cookie
    answer = Client(site.url, cookie).ask(
        "POST", path, iter([large[:5000], large[5000:]]), {"X-File-Name": "a.png"},  # type: ignore[arg-type]
    )  # fmt: skip
    assert (answer.status, answer.json()["error"]) == (400, "bad_input")


@pytest.mark.parametrize(
    ("login", "add", "get"), [("looker", 403, 200), ("unit", 404, 404), ("nobody", 403, 403)]
)
def test_who_may(site: Site, login: str, add: int, get: int) -> None:
    number = site.send(PNG).json()["id"]
    assert site.send(PNG, login=login).status == add
    assert site.client(login).get(f"/files/{number}").status == get


def test_strange_subjects_and_numbers(site: Site) -> None:
    duty = site.client("duty")
    assert duty.ask("POST", "/files/letter/1", "x").status == 404
    assert duty.ask("POST", "/files/ticket/999999", "x").status == 404
    assert duty.get("/files/999999").status == 404
    assert duty.get("/files/99999999999999999999").status in (404, 422)
    assert site.send(PNG, Origin="https://evil.example").status == 403


def test_another_tenant_sees_nothing(site: Site, engine: Engine, neighbour: Place) -> None:
    number = site.send(PNG).json()["id"]
    with db.transaction(engine, neighbour.id) as session:
        assert session.scalar(select(Attachment).where(Attachment.id == number)) is None
