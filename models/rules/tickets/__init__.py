"""Tickets: which moves are lawful (`moves`), and the state that events lead to (`fold`)."""

from models.rules.tickets.fold import Leg, Ticket, reduce
from models.rules.tickets.moves import MOVES, Move, Status, Verb, lawful

__all__ = ["MOVES", "Leg", "Move", "Status", "Ticket", "Verb", "lawful", "reduce"]
