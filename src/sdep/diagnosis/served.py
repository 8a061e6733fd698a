"""What each unit serves and has served, numbered for people: 0 is now, 1 is what was served before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, ValidationError

from sdep.api.base import KubeModel
from sdep.api.status import Origin, Pin
from sdep.errors import InvalidError

Body = Mapping[str, Any]


class Entry(KubeModel):
    """One model of a unit: from when to when it was served ("" for until now), and why it came."""

    number: int
    name: str = ""
    version: str = ""
    run_id: str = ""
    model_id: str = ""
    artifact_uri: str
    origin: Origin | None = None
    since: str = ""
    until: str = ""
    why: str = ""

    @property
    def label(self) -> str:
        return f"{self.name}/{self.version}" if self.version else self.artifact_uri


class UnitHistory(KubeModel):
    """A unit's models, newest first."""

    unit: str
    uri: str
    held: bool = False
    entries: list[Entry] = Field(default_factory=list)


def histories(body: Body) -> list[UnitHistory]:
    """Of every unit that has a pin. Raises InvalidError where the status is not this operator's."""
    try:
        pins = [
            Pin.model_validate(found, by_alias=True, by_name=False)
            for found in (body.get("status") or {}).get("models") or ()
        ]
    except ValidationError as error:
        raise InvalidError("StatusUnreadable", f"status.models can not be read: {error.errors()[0]['msg']}") from error
    return [
        UnitHistory(unit=f"{pin.predictor}/{pin.unit}", uri=pin.uri, held=pin.held, entries=list(_entries(pin)))
        for pin in pins
    ]


def _entries(pin: Pin) -> Iterator[Entry]:
    """Each change in the history tells why the model that came after it came; why the first came is not kept for ever."""
    yield Entry(
        number=0,
        name=pin.name,
        version=pin.version,
        run_id=pin.run_id,
        model_id=pin.model_id,
        artifact_uri=pin.artifact_uri,
        origin=pin.origin,
        since=pin.resolved_at,
        why=pin.cause,
    )
    for number, change in enumerate(pin.history, start=1):
        earlier = pin.history[number] if number < len(pin.history) else None
        yield Entry(
            number=number,
            name=change.name or (pin.name if change.version else ""),
            version=change.version,
            run_id=change.run_id,
            model_id=change.model_id,
            artifact_uri=change.artifact_uri,
            origin=change.origin,
            since=change.served_since or (earlier.replaced_at if earlier else ""),
            until=change.replaced_at,
            why=earlier.cause if earlier else "",
        )
