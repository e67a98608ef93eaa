"""Alarms on the floor: raised, taken on by a person, cleared. `rules.alarms` decides when."""

from msgspec.structs import replace

from models.events.floor import AlarmAcknowledged, AlarmCleared, AlarmRaised
from models.rules.floor.state import Alarm, Floor


def on_alarm_raised(floor: Floor, event: AlarmRaised) -> Floor:
    """Put an alarm up; raising it twice is once."""
    if event.alarm in floor.alarms:
        return floor
    alarm = Alarm(
        key=event.alarm, rule=event.rule, subject=event.subject,
        value=event.value, threshold=event.threshold, since=event.at,
    )  # fmt: skip
    return replace(floor, alarms={**floor.alarms, alarm.key: alarm})


def on_alarm_acknowledged(floor: Floor, event: AlarmAcknowledged) -> Floor:
    """Write the name of the person who took the alarm on; the first one stays."""
    alarm = floor.alarms.get(event.alarm)
    if alarm is None or alarm.ack_name:
        return floor
    taken = replace(alarm, ack_name=event.name, ack_at=event.at)
    return replace(floor, alarms={**floor.alarms, alarm.key: taken})


def on_alarm_cleared(floor: Floor, event: AlarmCleared) -> Floor:
    """Take an alarm down."""
    if event.alarm not in floor.alarms:
        return floor
    return replace(floor, alarms={k: v for k, v in floor.alarms.items() if k != event.alarm})
