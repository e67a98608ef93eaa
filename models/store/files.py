"""The door to the disk: contents kept under their SHA-256, a folder a tenant, each content once.

A content is written beside its place, brought to the disk, then renamed: who reads never finds half of
it, and a full disk leaves nothing behind.
"""

import errno
import hashlib
import mmap
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from models.clock import Instant, now
from models.errors import NotFound, Unavailable

STALE_S = 3600.0
"""What a killed process left half written is swept away after this."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Incoming:
    """A content while it arrives; nothing of it stays unless `keep` is called."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "incoming" / secrets.token_hex(16)
        self._hash = hashlib.sha256()
        self.size = 0
        with _honest():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("xb")

    def __enter__(self) -> "Incoming":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, part: bytes) -> None:
        """Add a part; Unavailable with `reason` disk_full or disk when it cannot be written."""
        with _honest():
            self._file.write(part)
        self._hash.update(part)
        self.size += len(part)

    @contextmanager
    def content(self) -> Iterator[mmap.mmap]:
        """Give what has arrived, mapped, not read; of an empty one there is nothing to map."""
        with _honest():
            self._file.flush()
            with (
                self._path.open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole,
            ):
                yield whole

    def keep(self) -> str:
        """Bring it to the disk and into its place; return its SHA-256."""
        digest = self._hash.hexdigest()
        place = _place(self._folder, digest)
        with _honest():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            place.parent.mkdir(parents=True, exist_ok=True)
            self._path.replace(place)  # the same content is there already: replaced by itself
            _settle(place.parent)
        return digest


class Files:
    """The folder of all tenants' contents; may be shared by many processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def receive(self, tenant_id: int) -> Incoming:
        """Begin to take a content in; use it in a `with`."""
        folder = self._folder / str(tenant_id)
        _sweep(folder / "incoming")
        return Incoming(folder)

    def contents(self, tenant_id: int) -> Iterator[tuple[str, int, Instant]]:
        """Yield (SHA-256, bytes, when it last arrived) of every content of a tenant."""
        for path in (self._folder / str(tenant_id)).glob("[0-9a-f][0-9a-f]/*"):
            with suppress(FileNotFoundError):
                told = path.stat()
                yield path.name, told.st_size, told.st_mtime

    def discard(self, tenant_id: int, digest: str, *, before: Instant) -> bool:
        """Delete a content that last arrived before `before`; False when there is none, or it came anew.

        An upload of the same content puts a new file in its place. So it is taken aside first and judged
        there: what is deleted is the very file that was looked at.
        """
        folder = self._folder / str(tenant_id)
        place, aside = _place(folder, digest), folder / "incoming" / f"{digest}.discarded"
        with _honest():
            aside.parent.mkdir(parents=True, exist_ok=True)
            try:
                if place.stat().st_mtime >= before:
                    return False
                place.rename(aside)
            except FileNotFoundError:
                return False
            if aside.stat().st_mtime < before:
                aside.unlink()
                return True
            with suppress(FileExistsError):  # came anew once more: either file is the same content
                os.link(aside, place)
            aside.unlink()
            return False

    def path(self, tenant_id: int, digest: str) -> Path:
        """Return where a content lies; NotFound when it is not there."""
        place = _place(self._folder / str(tenant_id), digest)
        if not place.is_file():
            raise NotFound(f"no content {digest[:12]}")
        return place


def _place(folder: Path, digest: str) -> Path:
    return folder / digest[:2] / digest


def _settle(folder: Path) -> None:
    """Bring a folder's entries to the disk: a rename lives there."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(folder: Path) -> None:
    with suppress(OSError):
        for path in folder.iterdir():
            if now() - path.stat().st_mtime > STALE_S:
                path.unlink(missing_ok=True)


@contextmanager
def _honest() -> Iterator[None]:
    """Tell a failing disk as Unavailable, a full one by its own reason."""
    try:
        yield
    except OSError as error:
        reason = "disk_full" if error.errno in _FULL else "disk"
        raise Unavailable(f"files: {error.strerror}", reason=reason) from error
