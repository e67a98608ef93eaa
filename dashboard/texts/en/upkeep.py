"""English texts of what command keeps up: types of incidents, capabilities, groups and levels of duty."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    # --- types of incidents
    "admin.incident_types": "Types of incidents",
    "admin.incident_types.count": "{n} types, {used} in use",
    "admin.incident_types.none": "No types yet, so nothing can be reported. Take over the standard ones, or add some",
    "admin.incident_type.new": "New type",
    "admin.incident_type.label": "Name",
    "admin.incident_type.code": "Code",
    "admin.incident_type.code_help": "Letters, digits, - and _; never changed afterwards",
    "admin.incident_type.kind": "Kind",
    "admin.incident_type.category": "CAP category",
    "admin.incident_type.category_help": "Of public warnings",
    "admin.incident_type.by_kind": "By its kind",
    "admin.incident_type.event": "CAP event (English)",
    "admin.incident_type.event_help": "Its name in the English part of public warnings",
    "admin.incident_type.position": "Place in the list",
    "admin.incident_type.state": "State",
    "admin.incident_type.off_help": "Switched off, no form offers it; incidents and plans stay as they are.",
    "admin.incident_type.added": "{name} added, reports offer it now",
    "admin.incident_type.standard": "{n} standard types added",
    "admin.do.incident_type.add": "Add type",
    "admin.do.incident_type.change": "Save",
    "admin.do.incident_type.activate": "Use again",
    "admin.do.incident_type.deactivate": "Switch off",
    "admin.do.incident_type.standard": "Take over standard types",
    # --- capabilities
    "resources.capabilities": "Capabilities",
    "resources.new_capability": "New capability",
    "resources.capability_help": "Switched off, nothing new is offered it; what has it keeps it.",
    "resources.col.units": "Units",
    "resources.col.position": "Place",
    "resources.col.used": "State",
    "resources.field.position": "Place in the list",
}
