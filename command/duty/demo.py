"""The demo city's duty: its phone book, a roster for this month and the next, a handover and remarks. All fictional."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from command.duty import contacts, groups, handovers, journal, roster
from command.duty.acting import zone
from models.clock import Instant
from models.rules.duty.roster import Slot
from models.store import db
from models.store.crypto import Vault
from models.store.people import PERMISSIONS
from models.tables import DutyContact, DutyShift, User
from tickets.moving import Actor

SYSTEM = Actor(0, "系统", PERMISSIONS)


class Bureau(NamedTuple):
    """An organisation of the phone book: its group, its numbers, and who is called there."""

    group: str
    name: str
    offices: str
    person: str
    position: str
    mobile: str


BUREAUS: tuple[Bureau, ...] = (
    Bureau("应急管理", "市应急管理局指挥中心", "0990-8612350, 12350", "石立军", "指挥中心主任", "13909900101"),
    Bureau("消防救援", "市消防救援支队", "119, 0990-8611900", "段长河", "值班支队长", "13909900102"),
    Bureau("医疗卫生", "市急救中心", "120, 0990-8612000", "温如兰", "调度长", "13909900103"),
    Bureau("医疗卫生", "市中心医院", "0990-8620120", "陆明远", "急诊科主任", "13909900104"),
    Bureau("公安交警", "市公安局指挥中心", "110, 0990-8611000", "雷振国", "值班指挥长", "13909900105"),
    Bureau("公安交警", "市交警支队", "122, 0990-8612200", "邵峰", "勤务科长", "13909900106"),
    Bureau("水电气热", "云州燃气集团抢修中心", "0990-8696777, 96777", "贺磊", "抢修队长", "13909900107"),
    Bureau("水电气热", "云州供电公司", "95598, 0990-8695598", "柯志勇", "配网调度", "13909900108"),
    Bureau("水电气热", "云州自来水公司", "0990-8696116, 96116", "龚海平", "管网抢修", "13909900109"),
    Bureau("应急管理", "市水务局防汛办", "0990-8613300", "万里", "防汛办主任", "13909900110"),
    Bureau("应急管理", "市气象台", "0990-8612121, 12121", "齐云霞", "首席预报员", "13909900111"),
    Bureau("应急管理", "市住房和城乡建设局", "0990-8612329", "谭建业", "安全科长", "13909900112"),
)  # fmt: skip
LEVELS: tuple[tuple[str, str, int, tuple[Slot, ...]], ...] = (
    ("leader", "带班领导", 1, (Slot("whole", "全天", 480, 1440),)),
    ("chief", "值班长", 1, (Slot("day", "白班", 480, 720), Slot("night", "夜班", 1200, 720))),
    (
        "officer", "值班员", 1,
        (Slot("early", "早班", 480, 480), Slot("late", "中班", 960, 480), Slot("night", "夜班", 1440, 480)),
    ),
    ("seat", "应急席", 2, (Slot("day", "白班", 480, 720), Slot("night", "夜班", 1200, 720))),
)  # fmt: skip
STAFF: dict[str, tuple[tuple[str, str, str], ...]] = {
    "leader": (("周主任", "带班领导", "leader"), ("姚副主任", "副主任", ""), ("沈副主任", "副主任", ""),
               ("顾副主任", "副主任", ""), ("孟调研员", "调研员", "")),
    "chief": (("林值班", "值班长", "duty"), ("江协调", "值班长", "coord"), ("方值班", "值班长", ""),
              ("钟值班", "值班长", "")),
    "officer": (("葛晓雯", "值班员", ""), ("彭志远", "值班员", ""), ("苏静", "值班员", ""), ("鲁大伟", "值班员", "")),
    "seat": (("罗素珍", "应急席", ""), ("马浩然", "应急席", ""), ("何慧敏", "应急席", ""),
             ("郭立新", "应急席", ""), ("林春花", "应急席", ""), ("高天宇", "应急席", "")),
}  # fmt: skip
PATTERNS = {"leader": "", "chief": "白 夜 休 休", "officer": "早 中 夜 休", "seat": "白 夜 休"}
MATTERS = """1. 望江路路灯报修已转市城管局，等回执。
2. 夜间降温，供热诉求增多，注意合并同址来电。
3. 交换机正常，无未确认告警。"""
REMARKS = ("接班，设备正常，人员到岗。", "供热来电增多，已提醒住建局加派接线。")


def fill(engine: Engine, tenant_id: int, vault: Vault, *, now: Instant) -> int:
    """Fill an empty duty, and return how many shifts were made; one that has a contact is left alone."""
    with db.transaction(engine, tenant_id) as session:
        if session.scalar(select(DutyContact.id).limit(1)) is not None:
            return 0
        _phone_book(session, vault, now)
        staff = _staff(session, vault, now)
        for place, (code, label, least, slots) in enumerate(LEVELS):
            roster.set_level(session, code, label, least, slots, place, actor=SYSTEM, now=now)
        here = datetime.fromtimestamp(now, ZoneInfo(zone(session))).date()
        made = sum(_roster(session, code, people, here, now) for code, people in staff.items())
        _gap(session, here + timedelta(days=3), now)
        _written(session, here, now)
        return made


def _phone_book(session: Session, vault: Vault, now: Instant) -> None:
    known: dict[str, int] = {}
    for each in BUREAUS:
        if each.group not in known:
            known[each.group] = groups.add(session, each.group, actor=SYSTEM, now=now).id
        of = (known[each.group],)
        forms = (
            contacts.Form(each.name, "organisation", position="24 小时值班", offices=each.offices, groups=of),
            contacts.Form(
                each.person, organisation=each.name, position=each.position, mobiles=each.mobile, groups=of
            ),
        )  # fmt: skip
        for form in forms:
            contacts.add(session, form, actor=SYSTEM, now=now, vault=vault)


def _staff(session: Session, vault: Vault, now: Instant) -> dict[str, list[int]]:
    users = dict(session.execute(select(User.login, User.id)).all())
    group = groups.add(session, "本中心值班", actor=SYSTEM, now=now).id
    staff: dict[str, list[int]] = {}
    for number, (code, people) in enumerate(STAFF.items()):
        for place, (name, position, login) in enumerate(people):
            form = contacts.Form(
                name, organisation="市政务热线中心", position=position, offices="12345",
                mobiles=f"1380990{number:02}{place:02}", user_id=users.get(login, 0), groups=(group,),
            )  # fmt: skip
            row = contacts.add(session, form, actor=SYSTEM, now=now, vault=vault)
            staff.setdefault(code, []).append(row.id)
    return staff


def _roster(session: Session, code: str, people: list[int], here: date, now: Instant) -> int:
    first = here.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    last = (after + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    if code == "chief":  # the demo's own login serves today by day, the coordinator's by night
        turn = (here.day - 1) % len(people)
        people = [people[(place - turn) * -1 % len(people)] for place in range(len(people))]
    return roster.generate(
        session, code, first, last, people, pattern=PATTERNS[code], actor=SYSTEM, now=now
    ).made


def _gap(session: Session, day: date, now: Instant) -> None:
    """Leave a seat open in the days to come, as it happens."""
    shift = session.scalar(
        select(DutyShift).where(DutyShift.level == "seat", DutyShift.day == day).limit(1)
    )
    if shift is not None:
        roster.cancel(session, shift.id, shift.version, "请假", actor=SYSTEM, now=now)


def _written(session: Session, here: date, now: Instant) -> None:
    """Write the last handover between two chiefs with logins, signed, and what the officers on duty remarked."""
    changes = roster.shifts(session, here - timedelta(days=6), here, level="chief")
    for out, back in reversed(list(pairwise(changes))):
        start = back.row.start_at.timestamp()
        if start > now or not (out.who.user_id and back.who.user_id):
            continue
        row = handovers.write(
            session, "chief", back.who.id, MATTERS, actor=_person(out.who), now=start - 60
        )
        handovers.sign(session, row.id, 1, actor=_person(back.who), now=start)
        break
    for each in roster.on_duty(session, now=now):
        if each.level == "chief":
            author = Actor(each.user_id, each.name, PERMISSIONS)
            for number, text in enumerate(REMARKS):
                at = min(each.start + 300 + number * 1800, now)
                journal.remark(session, text, actor=author, now=at)


def _person(row: DutyContact) -> Actor:
    return Actor(row.user_id, row.name, PERMISSIONS)
