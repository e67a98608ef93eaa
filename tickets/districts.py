"""Districts by name, the same on every screen: as the city calls them, else as a unit there is called."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from gis_data.city.present import present
from models.errors import HotlineError
from models.store.files import Files
from models.tables import Unit


def names(session: Session, store: Files) -> dict[str, str]:
    """Return GB/T 2260 code -> name of every district of the tenant's city, and of any other that has a unit."""
    found = session.execute(
        select(Unit.district, Unit.name)
        .where(Unit.district != "")
        .ext(distinct_on(Unit.district))
        .order_by(Unit.district, Unit.level, Unit.id)
    )
    return dict(sorted({**dict(found.all()), **_of_city(session, store)}.items()))


def _of_city(session: Session, store: Files) -> dict[str, str]:
    try:
        city = present(session, store)
    except HotlineError:
        return {}  # a city that cannot be opened is told on its own page; lists go on
    if city is None:
        return {}
    return dict(zip(city.districts["adcode"], city.districts["name"], strict=True))
