"""Ground floor: settings, events, pure rules, tables and the doors to the stores. Knows nobody."""
