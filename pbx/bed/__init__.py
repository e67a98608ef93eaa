"""A real Asterisk with sipp phones on loopback: the demo's exchange and the tests' judge."""
