"""Places: coordinates, the city, roads, routing, hotspots. Empty until the places issue."""
