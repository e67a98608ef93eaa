"""What the demo's exercise has on its map from the start: a post, forces, a cordon, who is to leave and which way."""

from sqlalchemy.orm import Session

from command import plotting
from command.plotting import Op, Town
from models.clock import Instant
from models.errors import NotFound
from models.events.incident.plotting import Drawing
from tickets.moving import Actor


def draw(
    session: Session, incident_id: int, lon: float, lat: float, *, actor: Actor, now: Instant
) -> None:
    """Draw round a place; what is there stays as it is."""

    def spot(east: float, north: float) -> tuple[float, float]:
        """Some metres east and north, near enough for a picture."""
        return round(lon + east / 92_700, 7), round(lat + north / 110_900, 7)

    layer = plotting.set_layer(
        session, incident_id, title="消防救援", team="金桥消防救援站", actor=actor, now=now
    )
    drawn = (
        Drawing("circle", (spot(0, 0),), "", metres=150.0, text="核心警戒区", effect="buffer"),
        Drawing("sector", (spot(0, 0),), "", metres=600.0, bearing=150.0, spread=50.0, effect="plume"),
        Drawing("point", (spot(0, 0),), "", symbol="gas-leak", text="泄漏点"),
        Drawing("point", (spot(-320, 210),), "", symbol="forward-post", text="现场指挥部"),
        Drawing("point", (spot(-60, 130),), layer, symbol="fire-engine", text="一中队"),
        Drawing("point", (spot(-260, 120),), "", symbol="ambulance"),
        Drawing("point", (spot(-480, 330),), "", symbol="assembly", text="集结点"),
        Drawing("arrow", (spot(-30, 160), spot(-190, 260), spot(-430, 320)), "", text="疏散方向", stroke="teal"),
    )  # fmt: skip
    for number, body in enumerate(drawn, 1):
        op = Op(op=f"demo-{number}", kind="put", drawing=f"demo-{number}", body=body)
        plotting.put(session, incident_id, op, town=_no_town, actor=actor, now=now)
    plotting.snapshot(session, incident_id, "首批力量到场", actor=actor, now=now)


def _no_town() -> Town:
    raise NotFound("the demo closes no roads")
