"""The list of tasks over all incidents and its export: one question, one set of rows."""

from sqlalchemy.orm import Session

from command import task_lists
from dashboard.auth import require
from dashboard.door import reading
from dashboard.pages.context import actor, place, words
from dashboard.views import tasks as views
from dashboard.views.kit import Child, Words
from dashboard.views.task_query import TaskQuery, read
from models.clock import now


def page(search: str) -> Child:
    """Return the list of an address."""
    require("command.view")
    query, at = read(search), now()
    with reading() as session:
        zone = place(session).zone
        found = task_lists.listed(
            session, query.criteria(zone), actor=actor(), now=at, page=query.page
        )
    pages = -(-found.total // task_lists.PAGE)
    return views.page(found.rows, query, words(), total=found.total, pages=pages, zone=zone, now=at)


def rows(session: Session, query: TaskQuery, texts: Words) -> list[list[str]]:
    """Return the whole list as the export has it, with its heads."""
    zone, at = place(session).zone, now()
    out = [[texts[f"tasks.col.{name}"] for name in views.COLUMNS]]
    for row in task_lists.every(session, query.criteria(zone), actor=actor(), now=at):
        said = views.line(row, zone, at, texts)
        out.append([said[name] for name in views.COLUMNS])
    return out
