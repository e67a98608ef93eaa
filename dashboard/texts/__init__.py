"""The words on the screens: one flat table a language, the same keys in each."""

from collections.abc import Mapping

from dashboard.texts.en import EN
from dashboard.texts.zh import ZH

LANGUAGES: Mapping[str, Mapping[str, str]] = {"zh": ZH, "en": EN}
DEFAULT = "zh"


def t(lang: str | None) -> Mapping[str, str]:
    """Return the texts of a language; an unknown one falls back to Chinese."""
    return LANGUAGES.get(lang or DEFAULT, ZH)
