"""The page of what a tenant decides of command, of its public warnings and of the types of incidents."""

from collections.abc import Mapping

import msgspec
from sqlalchemy.orm import Session

from command import alert_policy, parameters, plans
from dashboard.auth import require
from dashboard.door import reading
from dashboard.pages.admin import incident_types
from dashboard.pages.admin.answers import Said, Values, Verb, done, several, text, whole
from dashboard.pages.admin.parameters import seen, set_notes
from dashboard.pages.context import actor, place, words
from dashboard.views.admin import command as views
from dashboard.views.kit import Child
from models.errors import BadInput


def body(search: str) -> Child:
    """Return both sets of parameters as they are now, and the types with the form of one."""
    require("admin.parameters")
    with reading() as session:
        found, said = set_notes(session, place(session).zone)
        policy, alerts = plans.policy(session), alert_policy.policy(session)
        types = incident_types.section(session, search)
    default = words()["admin.default"]
    notes = said.get("command", default), said.get("alerts", default)
    stores = [seen("command", "command", found), seen("alerts", "alerts", found)]
    return [*stores, views.page(policy, alerts, notes, words()), *types]


def _save_command(session: Session, _key: str, values: Values, at: float) -> Said:
    policy = plans.Policy(
        automatic="yes" in several(values, "automatic"),
        **{name: float(whole(values, name)) for name in parameters.LIMITS},
    )
    parameters.set_policy(session, policy, seen=values["seen"]["at"], actor=actor(), now=at)
    return done("admin.at_once")


def _save_alerts(session: Session, _key: str, values: Values, at: float) -> Said:
    policy = alert_policy.Policy(
        **{name: text(values, name).strip() for name in views.WRITTEN},
        self_approve="yes" in several(values, "self_approve"),
        by_itself=_by_itself(values),
    )
    alert_policy.set_policy(session, policy, seen=values["seen"]["at"], actor=actor(), now=at)
    return done("admin.at_once")


def _by_itself(values: Values) -> alert_policy.ByItself:
    try:
        how: alert_policy.ByItself = msgspec.convert(
            text(values, "by_itself"), alert_policy.ByItself
        )
    except msgspec.ValidationError as error:
        raise BadInput(str(error), field="by_itself") from error
    return how


VERBS: Mapping[str, Verb] = {
    "command.save": _save_command,
    "alerts.save": _save_alerts,
    **incident_types.VERBS,
}
