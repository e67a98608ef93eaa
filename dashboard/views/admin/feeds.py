"""The city's data sources: what each said last and how old that is, the form of one, letters nobody could read."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dash import dcc, html

from dashboard.views import clock
from dashboard.views.admin import parts
from dashboard.views.kit import Child, Words, data, empty, link, panel, status, table
from gis_data.coordinates import SOURCES
from gis_data.state import BUREAUS
from models.clock import Instant

if TYPE_CHECKING:
    from gis_data.feeds.dead import Letter
    from gis_data.feeds.registry import FeedForm, Line
    from models.tables import Feed

KINDS = ("poll", "push")
ERROR_SHOWN = 160
_AT = r"(?: - at `(?P<at>.+)`)?"
_UNREAD = {
    "json": re.compile(r"JSON is malformed: .*\(byte (?P<n>\d+)\)"),
    "cut": re.compile(r"Input data was truncated"),
    "missing": re.compile(r"Object missing required field `(?P<field>.+?)`" + _AT),
    "unknown": re.compile(r"Object contains unknown field `(?P<field>.+?)`" + _AT),
    "type": re.compile(r"Expected `(?P<want>.+?)`, got `(?P<got>.+?)`" + _AT),
}
"""What msgspec says of a message, by the key of our words for it; `at` is a path, $ the whole."""


def page(lists: Child, form: Child, words: Words) -> Child:
    """Return the page: the lists, which follow what comes in, and the form beside them."""
    new = link(words["admin.feed.new"], "/admin/feeds", className="button primary")
    bar = html.Div(new, className="filters end")
    left = [bar, html.Div(lists, id="feeds-lists"), dcc.Store(id="feeds-tick")]
    return parts.split(left, form)


def lines(found: Sequence["Line"], chosen: int, now: Instant, words: Words) -> Child:
    """Return the list of feeds."""
    title = words["admin.tab.feeds"]
    if not found:
        return panel(title, empty(words["admin.feeds.none"]))
    numbers = ("messages", "readings", "refused", "dead")
    heads = [(words[f"admin.feed.{name}"], "") for name in ("label", "bureau", "state", "age")]
    heads += [(words[f"admin.feed.{name}"], "num") for name in numbers]
    rows = [_row(line, chosen, now, words) for line in found]
    return panel(title, table(heads, rows, label=title), css="feeds")


def _row(line: "Line", chosen: int, now: Instant, words: Words) -> tuple[Child, ...]:
    feed, dead = line
    here = {"aria-current": "true"} if feed.id == chosen else {}
    name = [
        link(feed.label, address(feed.id), **here),
        html.Small([html.Code(feed.name), " ", words[f"admin.feed.kind.{feed.kind}"]]),
    ]
    return (
        html.Div(name, className="feed-name"), words[f"bureau.{feed.bureau}"],
        html.Div([state(feed, now, words), *_fault(feed, words)], className="feed-name"),
        _age(feed, now, words),
        f"{feed.messages:,}", f"{feed.readings:,}",
        html.Span(f"{feed.refused:,}", title=_reasons(feed, words) or None), f"{dead:,}",
    )  # fmt: skip


def state(feed: "Feed", now: Instant, words: Words) -> Child:
    """Return how a feed is: stopped, silent, faulty, not heard yet, partly refused, or well."""
    if not feed.active:
        return status("off", words["admin.feed.is.stopped"])
    if feed.silent_at is not None:
        since = clock.duration(now - feed.silent_at.timestamp(), words)
        return status("bad", words["admin.feed.is.silent"].format(since=since))
    if feed.last_error:
        return status("warn", words["admin.feed.is.faulty"])
    if feed.heard_at is None:
        return status("off", words["admin.feed.is.new"])
    if feed.refused_last:
        return status("warn", words["admin.feed.is.refusing"])
    return status("ok", words["admin.feed.is.well"])


def _fault(feed: "Feed", words: Words) -> list[Child]:
    """Return what last went wrong, and why readings of the last message were refused."""
    said = []
    if feed.active and feed.last_error:
        said.append(html.Small(fault(feed.last_error, words), title=feed.last_error))
    if feed.active and feed.refused_last:
        said.append(html.Small(_reasons(feed, words)))
    return said


def fault(error: str, words: Words) -> str:
    """Return a feed's fault in words, with what was found where it is known."""
    kind, _, rest = error.partition(": ")
    name, _, number = kind.partition(" ")
    text = words.get(f"admin.feed.fault.{name}", name)
    more = number or ("" if name == "unreachable" else unread(rest, words))
    return f"{text} {more[:ERROR_SHOWN]}".strip()


def unread(error: str, words: Words) -> str:
    """Return why a message could not be read; what the reader says in no known way stays as it is."""
    for name, pattern in _UNREAD.items():
        found = pattern.fullmatch(error)
        if found:
            return words[f"admin.feed.unread.{name}"].format(**found.groupdict(default="$"))
    return error


