"""Numbers in addresses: one that can be no row's finds nothing, and breaks nothing."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from desk_site import Site, refused, running_site
from real_stores import Stores
from sqlalchemy import Engine

ODD = ("9" * 5000, "9" * 19, "\u00b2", "\u0663", "-1", "1e3", "")
"""Too many digits to read, more than a row's number has, digits of other scripts, and no whole numbers."""


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    with running_site(stores, engine) as running:
        yield running


@pytest.mark.parametrize("number", ODD)
def test_a_stream_of_an_incident_that_cannot_be_is_the_list_alone(site: Site, number: str) -> None:
    with site.client("leader").live(f"/live/command?incident={quote(number)}") as pushed:
        first = next(pushed).data
    assert (first["kind"], first["of"]) == ("snapshot", 0)
    assert "incident" not in first


@pytest.mark.parametrize("number", ODD)
def test_a_page_of_what_cannot_be_finds_nothing(site: Site, number: str) -> None:
    for path in ("/command/replay", "/command/review", "/command/plan"):
        assert refused(site.page("leader", f"{path}?id={quote(number)}")), path
    assert not refused(site.page("leader", f"/command?id={quote(number)}"))
    for search in (
        f"tab=compare&id={quote(number)},{quote(number)}",
        f"tab=reports&page={quote(number)}",
    ):
        assert not refused(site.page("leader", f"/command/reviews?{search}")), search
