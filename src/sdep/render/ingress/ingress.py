"""What every kind of ingress is: the objects that it consists of, and how traffic becomes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sdep.api.seldon_deployment import SeldonDeployment
from sdep.plan import Plan
from sdep.render.ingress.traffic import Traffic
from sdep.render.manifest import Manifest


class Kind(NamedTuple):
    """`api` is group/version. A route sends requests; what is no route is there before the routes that name it."""

    api: str
    name: str
    plural: str
    is_route: bool


class Shortcoming(NamedTuple):
    """Something that a SeldonDeployment asks for by `annotation` (or field) and that an ingress cannot do."""

    annotation: str
    message: str


class Ingress(NamedTuple):
    """`kinds` are in the order in which objects are applied."""

    kinds: tuple[Kind, ...]
    render: Callable[[Plan, Traffic], list[Manifest]]
    shortcomings: Callable[[SeldonDeployment], Iterator[Shortcoming]]
