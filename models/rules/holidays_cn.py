"""China's public holidays and make-up working days (调休), as the State Council's yearly notices give them.

Data only. A year's notice appears in the November before; add it here as it is printed. Spans hold
their weekends too, as the notices write them. Names are keys that the pages translate.
"""

from datetime import date
from typing import NamedTuple

Span = tuple[str, date, date]
"""A holiday: its name, its first and its last day off."""


class Notice(NamedTuple):
    """国务院办公厅关于某年部分节假日安排的通知: its number, its date, what it gives off and takes back."""

    number: str
    issued: date
    off: tuple[Span, ...]
    work: tuple[date, ...]


NOTICES: dict[int, Notice] = {
    2025: Notice(
        number="国办发明电〔2024〕12号",
        issued=date(2024, 11, 12),
        off=(
            ("new_year", date(2025, 1, 1), date(2025, 1, 1)),
            ("spring_festival", date(2025, 1, 28), date(2025, 2, 4)),
            ("qingming", date(2025, 4, 4), date(2025, 4, 6)),
            ("labour_day", date(2025, 5, 1), date(2025, 5, 5)),
            ("dragon_boat", date(2025, 5, 31), date(2025, 6, 2)),
            # one span for 国庆节 and 中秋节, which fell on 6 October
            ("national_day", date(2025, 10, 1), date(2025, 10, 8)),
        ),
        work=(
            date(2025, 1, 26),
            date(2025, 2, 8),
            date(2025, 4, 27),
            date(2025, 9, 28),
            date(2025, 10, 11),
        ),
    ),
    2026: Notice(
        number="国办发明电〔2025〕7号",
        issued=date(2025, 11, 4),
        off=(
            ("new_year", date(2026, 1, 1), date(2026, 1, 3)),
            ("spring_festival", date(2026, 2, 15), date(2026, 2, 23)),
            ("qingming", date(2026, 4, 4), date(2026, 4, 6)),
            ("labour_day", date(2026, 5, 1), date(2026, 5, 5)),
            ("dragon_boat", date(2026, 6, 19), date(2026, 6, 21)),
            ("mid_autumn", date(2026, 9, 25), date(2026, 9, 27)),
            ("national_day", date(2026, 10, 1), date(2026, 10, 7)),
        ),
        work=(
            date(2026, 1, 4),
            date(2026, 2, 14),
            date(2026, 2, 28),
            date(2026, 5, 9),
            date(2026, 9, 20),
            date(2026, 10, 10),
        ),
    ),
}

FIXED: dict[tuple[int, int], str] = {
    (1, 1): "new_year",
    (5, 1): "labour_day",
    (5, 2): "labour_day",
    (10, 1): "national_day",
    (10, 2): "national_day",
    (10, 3): "national_day",
}
"""(month, day) of the holidays whose date needs no notice.

Source: 全国年节及纪念日放假办法, article 2 as of 2025-01-01 (国务院令第795号). The others follow the moon
or the sun, and which weekdays are joined to them only a notice tells.
"""
