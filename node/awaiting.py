"""Waiting for what a program of the node brings about."""

from __future__ import annotations

from node import deadline
from node.inside import Inside
from node.problem import Problem


def await_program(inside: Inside, name: str, condition: deadline.Condition, seconds: float) -> None:
    """Wait no longer than the program lives, and quote its log when it was in vain."""

    def met() -> bool:
        if not inside.running(name):
            raise Problem(f"{name} ended by itself")
        return bool(condition())

    try:
        deadline.until(met, seconds, f"{name} gets ready")
    except Problem as problem:
        raise Problem(f"{problem}{inside.tail(name)}") from problem
