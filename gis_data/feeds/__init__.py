"""Feeds of the bureaus: the contract, what is made of a message, who is asked, and what could not be read."""
