"""What starts without a person (K-17): the plan that fits for sure, the level it stands for, and a warning's draft.

Only where the tenant allows it. It is tried whenever what plans ask has changed: report, verification, grade, and a
corrected title, type or place.
"""

from sqlalchemy.orm import Session

from command import alerts, dossier, plans
from command.moving import Held
from command.revising import follow_plan
from gis_data.city.bundle import City
from models.rules.incident.plans import Around, Body


def start_by_itself(session: Session, held: Held, city: City | None) -> None:
    """Start the best plan that may start itself, unless the incident has a plan; what follows from it follows.

    city : what the incident lies in, None where there is none: then no plan that asks for hazards nearby fits. It is
    looked at only for plans that ask of it, for the row is locked meanwhile. A response level that a person set stays.
    """
    if held.state.plans or not held.state.open or not plans.policy(session).automatic:
        return
    bodies = [plans.body_of(row) for row in plans.startable(session, held.state)]
    near = Around()
    if city is not None and any(body.automatic and _looks(body) for body in bodies):
        near = dossier.around(held.state, city)
    fitting = plans.suggest(session, held.state, near)
    ready = [each for each in fitting if each.body.automatic and each.fit.level]
    if not ready:
        return
    first = ready[0]
    reason = "; ".join(f"{what}={value}" for what, value in first.fit.reasons)
    plans.start(session, held, first.plan, first.fit.level, reason, automatic=True)
    if not held.state.level:
        follow_plan(session, held, first.fit.level, f"《{first.title}》自动启动")
    alerts.draft_by_itself(session, held)


def _looks(body: Body) -> bool:
    """True when a plan asks what lies round the incident."""
    return any(trigger.hazards for trigger in body.triggers) or any(
        rule.people for rule in body.levels
    )
