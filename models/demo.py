"""The demo centre: a fictional city (云州) with 120 seats in 6 teams and 8 queues.

One roster, used by `seed` (database), the simulator and the real Asterisk of the bed, so that
all three show the same floor. Pure and deterministic: no clock, no random.
"""

from dataclasses import dataclass

TENANT = "yunzhou"
CITY = "云州市"


@dataclass(frozen=True, slots=True)
class DemoQueue:
    """A queue of the ACD: `name` is Asterisk's, `label` is shown, `target_s` is its service level in seconds."""

    name: str
    label: str
    target_s: int
    share: float


@dataclass(frozen=True, slots=True)
class DemoSeat:
    """A workplace with the agent who sits there; `interface` is the queue member's, `queues` its skills."""

    interface: str
    extension: str
    agent_no: str
    agent_name: str
    team: str
    queues: tuple[str, ...]


QUEUES: tuple[DemoQueue, ...] = (
    DemoQueue("consult", "咨询", 15, 0.40),
    DemoQueue("complaint", "投诉举报", 15, 0.14),
    DemoQueue("help", "求助", 15, 0.22),
    DemoQueue("emergency", "应急", 5, 0.04),
    DemoQueue("enterprise", "企业服务", 15, 0.06),
    DemoQueue("transport", "交通出行", 15, 0.06),
    DemoQueue("housing", "住建水电", 15, 0.06),
    DemoQueue("night", "夜间值守", 15, 0.02),
)

TEAMS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("t1", "咨询一组", ("consult", "help")),
    ("t2", "咨询二组", ("consult", "help")),
    ("t3", "投诉组", ("complaint", "help")),
    ("t4", "民生组", ("housing", "transport", "help")),
    ("t5", "企业组", ("enterprise", "consult")),
    ("t6", "应急组", ("emergency", "complaint", "night")),
)

PASSWORD = "yunzhou-12345"  # noqa: S105 - printed by `up`, exists only in the demo
PEOPLE: tuple[tuple[str, str, str, str], ...] = (
    ("admin", "系统管理员", "admin", "管理员"),
    ("duty", "值班长", "duty", "林值班"),
    ("leader", "带班领导", "leader", "周主任"),
    ("coordinator", "应急协调员", "coord", "江协调"),
    ("agent", "话务员", "agent", "王建国"),
    ("dispatcher", "派单员", "dispatch", "陈派单"),
    ("reviewer", "审核员", "review", "许审核"),
    ("unit", "承办单位", "unit", "住建局经办"),
    ("unit", "下属单位", "sub", "供水科经办"),
    ("wall", "大屏", "wall", "大屏终端"),
    ("site", "现场救援队", "site", "赵队长"),
)
"""(role, its label, login, name): at least one person for every role."""
FORCE_OF = {"site": "XF16"}
"""Login -> code of the response unit whose crew the person is."""
LOGINS = tuple((login, PASSWORD, label) for _, label, login, _ in PEOPLE)
"""(login, password, role's label), shown by the demo's login page and by `up`."""

SEATS_PER_TEAM = 20
FIRST_EXTENSION = 8001

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = (
    "建国", "秀英", "婷婷", "志强", "海燕", "晓东", "丽华", "文博", "雪梅", "俊杰",
    "思远", "佳怡", "国庆", "玉兰", "天宇", "春花", "立新", "慧敏", "浩然", "素珍",
)  # fmt: skip


def _name(index: int) -> str:
    return _SURNAMES[index % 20] + _GIVEN[(index * 7 + index // 20) % 20]


def seats(count: int = len(TEAMS) * SEATS_PER_TEAM) -> tuple[DemoSeat, ...]:
    """Return the first `count` seats, dealt to the teams in blocks of 20 (beyond 120 the teams repeat)."""
    roster = []
    for index in range(count):
        team, _label, queues = TEAMS[(index // SEATS_PER_TEAM) % len(TEAMS)]
        extension = str(FIRST_EXTENSION + index)
        roster.append(
            DemoSeat(
                interface=f"PJSIP/{extension}",
                extension=extension,
                agent_no=str(1001 + index),
                agent_name=_name(index),
                team=team,
                queues=queues,
            )
        )
    return tuple(roster)
