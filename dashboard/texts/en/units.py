"""English texts of response units on the map."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "force.mark.fire": "F",
    "force.mark.ambulance": "A",
    "force.mark.police": "P",
    "force.mark.gas": "G",
    "force.mark.power": "E",
    "force.mark.water": "W",
    "force.mark.flood": "D",
    "force.mark.hazmat": "H",
    "force.mark.boat": "B",
    "force.mark.machine": "M",
    "force.mark.other": "R",
    "force.lost": "No position",
    "force.lost_for": "Lost {age}",
    "force.never": "No position yet, shown at its station",
    "force.heard": "Last position {age} ago",
    "force.skewed": "The device's clock is wrong; time of arrival counts",
    "force.speed": "{n} km/h",
    "force.stands": "Standing",
    "force.staff": "{n} people on duty",
    "force.short": "Too few people to leave",
    "force.count": "Units {n}",
    "force.elsewhere": "Committed in another district",
    "force.bound": "Committed {n}",
    "force.lost_n": "Lost {n}",
    "force.lost_help": "Look at the lost units one by one",
    "force.call": "Phone {phone}",
    "force.reason": "Because: {reason}",
}
