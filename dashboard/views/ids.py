"""Numbers of rows as an address or a form says them."""

DIGITS_MOST = 18
"""More digits are no number of a row: the database's numbers end at nineteen."""


def id_in(text: str) -> int:
    """Return the number a text says, 0 for what can be none: no row has it."""
    plain = text.isascii() and text.isdecimal() and len(text) <= DIGITS_MOST
    return int(text) if plain else 0
