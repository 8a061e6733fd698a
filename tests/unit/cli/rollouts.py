"""Rollouts as a status holds them."""

from __future__ import annotations

from tests.unit.cli.cluster_objects import Body


def rollout(phase: str = "Progressing", reason: str = "Analysing", message: str = "", **more: object) -> Body:
    """At the second of three steps, begun a minute before `NOW` of the tests."""
    place = {"step": 1, "steps": 3, "weight": 25, "stepStartedAt": "2026-01-01T00:04:00Z"}
    names = {"canary": "main-new", "stable": "main", "revision": "abc"}
    return {"phase": phase, "reason": reason, "message": message, **names, **place, **more}


def finding(metric: str, verdict: str, message: str = "", **more: object) -> Body:
    return {"metric": metric, "verdict": verdict, "message": message, **more}


def decided(what: str, why: str = "", by: str = "analysis", at: str = "2026-01-01T00:04:00Z") -> Body:
    return {"at": at, "by": by, "what": what, "why": why}
