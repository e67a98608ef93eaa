"""Sign a seat in and out by SIP REGISTER, the way a desk phone does when an agent arrives."""

import secrets
import socket

from pbx.bed.children import LOOPBACK
from pbx.bed.errors import BedUnavailable

_EXPIRES_S = 24 * 3600
_TRIES = 4
_WAIT_S = 1.0


def register(sip_port: int, extension: str, phone_port: int) -> None:
    """Tell the exchange that seat `extension` is reached at `phone_port`; for a day."""
    _send(sip_port, extension, phone_port, _EXPIRES_S)


def unregister(sip_port: int, extension: str, phone_port: int) -> None:
    """Take the seat's place off the exchange."""
    _send(sip_port, extension, phone_port, 0)


def _send(sip_port: int, extension: str, phone_port: int, expires_s: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(_WAIT_S)
        line.connect((LOOPBACK, sip_port))
        own_port = int(line.getsockname()[1])
        message = _message(sip_port, extension, phone_port, own_port, expires_s)
        status = _ask(line, message)
    if " 200 " not in status:
        raise BedUnavailable(f"Asterisk refused to register seat {extension}: {status}")


def _ask(line: socket.socket, message: bytes) -> str:
    for _ in range(_TRIES):
        line.send(message)
        try:
            answer = line.recv(65535)
        except TimeoutError:
            continue
        return answer.decode(errors="replace").splitlines()[0]
    raise TimeoutError("Asterisk does not answer SIP")


def _message(
    sip_port: int, extension: str, phone_port: int, own_port: int, expires_s: int
) -> bytes:
    token = secrets.token_hex(8)
    lines = (
        f"REGISTER sip:{LOOPBACK}:{sip_port} SIP/2.0",
        f"Via: SIP/2.0/UDP {LOOPBACK}:{own_port};branch=z9hG4bK{token}",
        f"From: <sip:{extension}@{LOOPBACK}>;tag={token}",
        f"To: <sip:{extension}@{LOOPBACK}>",
        f"Call-ID: {token}@{LOOPBACK}",
        "CSeq: 1 REGISTER",
        f"Contact: <sip:{extension}@{LOOPBACK}:{phone_port}>",
        f"Expires: {expires_s}",
        "Max-Forwards: 70",
        "Content-Length: 0",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
