"""Finding a place by what is typed: characters, pinyin or its first letters, whole or in part."""

from typing import NamedTuple

import numpy as np

from gis_data.gazetteer.index import PRECISION, Gazetteer, Kind, Name
from gis_data.gazetteer.names import Asked, bare, read
from models.rules.grams import grams

MOST = 8
_CANDIDATES = 60
_WEIGHT: dict[Kind, float] = {
    "district": 0.06, "street": 0.05, "road": 0.05, "place": 0.04, "building": 0.03, "junction": 0.0,
}  # fmt: skip


class Found(NamedTuple):
    """A candidate: `text` to be written into the form, WGS-84 point, how exact it is, how sure (0 to 1).

    number : "exact", "near" (the nearest number of that side was taken) or "" when none was asked for.
    """

    text: str
    kind: Kind
    lon: float
    lat: float
    precision: str
    score: float
    note: str = ""
    number: str = ""


def search(gazetteer: Gazetteer, text: str, *, most: int = MOST) -> list[Found]:
    """Return the best candidates for what was typed, best first; empty for nothing like it."""
    asked = read(text, gazetteer.city)
    if not asked.text:
        return []
    scores = _spelled(gazetteer, asked) if asked.text.isascii() else _written(gazetteer, asked)
    best = sorted(scores.items(), key=lambda one: (-one[1], one[0]))[:most]
    return [_found(gazetteer, gazetteer.names[number], asked, score) for number, score in best]


def _spelled(gazetteer: Gazetteer, asked: Asked) -> dict[int, float]:
    """Score by pinyin, and by its first letters."""
    scores: dict[int, float] = {}
    for lines, worth in ((gazetteer.pinyin, 0.9), (gazetteer.initials, 0.8)):
        for place, number in enumerate(lines.having(asked.text, _CANDIDATES)):
            kind = gazetteer.names[number].kind
            score = worth + _WEIGHT[kind] - 0.002 * place
            scores[number] = max(scores.get(number, 0.0), score)
    return scores


def _written(gazetteer: Gazetteer, asked: Asked) -> dict[int, float]:
    """Score by shared pairs of characters: how much of the name was said, how much of what was said it is."""
    pairs = grams(asked.text)
    hits = [gazetteer.pairs[pair] for pair in pairs if pair in gazetteer.pairs]
    scores: dict[int, float] = {}
    if hits:
        counts = np.bincount(np.concatenate(hits), minlength=len(gazetteer.names))
        of_name = counts / gazetteer.lengths
        of_query = counts / max(len(pairs), 1)
        rough = 0.6 * np.minimum(of_name, 1) + 0.4 * of_query
        few = min(_CANDIDATES, int((counts > 0).sum()))
        top = np.argpartition(-rough, few - 1)[:few]
        scores = {int(number): 0.8 * float(rough[number]) for number in top if rough[number] > 0.25}
    for place, number in enumerate(gazetteer.characters.having(asked.text, _CANDIDATES)):
        scores[number] = max(scores.get(number, 0.0), 0.75) - 0.001 * place
    return {number: _refined(gazetteer, number, asked, score) for number, score in scores.items()}


def _refined(gazetteer: Gazetteer, number: int, asked: Asked, score: float) -> float:
    name, text = gazetteer.names[number], gazetteer.bare[number]
    score += _WEIGHT[name.kind]
    if text == asked.text:
        score += 0.2
    elif text in asked.text:
        score += 0.1 + 0.01 * len(text)
    elif text.startswith(asked.text):
        score += 0.1
    elif _skips(asked.text, text):
        score += 0.15
    if asked.roads and name.kind == "junction" and all(bare(road) in text for road in asked.roads):
        score += 0.5
    if asked.number and name.kind == "road" and gazetteer.houses.get(name.text):
        score += 0.15
    if name.note and bare(name.note)[:3] in asked.text:
        score += 0.05  # the district was said, too
    return score


def _skips(said: str, name: str) -> bool:
    """Whether a name holds all that was said, in order: 长江路 of 长江东路."""
    rest = iter(name)
    return all(sign in rest for sign in said)


def _found(gazetteer: Gazetteer, name: Name, asked: Asked, score: float) -> Found:
    precision = PRECISION[name.kind]
    if asked.number and name.kind == "road":
        near = gazetteer.house(name.text, int(asked.number))
        if near is not None:
            house, exact = near
            return Found(
                f"{name.text}{house.text}" if exact else f"{name.text}{asked.number}号", "road",
                house.lon, house.lat, "address" if exact else "road", min(score, 1), name.note,
                "exact" if exact else "near",
            )  # fmt: skip
    return Found(name.text, name.kind, name.lon, name.lat, precision, min(score, 1), name.note)
