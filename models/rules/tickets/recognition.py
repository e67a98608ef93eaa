"""What a citizen's words give away while they are typed: an emergency, a dispute, the kind of the matter."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from models.errors import BadInput
from models.rules.tickets.choices import KINDS, STAFF

LIMITS = {"alike_days": (1, 365), "alike_m": (50, 5_000)}
"""Field -> the least and the most it may be."""
WORDS_MOST, WORD_MOST = 200, 20
KIND_WORDS: Mapping[str, tuple[str, ...]] = {
    "report": ("举报", "检举"),
    "complaint": ("投诉",),
    "suggestion": ("建议", "意见"),
    "thanks": ("感谢", "表扬", "锦旗"),
    "consult": ("咨询", "请问", "查询", "想了解", "怎么办理", "如何办理"),
    "help": ("求助", "请求", "帮忙", "希望尽快", "报修"),
}
"""Kind -> words that speak for it, the graver kinds first. A proposal, never a choice."""


class IntakePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a tenant decides about intake, with our defaults.

    emergency, dispute : words by which an emergency (应急) or a dispute (矛盾纠纷) is recognised.
    alike_days, alike_m : tickets of one category within so many days and metres may be the same matter.
    at_once : kinds that the desk may answer at once (最短办理流程).
    """

    emergency: tuple[str, ...] = (
        "着火", "火灾", "爆炸", "煤气泄漏", "燃气泄漏", "坍塌", "溺水", "触电", "被困", "自杀", "中毒",
    )  # fmt: skip
    dispute: tuple[str, ...] = (
        "纠纷", "打架", "聚众", "讨薪", "拖欠工资", "上访", "围堵", "邻里矛盾", "家暴",
    )  # fmt: skip
    alike_days: int = 15
    alike_m: int = 300
    at_once: tuple[str, ...] = tuple(kind for kind in KINDS if kind not in ("report", STAFF))

    def check(self) -> None:
        """Raise BadInput naming the first parameter beyond its limits."""
        for field, (least, most) in LIMITS.items():
            if not least <= getattr(self, field) <= most:
                raise BadInput(
                    f"{field} beyond {least}-{most}", field=field, least=least, most=most
                )
        for field in ("emergency", "dispute"):
            words = getattr(self, field)
            if len(words) > WORDS_MOST or not all(2 <= len(word) <= WORD_MOST for word in words):
                raise BadInput(f"words of {field}", field=field)
        if not set(self.at_once) <= set(KINDS) - {STAFF}:
            raise BadInput("kinds answered at once", field="at_once")


def said(words: Iterable[str], text: str) -> tuple[str, ...]:
    """Return the words that a text has, in their own order."""
    return tuple(word for word in words if word in text)


def kind_of(text: str) -> tuple[str, str]:
    """Return (kind, the word for it) that a text speaks for, ("", "") when it speaks for none."""
    for kind, words in KIND_WORDS.items():
        if found := said(words, text):
            return kind, found[0]
    return "", ""


def best(entries: Sequence[tuple[str, str]], text: str) -> tuple[str, tuple[str, ...]]:
    """Return (code, its words in the text) of the entry with the most words in a text, of equals the deepest code.

    entries : (code, words with spaces between). ("", ()) when none has any.
    """
    found = [(code, said(words.split(), text)) for code, words in entries]
    hit = [(code, words) for code, words in found if words]
    return max(hit, key=lambda each: (len(each[1]), len(each[0])), default=("", ()))
