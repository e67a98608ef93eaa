"""Cells of a table as text."""


def text_of(value: object) -> str:
    """Return a cell as text: nothing for none, a whole number without its point."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
