"""A stand-in exchange sold in the box: it speaks AMI and is full of citizens and agents."""

from pbx.simulator.plan import Plan, at_rate, demo_plan
from pbx.simulator.server import run, serve
from pbx.simulator.world import World

__all__ = ["Plan", "World", "at_rate", "demo_plan", "run", "serve"]
