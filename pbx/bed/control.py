"""A one-question AMI line for the bed's own traffic and tests; the product has its own client."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass

from pbx.bed.children import LOOPBACK


class Refused(RuntimeError):
    """Asterisk answered an action with something other than Success; the text is its message."""


@dataclass(frozen=True, slots=True)
class Account:
    """An AMI account of the bed."""

    user: str
    secret: str


Frame = dict[str, str]


class AmiLine:
    """A logged-in AMI session over loopback; every wait is bounded by `timeout_s` seconds."""

    def __init__(
        self, port: int, account: Account, *, events: bool, timeout_s: float = 5.0
    ) -> None:
        self._socket = socket.create_connection((LOOPBACK, port), timeout_s)
        self._reader = self._socket.makefile("rb")
        try:
            self._reader.readline()
            wanted = "on" if events else "off"
            login = {"Username": account.user, "Secret": account.secret, "Events": wanted}
            self.ask("Login", login)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "AmiLine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up without a Logoff."""
        self._reader.close()
        self._socket.close()

    def ask(self, action: str, fields: Mapping[str, str] | None = None) -> Frame:
        """Send one action and return its response frame; raise Refused unless it is a success."""
        self.send(action, fields or {})
        while True:
            frame = self.frame()
            if "Response" not in frame:
                continue
            if frame["Response"] != "Success":
                raise Refused(frame.get("Message", frame["Response"]))
            return frame

    def ask_list(self, action: str, complete: str) -> list[Frame]:
        """Send a list action and return its event frames up to the one named `complete`."""
        self.ask(action)
        frames = []
        while (frame := self.frame()).get("Event") != complete:
            frames.append(frame)
        return frames

    def send(self, action: str, fields: Mapping[str, str]) -> None:
        """Write one action; a line break in a value would smuggle in a second action."""
        lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in fields.items())]
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("an AMI value may not contain a line break")
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())

    def frame(self) -> Frame:
        """Read the next frame; raise ConnectionError at the end of the stream."""
        fields: Frame = {}
        while line := self._reader.readline():
            name, colon, value = line.decode().rstrip("\r\n").partition(": ")
            if not colon and not name.endswith(":"):
                return fields
            fields[name.rstrip(":")] = value
        raise ConnectionError("Asterisk closed the AMI line")
