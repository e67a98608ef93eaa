"""Prometheus metrics: this process's screens and, from the beats, every other process of the house."""

from collections.abc import Mapping
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from redis.exceptions import RedisError

from dashboard.door import doors
from dashboard.live import FloorHub
from models.clock import now
from models.store import streams


def render(hubs: Mapping[str, FloorHub]) -> bytes:
    """Return the metrics in Prometheus' text format; what cannot be read is absent, never zero."""
    registry = CollectorRegistry()
    screens = Gauge("hotline_screens", "Open live streams", ["tenant"], registry=registry)
    for hub in hubs.values():  # a tenant has one for each district somebody is limited to
        screens.labels(hub.tenant).inc(hub.clients)
    reachable = Gauge("hotline_redis_up", "1 if Redis answers", registry=registry)
    try:
        _processes(registry)
        for tenant in sorted({hub.tenant for hub in hubs.values()}):
            _sources(registry, tenant)
        reachable.set(1)
    except (RedisError, OSError):
        reachable.set(0)
    return generate_latest(registry)


def _processes(registry: CollectorRegistry) -> None:
    age = Gauge("hotline_process_age_seconds", "Since the last beat", ["name"], registry=registry)
    lag = Gauge("hotline_process_lag", "Events not done yet", ["name"], registry=registry)
    rss = Gauge("hotline_process_rss_megabytes", "Resident memory", ["name"], registry=registry)
    events = Gauge("hotline_process_events", "Events done since start", ["name"], registry=registry)
    redis = doors().redis
    names = sorted(redis.scan_iter("beat:*", count=200))
    bodies: Any = redis.mget(names) if names else []
    for body in filter(None, bodies):
        fact = msgspec.json.decode(body)
        name = fact["name"]
        age.labels(name).set(now() - fact["heard"])
        lag.labels(name).set(fact.get("lag", 0))
        rss.labels(name).set(fact.get("rss_mb", 0))
        events.labels(name).set(fact.get("events", 0))


def _sources(registry: CollectorRegistry, tenant: str) -> None:
    up = Gauge(
        f"hotline_source_up_{tenant}", "1 if the exchange is read", ["pbx"], registry=registry
    )
    silent = Gauge(
        f"hotline_source_silent_seconds_{tenant}", "Since the last byte", ["pbx"], registry=registry
    )
    redis = doors().redis
    for key in sorted(redis.scan_iter(streams.source_key(tenant, "*"), count=200)):
        fields: Any = redis.hgetall(key)
        facts = streams.source_facts(fields)
        up.labels(facts["name"]).set(facts["state"] == "up")
        silent.labels(facts["name"]).set(now() - facts["heard"])
