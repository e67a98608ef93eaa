"""Loops of vehicle positioning: the TCP door, the tracker behind all doors, and a stand-in for the vehicles."""
