"""Fetch a minimal Asterisk from the Debian archive this machine already trusts, without root."""

import fcntl
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pbx.bed.children import tethered, which
from pbx.bed.errors import BedUnavailable
from pbx.bed.install import MARKER, TREE, Install, find, in_tree
from pbx.bed.render import module_names

Progress = Callable[[str], None]

SUITE = "sid"  # stable Debian releases carry no Asterisk; the packages run on their own libc
_INSTALL_HINT = "install the package asterisk (18 or later) instead"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# What the modules of our modules.conf map. Library packages are renamed now and then: when one is
# gone, or a library is missing, the whole dependency closure (about 80 MB) is fetched instead.
_PACKAGES = (
    "asterisk",
    "asterisk-modules",
    "libbsd0",
    "libc6",
    "libcap2",
    "libcrypt1",
    "libedit2",
    "libgcc-s1",
    "libjansson4",
    "libmd0",
    "libsqlite3-0",
    "libssl3t64",
    "libstdc++6",
    "libsystemd0",
    "libtinfo6",
    "liburiparser1",
    "libuuid1",
    "libxml2-16",
    "libxslt1.1",
    "libzstd1",
    "zlib1g",
)
_NEEDLESS = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/perl*", "etc", "var")
_APT_CONF = """\
Dir::Etc::SourceList "{apt}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "{apt}";
Dir::State::status "{apt}/status";
Dir::State::Lists "{apt}/lists";
Dir::Cache "{apt}/cache";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
APT::Install-Recommends "false";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
Debug::NoLocking "true";
"""


def fetch(root: Path, progress: Callable[[str], None]) -> Install:
    """Make an Asterisk available in `root` and describe it; about 15 MB the first time, then nothing.

    A complete earlier fetch or an installed Asterisk >= 18 is used as it is. After a kill the next
    call goes on with the packages already downloaded. Raise BedUnavailable when it cannot be had.
    """
    root = root.resolve()
    root.mkdir(parents=True, exist_ok=True)
    with _alone(root):
        present = find(root)
        if present is not None:
            return present
        return _fetch(root, progress)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(root: Path, progress: Progress) -> Install:
    for program in ("apt-get", "dpkg-deb"):
        if which(program) is None:
            raise BedUnavailable(f"{program} is not on this machine: {_INSTALL_HINT}.")
    apt = root / "apt"
    _prepare(apt)
    progress("fetching the package list")
    _apt(apt, "update")
    install = _minimal(root, apt, progress) or _closure(root, apt, progress)
    if install is None:
        raise BedUnavailable(f"The fetched Asterisk lacks libraries: {_INSTALL_HINT}.")
    (root / MARKER).write_text(install.version + "\n", encoding="utf-8")
    shutil.rmtree(apt)
    progress(f"Asterisk {install.version} is ready")
    return install


def _prepare(apt: Path) -> None:
    (apt / "lists/partial").mkdir(parents=True, exist_ok=True)
    (apt / "cache/archives/partial").mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    (apt / "apt.conf").write_text(_APT_CONF.format(apt=apt), encoding="utf-8")
    uri = archive_uri(Path("/etc/apt"))
    if uri is None:
        raise BedUnavailable(f"No Debian archive is set up in /etc/apt: {_INSTALL_HINT}.")
    signed = f"[signed-by={_KEYRING}] " if _KEYRING.is_file() else ""
    (apt / "sources.list").write_text(f"deb {signed}{uri} {SUITE} main\n", encoding="utf-8")


def archive_uri(etc: Path) -> str | None:
    """Return the archive address of the system's own Debian sources (one-line or deb822 form)."""
    files = [*sorted(etc.glob("sources.list.d/*.sources")), etc / "sources.list"]
    files += sorted(etc.glob("sources.list.d/*.list"))
    text = "\n".join(f.read_text(encoding="utf-8", errors="replace") for f in files if f.is_file())
    found = re.findall(r"^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S+)", text, flags=re.MULTILINE)
    return next((uri for uri in found if re.search(r"/debian/?$", uri)), None)


def _minimal(root: Path, apt: Path, progress: Progress) -> Install | None:
    progress(f"fetching {len(_PACKAGES)} packages (about 15 MB)")
    debs = apt / "minimal"
    debs.mkdir(exist_ok=True)
    try:
        _apt(apt, "download", *_PACKAGES, cwd=debs)
    except BedUnavailable:
        progress("a package was renamed: fetching everything Asterisk names")
        return None
    return _unpack(root, debs, progress)


def _closure(root: Path, apt: Path, progress: Progress) -> Install | None:
    progress("fetching all packages Asterisk depends on (about 80 MB)")
    _apt(apt, "install", "-y", "--no-install-recommends", "--download-only", "asterisk")
    return _unpack(root, apt / "cache/archives", progress)


def _unpack(root: Path, debs: Path, progress: Progress) -> Install | None:
    progress("unpacking")
    part = root / "tree.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for deb in sorted(debs.glob("*.deb")):
        _run(["dpkg-deb", "-x", str(deb), str(part)])
    for pattern in _NEEDLESS:
        for path in part.glob(pattern):
            shutil.rmtree(path, ignore_errors=True)
    version = next((d.name.split("_")[1] for d in debs.glob("asterisk_*.deb")), "")
    install = in_tree(part, version.split("%3a")[-1])
    if install is None or _missing_libraries(install):
        return None
    shutil.rmtree(root / TREE, ignore_errors=True)
    part.rename(root / TREE)
    return in_tree(root / TREE, install.version)


def _missing_libraries(install: Install) -> bool:
    loader, program = install.argv[:-1], Path(install.argv[-1])
    modules = [install.modules / name for name in module_names()]
    for path in [program, *modules]:
        listed = subprocess.run(
            [*loader, "--list", str(path)], capture_output=True, text=True, check=False
        )
        if "not found" in listed.stdout + listed.stderr or not path.is_file():
            return True
    return False


def _apt(apt: Path, *arguments: str, cwd: Path | None = None) -> None:
    environment = os.environ | {"APT_CONFIG": str(apt / "apt.conf"), "LC_ALL": "C"}
    _run(["apt-get", "-q", *arguments], env=environment, cwd=cwd)


def _run(argv: list[str], env: dict[str, str] | None = None, cwd: Path | None = None) -> None:
    program = which(argv[0]) or argv[0]
    # Tethered: an apt-get left over after a kill would write into the next call's folder.
    command = tethered([program, *argv[1:]], signal.SIGKILL)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=cwd)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith(("E:", "W:", "dpkg"))]
        why = said[-1] if said else f"exit code {done.returncode}"
        raise BedUnavailable(
            f"{argv[0]} could not fetch Asterisk ({why}): check the network, or {_INSTALL_HINT}."
        )
