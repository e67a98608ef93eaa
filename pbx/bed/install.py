"""Where an Asterisk program, its modules and its libraries are: fetched by us or installed here."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pbx.bed.children import which

OLDEST_MAJOR = 18
MARKER = "complete"
TREE = "tree"
_SYSTEM_MODULES = ("/usr/lib/*/asterisk/modules", "/usr/lib/asterisk/modules")
_SYSTEM_DATA = ("/usr/share/asterisk", "/var/lib/asterisk")


@dataclass(frozen=True, slots=True)
class Install:
    """A runnable Asterisk: `argv` starts it; `modules` and `data` go into asterisk.conf."""

    argv: tuple[str, ...]
    modules: Path
    data: Path
    version: str


def find(root: Path) -> Install | None:
    """Return the fetched Asterisk of `root` when complete, else a usable system one, else None."""
    marker = root / MARKER
    if marker.is_file():
        return in_tree(root / TREE, marker.read_text(encoding="utf-8").strip())
    return on_system()


def in_tree(tree: Path, version: str = "") -> Install | None:
    """Describe the Asterisk unpacked in `tree`; None when its program or modules are missing."""
    program = tree / "usr/sbin/asterisk"
    modules = next(_glob(tree, "usr/lib/*/asterisk/modules", "usr/lib/asterisk/modules"), None)
    loader = next(
        _glob(tree, "usr/lib/*/ld-*.so*", "lib/*/ld-*.so*", "usr/lib/ld-*.so*", "lib/ld-*.so*"),
        None,
    )
    if not program.is_file() or modules is None or loader is None:
        return None
    libraries = ":".join(str(each) for each in _glob(tree, "usr/lib/*-*", "lib/*-*", "usr/lib"))
    # Its own loader and libc: the packages are newer than the system they run on.
    argv = (str(loader), "--library-path", libraries, str(program))
    return Install(argv, modules, tree / "usr/share/asterisk", version)


def on_system() -> Install | None:
    """Return the installed Asterisk when it is at least version 18."""
    program = which("asterisk")
    if program is None:
        return None
    answer = subprocess.run([program, "-V"], capture_output=True, text=True, check=False)
    found = re.search(r"Asterisk (\d+)[.\d]*", answer.stdout)
    modules = next(_glob(Path("/"), *(each[1:] for each in _SYSTEM_MODULES)), None)
    data = next((Path(each) for each in _SYSTEM_DATA if Path(each, "documentation").is_dir()), None)
    if found is None or int(found[1]) < OLDEST_MAJOR or modules is None or data is None:
        return None
    return Install((program,), modules, data, found[0])


def _glob(base: Path, *patterns: str) -> Iterator[Path]:
    return (path for pattern in patterns for path in sorted(base.glob(pattern)) if path.exists())
