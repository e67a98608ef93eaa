"""The administration's screens: units, people, roles, categories, parameters, calendar, flow."""
