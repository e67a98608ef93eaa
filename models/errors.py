"""Base of every error the product raises on purpose: a stable code, never a sentence, to translate by."""


class HotlineError(Exception):
    """An error with a stable `code`; pages translate the code, logs print the detail."""

    code = "error"

    def __init__(self, detail: str = "", **facts: object) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.facts = facts


class SettingsError(HotlineError):
    """A setting is missing, unknown or malformed; the process must not start."""

    code = "settings"


class Refused(HotlineError):
    """The actor may not do this: not signed in, wrong role or outside the actor's scope."""

    code = "refused"


class NotFound(HotlineError):
    """The thing named does not exist within the actor's tenant."""

    code = "not_found"


class BadInput(HotlineError):
    """What came in cannot be read; nothing was changed."""

    code = "bad_input"


class WrongStatus(HotlineError):
    """The move is not lawful in the present state, or somebody else moved first."""

    code = "wrong_status"


class Unavailable(HotlineError):
    """A store or the exchange cannot be reached now; the caller may try again."""

    code = "unavailable"
