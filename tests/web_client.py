"""A browser without a screen: signs in, keeps its cookie, reads pages and the live stream."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body read as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Push:
    """One Server-Sent Event."""

    id: str
    event: str
    data: dict[str, Any]


class Client:
    """One visitor of the web process at `url`."""

    def __init__(self, url: str, cookie: str = "") -> None:
        self.url = url
        self.cookie = cookie

    def get(self, path: str, **headers: str) -> Answer:
        """Fetch a page."""
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Answer:
        """Send a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urlencode(form or {}), kind | headers)

    def ask(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> Answer:
        """Send one request; headers are named with _ for -."""
        link = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            link.request(method, path, body or None, self._headers(headers or {}))
            came = link.getresponse()
            found = {name.lower(): came.getheader(name) or "" for name, _ in came.getheaders()}
            return Answer(came.status, found, came.read())
        finally:
            link.close()

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return ({"Cookie": self.cookie} if self.cookie else {}) | named

    def sign_in(self, login: str, password: str) -> Answer:
        """Sign in through the form and keep the cookie."""
        answer = self.post("/login", {"login": login, "password": password, "next": "/wall"})
        given = answer.headers.get("set-cookie", "")
        if given:
            self.cookie = given.partition(";")[0]
        return answer

    @contextmanager
    def live(
        self, path: str = "/live/floor", last_id: str = "", timeout_s: float = 10.0
    ) -> Iterator[Iterator[Push]]:
        """Open the live stream; `timeout_s` is the longest silence borne."""
        link = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=timeout_s)
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_id} if last_id else {})
        link.request("GET", path, headers=self._headers(headers))
        came = link.getresponse()
        try:
            assert came.status == 200, (came.status, came.read())
            yield pushes(came)
        finally:
            came.close()
            link.close()


def pushes(lines: http.client.HTTPResponse) -> Iterator[Push]:
    """Yield the events of a stream until it ends."""
    number, kind, data = "", "message", ""
    for raw in lines:
        line = raw.decode().rstrip("\r\n")
        name, _, value = line.partition(": ")
        if name == "id":
            number = value
        elif name == "event":
            kind = value
        elif name == "data":
            data += value
        elif not line:
            if data:
                yield Push(number, kind, json.loads(data))
            number, kind, data = "", "message", ""
