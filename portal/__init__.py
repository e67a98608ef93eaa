"""Public site and API. Empty until the portal issue."""
