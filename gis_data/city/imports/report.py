"""What came of an import: rows read, taken, refused and why, and what the check found."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from gis_data.city.check import Fault, errors

SAMPLES = 20


@dataclass(slots=True)
class Report:
    """The tally of one file; `samples` are the first refused rows with the reason, `crs` the source's."""

    what: str
    source: str
    crs: str = ""
    read: int = 0
    taken: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[str, str]] = field(default_factory=list)
    layers: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Name -> rows before and after."""
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, row: object, reason: str, count: int = 1) -> None:
        """Note that `count` rows were refused, `row` the first of them."""
        self.refused[reason] += count
        if len(self.samples) < SAMPLES:
            self.samples.append((str(row), reason))

    @property
    def good(self) -> bool:
        """Return whether a version may be made of it."""
        return self.taken > 0 and not errors(self.faults)

    def lines(self) -> list[str]:
        """Return it for a terminal."""
        out = [
            f"{self.source}: {self.read:,} rows read, {self.taken:,} taken, "
            f"{sum(self.refused.values()):,} refused"
        ]
        out += [f"  refused {count:,}: {reason}" for reason, count in self.refused.most_common()]
        out += [f"    {row}: {reason}" for row, reason in self.samples[:5]]
        out += [f"  {fault.severity}: {fault.text}" for fault in self.faults]
        out += [
            f"  {name}: {before:,} -> {after:,} rows"
            for name, (before, after) in self.layers.items()
            if before or after
        ]
        return out

    def plain(self) -> dict[str, Any]:
        """Return it as the table `city` keeps it."""
        return {
            "what": self.what, "source": self.source, "crs": self.crs, "read": self.read,
            "taken": self.taken, "refused": dict(self.refused),
            "samples": [list(sample) for sample in self.samples],
            "layers": {name: list(rows) for name, rows in self.layers.items()},
            "faults": [
                {"code": f.code, "severity": f.severity, "layer": f.layer, "count": f.count,
                 "text": f.text}
                for f in self.faults
            ],
        }  # fmt: skip
