"""What a class says of its model: `init_metadata()`, and over it the variable MODEL_METADATA."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from sdep.runtime.classes.identity import split_image
from sdep.runtime.errors import ServingError
from sdep.runtime.log import event

if TYPE_CHECKING:
    from sdep.runtime.classes.component import Component

Datatype = Literal[
    "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64", "BYTES"
]


class BadMetadataError(ServingError):
    reason = "MICROSERVICE_BAD_METADATA"


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class _Tensor(_Strict):
    """As the Open Inference Protocol describes one."""

    name: str = ""
    datatype: Datatype = "FP64"
    shape: list[int] = []


class _SeldonMessage(_Strict):
    messagetype: str
    schema_: dict[str, Any] = {}

    model_config = ConfigDict(alias_generator=lambda name: name.rstrip("_"))


class _Metadata(_Strict):
    name: str
    versions: list[str]
    platform: str = ""
    inputs: list[_Tensor | _SeldonMessage] = []
    outputs: list[_Tensor | _SeldonMessage] = []
    custom: dict[str, str] = {}


class Metadata:
    """Made once, when the class is loaded. Where it is wrong, whoever asks for it is told, and predictions go on."""

    def __init__(self, component: Component, image: str, variable: str) -> None:
        self._failure = ""
        self._told: dict[str, Any] = {}
        name, tag = split_image(image)
        try:
            said = {**_object(component.init_metadata()), **_object(yaml.safe_load(variable or "{}"))}
            self._told = {
                "name": name,
                "versions": [tag],
                "platform": "",
                "inputs": [],
                "outputs": [],
                "custom": {},
            } | said
            _Metadata.model_validate(self._told)
        except (ValidationError, yaml.YAMLError, TypeError) as error:
            event("metadata cannot be used", level="error", detail=str(error))
            self._failure = str(error).splitlines()[0]

    def told(self) -> dict[str, Any]:
        if self._failure:
            raise BadMetadataError(f"Model metadata unavailable: {self._failure}; the log says more")
        return self._told


def _object(said: object) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise TypeError(f"metadata must be a dictionary, not {type(said).__name__}")
    return said
