"""Cameras are seen through our own address: what a playlist names, of that camera alone, and nothing else."""

import http.server
import threading
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx
import pytest
from desk_site import PEOPLE, Site, running_site
from factories import make_user
from fastapi import FastAPI
from real_stores import Stores
from sqlalchemy import Engine

from dashboard import cameras
from dashboard.cameras import address, rewritten
from models.clock import now, to_datetime
from models.errors import Unavailable
from models.tables import Camera

PLAYLIST = """#EXTM3U
#EXT-X-TARGETDURATION:2
#EXT-X-MAP:URI="init.mp4"
#EXTINF:2.0,
../0.ts
#EXTINF:2.0,
http://169.254.169.254/latest
"""


class Eye(http.server.BaseHTTPRequestHandler):
    """A camera: its playlist and one part."""

    def do_GET(self) -> None:
        found = {"/a/live.m3u8": PLAYLIST.encode(), "/0.ts": b"film", "/a/wrong.m3u8": b"<html>"}
        body = found.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("content-length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def eye() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Eye)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine, eye: str) -> Iterator[Site]:
    with running_site(stores, engine, loopback=True) as made:
        with made.session() as session:
            for key, path in (
                ("东门/1", "/a/live.m3u8"),
                ("坏", "/a/wrong.m3u8"),
                ("无", "/none.m3u8"),
            ):
                session.add(Camera(
                    tenant_id=made.place.id, bureau="traffic", key=key, label=key, lon=114.3, lat=33.6,
                    url=eye + path, at=to_datetime(now()),
                ))  # fmt: skip
        yield made


def test_every_address_of_a_playlist_is_ours() -> None:
    said = rewritten(PLAYLIST, "http://cam:1/a/live.m3u8", lambda at: f"<{at}>")
    assert 'URI="<http://cam:1/a/init.mp4>"' in said
    assert "\n<http://cam:1/0.ts>\n" in said
    assert said.startswith("#EXTM3U\n#EXT-X-TARGETDURATION:2\n")


def test_it_works(site: Site, eye: str) -> None:
    found = site.client("coordinator").get(address("traffic", "东门/1"))
    assert found.status == 200, found.text
    parts = [line for line in found.text.splitlines() if not line.startswith("#")]
    assert eye not in found.text
    assert site.client("coordinator").get(parts[0]).body == b"film"
    assert site.client("coordinator").get(parts[1]).status == 404, "another house than the camera's"


def test_what_no_playlist_named_is_not_fetched(site: Site, eye: str) -> None:
    asked = urlencode({"bureau": "traffic", "key": "东门/1", "at": f"{eye}/0.ts", "seal": "0"})
    asked = f"/api/cameras/part?{asked}"
    assert site.client("coordinator").get(asked).status == 404


async def test_a_camera_on_this_machine_wants_the_setting(
    eye: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a playlist names is checked by its address, too: the name alone may say any."""
    site = FastAPI()
    monkeypatch.setattr(cameras, "_url", lambda _bureau, _key: f"{eye}/a/live.m3u8")
    monkeypatch.setattr(cameras, "_seal", lambda *_: "seal")
    cameras.routes(site, loopback=False)
    asked = {"bureau": "traffic", "key": "k", "at": f"{eye}/0.ts", "seal": "seal"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://us") as http:
        for path in (address("traffic", "k"), f"/api/cameras/part?{urlencode(asked)}"):
            with pytest.raises(Unavailable, match="Forbidden"):
                await http.get(path)


@pytest.mark.parametrize(("key", "status"), [("坏", 503), ("无", 503), ("别处", 404)])
def test_a_camera_that_is_not_there_says_so(site: Site, key: str, status: int) -> None:
    assert site.client("coordinator").get(address("traffic", key)).status == status


def test_a_unit_sees_no_camera_whatever_its_role_may(site: Site) -> None:
    """A unit has no part in command, even when somebody gave its role the right to look."""
    shown = ("command_layers.layered", [["cameras"], None, None, None])
    assert "bureau=traffic" in site.ask("coordinator", *shown).text
    with site.session() as session:
        user = make_user(session, site.place.id, "lookers", permissions=PEOPLE["coordinator"].can)
        user.unit = "zjj"
    assert "bureau=traffic" not in site.ask("lookers", *shown).text
    parts = site.client("coordinator").get(address("traffic", "东门/1")).text.splitlines()
    (part,) = [line for line in parts if "%2F0.ts" in line and "169.254" not in line]
    for path in (address("traffic", "东门/1"), part):
        assert site.client("coordinator").get(path).status == 200
        assert site.client("lookers").get(path).status == 403


def test_who_may_not_sees_nothing(site: Site) -> None:
    assert site.client("unit").get(address("traffic", "东门/1")).status == 403
    assert site.client("stranger").get(address("traffic", "东门/1")).status in (403, 404)
