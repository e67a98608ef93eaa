"""Full text without a dictionary: every pair of neighbouring Chinese characters, every Latin word whole.

A word segmenter cuts 路灯不亮 into 路 and 灯不亮, so that 路灯 finds nothing; pairs find every part of a
text (docs/adr/0011). A search in PostgreSQL is an AND of pairs, so a text may match whose pairs stand
apart: that is the fuzziness wanted.
"""

import re

MOST = 400
"""Pairs kept of one text: what a citizen says fits, an appended law does not fill the index."""
_RUN = re.compile(r"[0-9a-z]+|[\u3400-\u9fff\uf900-\ufaff]+")


def grams(*texts: str) -> list[str]:
    """Return the distinct pairs and words of texts, at most `MOST`, in order of appearance."""
    found: dict[str, None] = {}
    for run in _RUN.findall(" ".join(texts).lower()):
        if run.isascii():
            found[run[:40]] = None
        elif len(run) == 1:
            found[run] = None
        else:
            found.update(dict.fromkeys(run[i : i + 2] for i in range(len(run) - 1)))
        if len(found) >= MOST:
            break
    return list(found)[:MOST]


def wanted(query: str) -> str:
    """Return a tsquery that finds what holds every run of `query`, one pair of a long run excepted.

    A single character finds the pairs it begins; an empty string means nothing can be searched for.
    """
    return " & ".join(_run(run) for run in _RUN.findall(query.lower())[:8])


def _run(run: str) -> str:
    if run.isascii() or len(run) == 1:
        return f"'{run[:40]}':*"
    pairs = [f"'{run[i : i + 2]}'" for i in range(min(len(run), 12) - 1)]
    whole = " & ".join(dict.fromkeys(pairs))
    if len(pairs) < 4:
        return f"({whole})"
    less = ("(" + " & ".join(pairs[:i] + pairs[i + 1 :]) + ")" for i in range(len(pairs)))
    return "(" + " | ".join(less) + ")"


def alike(one: list[str], other: list[str]) -> float:
    """Return how alike two texts are by their pairs, 0 to 1 (Jaccard)."""
    a, b = set(one), set(other)
    return len(a & b) / len(a | b) if a and b else 0.0
