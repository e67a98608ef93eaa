"""English texts, one file a subject."""

from collections.abc import Mapping

from dashboard.texts.en import floor, letters, shell, tickets

EN: Mapping[str, str] = {**shell.TEXTS, **floor.TEXTS, **tickets.TEXTS, **letters.TEXTS}
