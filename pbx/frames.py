"""AMI framing: bytes in any chunking -> whole frames -> headers. Nothing is decoded before it is whole."""

from models.errors import BadInput

END = b"\r\n\r\n"
BANNER = b"Asterisk Call Manager/"
MAX_FRAME = 1 << 20
"""A frame of more than 1 MiB is not AMI; the link is dropped instead of filling the memory."""

Headers = dict[str, str]


class Framer:
    """Cuts a byte stream into frames, whatever the chunks; keeps the unfinished rest."""

    def __init__(self) -> None:
        self._rest = b""
        self._searched = False
        self.version = ""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames completed by `data`, without their end mark; BadInput on an endless frame."""
        data = self._rest + data
        if not self._searched:
            data = self._banner(data)
        frames = data.split(END)
        self._rest = frames.pop()
        if len(self._rest) > MAX_FRAME:
            raise BadInput("a frame longer than 1 MiB", size=len(self._rest))
        return frames

    def _banner(self, data: bytes) -> bytes:
        """Take the greeting off: it is the one line that ends in a single CRLF."""
        if len(data) < len(BANNER) and BANNER.startswith(data):
            return data
        if not data.startswith(BANNER):
            self._searched = True
            return data
        line, found, rest = data.partition(b"\r\n")
        if not found:
            return data
        self._searched = True
        self.version = line[len(BANNER) :].decode("ascii", "replace").strip()
        return rest


def event_name(frame: bytes) -> bytes:
    """Return the event's name without parsing the frame; empty for a response."""
    if not frame.startswith(b"Event: "):
        frame = frame.lstrip(b"\r\n")
        if not frame.startswith(b"Event: "):
            return b""
    end = frame.find(b"\r\n")
    return frame[7:] if end < 0 else frame[7:end]


def parse(frame: bytes) -> Headers:
    """Return the headers of one whole frame; bytes that are not UTF-8 become U+FFFD, never a lost event."""
    headers = {}
    for line in frame.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(": ")
        if colon:
            headers[name] = value
    return headers
