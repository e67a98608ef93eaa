"""Sealing of callers' numbers: encrypted to reveal, keyed hash to join, mask to show."""

import hashlib
import hmac
import re
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from models.errors import BadInput, SettingsError
from models.events.floor import Caller


def mask(number: str) -> str:
    """Return a number fit for a screen: 138****1000; short ones keep their last two digits."""
    if len(number) >= 10:
        return f"{number[:3]}****{number[-4:]}"
    return f"****{number[-2:]}" if len(number) > 4 else number and "****"


_LONG = re.compile(rb"(?<![\d.])\d{7,}(?![\d.])")


def mask_within(raw: bytes) -> bytes:
    """Return a frame whose numbers are masked if they are long enough to be a caller's; ids with a dot stay."""
    return _LONG.sub(lambda found: mask(found[0].decode()).encode(), raw)


class Vault:
    """Seals and opens with rotating keys: the first key seals, every key opens."""

    def __init__(self, encryption_keys: tuple[str, ...], hash_key: str) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in encryption_keys])
        except ValueError as error:
            raise SettingsError(f"HOTLINE_ENCRYPTION_KEYS: {error}") from error
        self._hash_key = hash_key.encode()
        self.seal = lru_cache(maxsize=4096)(self._seal)

    def _seal(self, number: str) -> Caller:
        """Return the travelling form of a caller's number; the empty number stays empty."""
        if not number:
            return Caller()
        return Caller(
            masked=mask(number),
            digest=self.digest(number),
            sealed=self._fernet.encrypt(number.encode()).decode(),
        )

    def digest(self, number: str) -> str:
        """Return the keyed hash by which a caller is found again (HMAC-SHA-256, 128 bits)."""
        return hmac.new(self._hash_key, number.encode(), hashlib.sha256).hexdigest()[:32]

    def digest_name(self, name: str) -> str:
        """Return the keyed hash by which a name, written the same but for spaces, is found; empty for none."""
        plain = "".join(name.split())
        return self.digest(f"name:{plain}") if plain else ""

    def seal_text(self, text: str) -> str:
        """Return a sealed text, a name for example; the empty one stays empty."""
        return self._fernet.encrypt(text.encode()).decode() if text else ""

    def open(self, sealed: str) -> str:
        """Return the number; BadInput when no key fits. Callers of this must audit."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise BadInput("sealed with a key that is not here") from error
