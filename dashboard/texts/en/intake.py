"""English texts of intake: the form, what it recognises, amending, screening."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "verb.amend": "Amend",
    "ticket.field.kind": "Kind",
    "ticket.field.urgency": "Urgency",
    "ticket.field.category": "Category",
    "ticket.field.title": "Title",
    "ticket.field.content": "Content",
    "ticket.field.address": "Address",
    "ticket.field.flags": "Marks",
    "ticket.field.note": "Why",
    "amend.on": "set",
    "amend.off": "taken off",
    "amend.protected": "changed (old text of a protected ticket is not kept)",
    "amend.nothing": "(empty)",
    "field.kind": "Kind",
    "field.category": "Category",
    "field.urgency": "Urgency",
    "field.title": "Title",
    "field.content": "Content",
    "cap.amended": "This ticket has just changed: look at it as it is now, then amend it",
    "cap.unchanged": "Nothing was changed",
}
