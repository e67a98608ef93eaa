"""English texts, one file a subject."""

from collections.abc import Mapping

from dashboard.texts.en import admin, floor, shell, tickets

EN: Mapping[str, str] = {**shell.TEXTS, **floor.TEXTS, **tickets.TEXTS, **admin.TEXTS}
