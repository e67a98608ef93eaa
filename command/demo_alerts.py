"""The demo's warnings: in whose name they go out, one that is published for the exercise, and an update that waits."""

import msgspec
from msgspec.structs import replace
from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert

from command import alert_drafts, alerts, pictures
from command.alert_policy import Policy
from models.clock import Instant, to_datetime
from models.rules.cap.draft import Words
from models.store import db
from models.tables import Alert, Parameter, User
from tickets.moving import Actor

POLICY = Policy(
    sender="12345@yunzhou.example", name="云州市12345政务服务便民热线", english="Yunzhou 12345 hotline",
    contact="12345", 
)  # fmt: skip
RIGHTS = {
    "coord": frozenset({"command.view", "command.act"}),
    "leader": frozenset({"command.view", "command.approve"}),
}  # fmt: skip


def fill(engine: Engine, tenant_id: int, incident_id: int, *, now: Instant) -> None:
    """Set the demo's parameters, and warn of the exercise `incident_id` that has just begun (0: none has)."""
    with db.transaction(engine, tenant_id) as session:
        value = {
            "tenant_id": tenant_id, "name": "alerts", "value": msgspec.to_builtins(POLICY),
            "set_at": to_datetime(now), "set_by": "system",
        }  # fmt: skip
        session.execute(insert(Parameter).values(value).on_conflict_do_nothing())
        if not incident_id or session.scalar(select(Alert.id).limit(1)) is not None:
            return
        people = session.scalars(select(User).where(User.login.in_(RIGHTS)))
        who = {user.login: Actor(user.id, user.name, RIGHTS[user.login]) for user in people}
        picture = pictures.picture(session, incident_id)
        near, wide = (
            alert_drafts.areas_of((code,), picture=picture, city=None)
            for code in ("around:300", "around:500")
        )
        draft = alert_drafts.suggested(session, incident_id, areas=near, actor=who["coord"])
        said = replace(
            draft.chinese, description="金桥市场东门地下燃气管道疑似泄漏，正在处置。",
            instruction="请勿进入警戒范围，禁止明火和使用手机，按现场人员指引撤离。",
        )  # fmt: skip
        english = Words(
            "Gas leak", "Gas leak at Jinqiao Market: keep away", "A gas main may be leaking at the east gate.",
            "Keep out of the cordon. No open flames.",
        )  # fmt: skip
        first = alerts.draft_alert(
            session,
            incident_id,
            replace(draft, chinese=said, english=english),
            actor=who["coord"],
            now=now,
        )
        alerts.approve_alert(
            session, first.id, rev=1, note="同意发布", actor=who["leader"], now=now
        )
        more = replace(said, headline="云州市更新燃气泄漏预警：警戒范围扩大至 500 米")
        alerts.succeed_alert(
            session,
            first.id,
            "Update",
            replace(draft, chinese=more, areas=wide),
            actor=who["coord"],
            now=now,
        )
