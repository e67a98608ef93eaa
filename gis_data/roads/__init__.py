"""The roads of the city: one table, an engine on it, closures and speeds as cheap versions, and routes."""
