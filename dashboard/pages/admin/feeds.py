"""The page of the city's data sources: feeds with their age, a form for one, dead letters to replay."""

from collections.abc import Mapping
from dataclasses import replace

import dash
from dash import Input, Output, State
from sqlalchemy.orm import Session

from dashboard.auth import require
from dashboard.door import doors, reading, roads_of
from dashboard.pages.admin.answers import Said, Values, Verb, asked, done, page_number, text, whole
from dashboard.pages.context import actor, place, shown, words
from dashboard.views.admin import feeds as views
from dashboard.views.admin import parts
from dashboard.views.kit import Child
from gis_data.feeds import dead, registry, taking
from gis_data.feeds.registry import FeedForm
from models.clock import now
from models.errors import BadInput
from models.tables import Feed

PERMISSION = registry.PERMISSION


def register(app: dash.Dash) -> None:
    """Register the callback by which the lists follow what comes in."""
    app.callback(
        Output("feeds-lists", "children"), Input("feeds-tick", "data"), State("url", "search"),
        prevent_initial_call=True,
    )(shown(listed))  # fmt: skip


def body(search: str) -> Child:
    """Return the lists, and the form of the feed in the address, or of a new one."""
    require(PERMISSION)
    with reading() as session:
        chosen = page_number(asked(search), "feed")
        lists = _lists(session, chosen)
        feed = registry.one(session, chosen) if chosen else None
        form = _form_of(feed) if feed else None
    beside = views.form(feed, form, words())
    store = parts.seen("feed", {"at": feed.changed_at.timestamp()}) if feed else None
    return [store, views.page(lists, beside, words())]


def listed(_tick: object, search: str | None) -> Child:
    """Return both lists as they are now."""
    require(PERMISSION)
    with reading() as session:
        return _lists(session, page_number(asked(search or ""), "feed"))


def _lists(session: Session, chosen: int) -> Child:
    zone, at = place(session).zone, now()
    lines = registry.listing(session)
    letters = dead.waiting(session, feed_id=chosen)
    return [views.lines(lines, chosen, at, words()), views.letters(letters, zone, words())]


def _form_of(feed: Feed) -> FeedForm:
    url = registry.shown_url(feed.url)
    return FeedForm(
        feed.bureau, feed.label, feed.kind, url, datum=feed.datum, every_s=feed.every_s,
        good_s=feed.good_s,
    )  # fmt: skip


def _read(values: Values, bureau: str, kind: str) -> FeedForm:
    url = text(values, "url").strip() if kind == "poll" else ""
    return FeedForm(
        bureau, text(values, "label").strip(), kind, url, text(values, "secret"),
        text(values, "datum"), whole(values, "every_s"), whole(values, "good_s"),
    )  # fmt: skip


def _add(session: Session, _key: str, values: Values, at: float) -> Said:
    form = _read(values, text(values, "bureau"), text(values, "kind"))
    made = registry.add(
        session, text(values, "name").strip(), form, actor=actor(), now=at, vault=doors().vault
    )
    return _with_token(made.feed, made.token, "admin.feed.added")


def _change(session: Session, key: str, values: Values, at: float) -> Said:
    feed = registry.one(session, _number(key))
    form = _read(values, feed.bureau, feed.kind)
    if form.url == registry.shown_url(feed.url):
        form = replace(form, url=feed.url)  # shown without its query, sent back untouched
    registry.change(
        session, feed.id, form, seen=values["seen"]["at"], actor=actor(), now=at, vault=doors().vault
    )  # fmt: skip
    return done("admin.at_once")


def _stop(session: Session, key: str, _values: Values, at: float) -> Said:
    registry.stop(session, _number(key), actor=actor(), now=at)
    return done("admin.feed.stopped")


def _resume(session: Session, key: str, _values: Values, at: float) -> Said:
    registry.resume(session, _number(key), actor=actor(), now=at)
    return done("admin.feed.resumed")


def _token(session: Session, key: str, _values: Values, at: float) -> Said:
    token = registry.make_token(session, _number(key), actor=actor(), now=at)
    return _with_token(registry.one(session, _number(key)), token, "admin.saved")


def _with_token(feed: Feed, token: str, note: str) -> Said:
    texts = words()
    stays = None
    if token:
        title = texts["admin.feed.token_of"].format(name=feed.label, path=f"/api/feeds/{feed.name}")
        stays = parts.secret(title, token, texts)
    return Said(texts[note].format(name=feed.label), stays)


def _replay(session: Session, key: str, _values: Values, at: float) -> Said:
    taken = taking.replay(
        session, _number(key), roads=lambda: roads_of(session), actor=actor(), now=at
    )
    texts = words()
    if taken.error:
        said = texts["admin.feed.still_dead"]
        return Said(said, parts.report(said, [taken.error]))
    return done(
        "admin.feed.replayed", kept=taken.kept, known=taken.known, refused=len(taken.refused)
    )


def _number(key: str) -> int:
    if not key.isdecimal() or len(key) > 18:
        raise BadInput("no such row", field="name")
    return int(key)


VERBS: Mapping[str, Verb] = {
    "feed.add": _add, "feed.change": _change, "feed.stop": _stop, "feed.resume": _resume,
    "feed.token": _token, "feed.replay": _replay,
}  # fmt: skip
