"""Public site and API: what needs no session. Warnings; the rest comes with the portal issue."""