def _reasons(feed: "Feed", words: Words) -> str:
    said = [
        words["admin.feed.reason"].format(why=words.get(f"admin.feed.why.{why}", why), n=n)
        for why, n in sorted(feed.refused_last.items(), key=lambda pair: -pair[1])
    ]
    return "，".join(said)


def _age(feed: "Feed", now: Instant, words: Words) -> Child:
    if feed.heard_at is None:
        return "—"
    heard = feed.heard_at.timestamp()
    text = words["map.ago"].format(age=clock.duration(max(now - heard, 0), words))
    return html.Span(text, className="num", **data(since=f"{heard:.0f}"))


def letters(found: Sequence["Letter"], zone: str, words: Words) -> Child:
    """Return the dead letters that wait."""
    title = words["admin.feed.letters"]
    if not found:
        return panel(title, empty(words["admin.feed.letters_none"]))
    heads = [
        (words[f"admin.feed.letter.{name}"], css)
        for name, css in (("feed", ""), ("at", ""), ("error", ""), ("size", "num"), ("do", ""))
    ]
    rows = [
        (
            letter.label, clock.moment(letter.at, zone, words)[5:],
            html.Span(_said(letter, words), className="feed-error", title=letter.error),
            f"{letter.size:,}",
            words["admin.feed.letter.cut"] if letter.cut
            else parts.button("feed.replay", words, key=str(letter.id)),
        )
        for letter in found
    ]  # fmt: skip
    return panel(title, table(heads, rows, label=title), css="feeds")


def _said(letter: "Letter", words: Words) -> str:
    again = words["admin.feed.letter.seen"].format(n=letter.seen) if letter.seen > 1 else ""
    return unread(letter.error, words)[:ERROR_SHOWN] + again


def form(feed: "Feed | None", given: "FeedForm | None", words: Words) -> Child:
    """Return the form of a new feed or of one that is there."""
    if feed is None or given is None:
        return parts.form_panel(words["admin.feed.new"], _new(words))
    poll = feed.kind == "poll"
    fields: list[Child] = [
        parts.typed("feed", "label", given.label, words, most=60),
        *(_asked(given.url, bool(feed.secret_sealed), words) if poll else []),
        *_times(given.datum, given.every_s, given.good_s, words),
        parts.button("feed.change", words, key=str(feed.id), primary=True),
    ]
    note = html.Span([words[f"bureau.{feed.bureau}"], " ", words[f"admin.feed.kind.{feed.kind}"]])
    return [parts.form_panel(feed.label, fields, note), _more(feed, words)]


def _new(words: Words) -> list[Child]:
    bureaus = [(each, words[f"bureau.{each}"]) for each in BUREAUS]
    kinds = [(each, words[f"admin.feed.kind.{each}"]) for each in KINDS]
    return [
        parts.chosen("feed", "bureau", bureaus, None, words),
        parts.typed("feed", "name", "", words, most=40, hint=words["admin.feed.name_help"]),
        parts.typed("feed", "label", "", words, most=60),
        parts.chosen("feed", "kind", kinds, "poll", words, hint=words["admin.feed.kind_help"]),
        *_asked("", False, words),
        *_times("wgs84", 60, 300, words),
        parts.button("feed.add", words, primary=True),
    ]


def _asked(url: str, has_secret: bool, words: Words) -> list[Child]:
    kept = words["admin.feed.secret_kept" if has_secret else "admin.feed.secret_help"]
    secret = dcc.Input(
        id=parts.name_of("feed", "secret"), type="password", value="", maxLength=500,
        autoComplete="new-password",
    )  # fmt: skip
    return [
        parts.typed("feed", "url", url, words, most=500, hint=words["admin.feed.url_help"]),
        parts.labelled("feed", "secret", secret, words, kept),
    ]


def _times(datum: str, every_s: int, good_s: int, words: Words) -> list[Child]:
    datums = [(each, words[f"admin.feed.datum.{each}"]) for each in SOURCES]
    good = words["admin.feed.good_help"]
    return [
        parts.chosen("feed", "datum", datums, datum, words),
        parts.counted("feed", "every_s", every_s, words, least=10, most=86_400),
        parts.counted("feed", "good_s", good_s, words, least=10, most=86_400, hint=good),
    ]


def _more(feed: "Feed", words: Words) -> Child:
    key = str(feed.id)
    body: list[Child] = []
    if feed.kind == "push":
        where = html.Code(f"POST /api/feeds/{feed.name}")
        token = [
            html.P(words["admin.feed.token_help"]), parts.button("feed.token", words, key=key)
        ]  # fmt: skip
        body += [
            html.P([words["admin.feed.push_to"], " ", where]),
            parts.asked("feed.token", token, words),
        ]
    if feed.active:
        shut = [html.P(words["admin.feed.stop_help"]), parts.button("feed.stop", words, key=key)]
        body.append(parts.asked("feed.stop", shut, words))
    else:
        body.append(parts.button("feed.resume", words, key=key))
    return panel(words["admin.feed.more"], html.Div(body), css="roomy")


def address(feed_id: int) -> str:
    """Return the address of a feed on the page."""
    return f"/admin/feeds?{urlencode({'feed': feed_id})}"
