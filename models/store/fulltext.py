"""Full text in PostgreSQL: what a row holds, and whether it holds what is asked for (ADR 11)."""

from typing import Any

from sqlalchemy import ColumnElement, cast, func
from sqlalchemy.dialects.postgresql import TSQUERY

from models.errors import BadInput
from models.rules.grams import grams, wanted


def held(*texts: str) -> ColumnElement[Any]:
    """Return the value of a `grams` column for texts."""
    return func.array_to_tsvector(grams(*texts))


def holds(column: Any, words: str) -> ColumnElement[bool]:  # noqa: ANN401 - a mapped TSVECTOR column
    """Return the condition that a `grams` column holds `words`; BadInput when they hold nothing to look for."""
    query = wanted(words)
    if not query:
        raise BadInput("nothing to search for", field="words")
    found: ColumnElement[bool] = column.op("@@", is_comparison=True)(cast(query, TSQUERY))
    return found
