"""Rules about those that a rollout speaks to: its gates, and who is notified of it."""

from __future__ import annotations

from collections.abc import Iterator

from sdep.api.duration import seconds
from sdep.api.problem import Problem
from sdep.api.rollout import RolloutSpec
from sdep.api.rollout_gates import Gate
from sdep.api.rollout_notify import Notify
from sdep.api.rules.walk import invalid, no_effect
from sdep.api.web_address import refusal
from sdep.settings import OperatorSettings

_LONGEST_SECONDS = 60.0
"""A gate that must think for longer answers at once that it is not open yet: it is asked again."""


def addresses(spec: RolloutSpec, where: str, settings: OperatorSettings) -> Iterator[Problem]:
    allowed, known = settings.rollout_allowed_hosts, set[str]()
    for number, gate in enumerate(spec.gates):
        field = f"{where}.gates[{number}]"
        yield from _gate(gate, field, allowed)
        if gate.name in known:
            yield invalid(f"{field}.name", f"{gate.name!r} is another gate's too: give each a name of its own")
        known.add(gate.name)
    for number, notify in enumerate(spec.notify):
        yield from _notify(notify, f"{where}.notify[{number}]", allowed)


def _gate(gate: Gate, field: str, allowed: tuple[str, ...]) -> Iterator[Problem]:
    if not gate.name:
        yield invalid(f"{field}.name", "is empty: the status and its messages name the gate by it")
    if why := refusal(gate.url, allowed):
        yield invalid(f"{field}.url", why)
    if not 0 < seconds(gate.timeout) <= _LONGEST_SECONDS:
        yield invalid(f"{field}.timeout", f"must be more than nothing and at most {_LONGEST_SECONDS:.0f}s")


def _notify(notify: Notify, field: str, allowed: tuple[str, ...]) -> Iterator[Problem]:
    """The address in a secret is looked at when it is used."""
    if (notify.url is None) == (notify.url_from is None):
        yield invalid(field, "give either url, or urlFrom with a secretKeyRef")
    elif notify.url is not None and (why := refusal(notify.url, allowed)):
        yield invalid(f"{field}.url", why)
    if not notify.phases:
        yield no_effect(f"{field}.phases", "is empty, so nobody is told: leave it out, or name phases")
