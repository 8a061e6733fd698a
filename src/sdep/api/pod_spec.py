"""The parts of Kubernetes' own types that are read here. The rest of them is passed on, and the API server judges it."""

from __future__ import annotations

from decimal import InvalidOperation
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StrictInt, StrictStr, ValidationError, WithJsonSchema

from sdep.api import quantity


class _Form(BaseModel):
    """What is given must have these types; it is never changed."""

    model_config = ConfigDict(extra="allow", frozen=True)


def _quantity(value: object) -> object:
    try:
        quantity.parse(str(value))
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is no quantity: write 500m, 1 or 256Mi") from error
    return value


_Quantity = Annotated[str | int | float, AfterValidator(_quantity)]


class _Named(_Form):
    name: StrictStr


class _Port(_Form):
    name: StrictStr | None = None
    containerPort: StrictInt  # noqa: N815 - Kubernetes' name


class _Resources(_Form):
    requests: dict[str, _Quantity] | None = None
    limits: dict[str, _Quantity] | None = None


class _Container(_Named):
    image: StrictStr | None = None
    ports: list[_Port] | None = None
    env: list[_Named] | None = None
    envFrom: list[dict[str, Any]] | None = None  # noqa: N815
    volumeMounts: list[_Named] | None = None  # noqa: N815
    resources: _Resources | None = None
    securityContext: dict[str, Any] | None = None  # noqa: N815
    lifecycle: dict[str, Any] | None = None


class _PodSpec(_Form):
    containers: list[_Container] | None = None
    initContainers: list[_Container] | None = None  # noqa: N815
    volumes: list[_Named] | None = None
    securityContext: dict[str, Any] | None = None  # noqa: N815
    serviceAccountName: StrictStr | None = None  # noqa: N815


class _Metadata(_Form):
    name: StrictStr | None = None
    labels: dict[str, StrictStr] | None = None
    annotations: dict[str, StrictStr] | None = None


def _formed(form: type[_Form]) -> AfterValidator:
    def check(given: dict[str, Any]) -> dict[str, Any]:
        try:
            form.model_validate(given)
        except ValidationError as error:
            raise ValueError("; ".join(_fault(dict(fault)) for fault in error.errors(include_url=False))) from error
        return given

    return AfterValidator(check)


def _fault(fault: dict[str, Any]) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in fault["loc"]).lstrip(".")
    return f"{path}: {fault['msg']}"


_PASSED_ON = WithJsonSchema({"type": "object", "x-kubernetes-preserve-unknown-fields": True})

PodSpec = Annotated[dict[str, Any], _formed(_PodSpec), _PASSED_ON]
Container = Annotated[dict[str, Any], _formed(_Container), _PASSED_ON]
Resources = Annotated[dict[str, Any], _formed(_Resources), _PASSED_ON]
Variable = Annotated[dict[str, Any], _formed(_Named), _PASSED_ON]
TemplateMetadata = Annotated[dict[str, Any], _formed(_Metadata), _PASSED_ON]
