"""What happened: an envelope and closed, frozen, documented event types. Unknown fields are errors."""
