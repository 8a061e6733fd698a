"""The one shape of every API type."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, WithJsonSchema, model_serializer
from pydantic.alias_generators import to_camel


class KubeModel(BaseModel):
    """A part of a manifest: camelCase outside, frozen inside.

    Unknown fields are kept, so that a manifest survives a round trip whatever it holds; the API server prunes and warns of them.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="allow", protected_namespaces=()
    )

    def to_manifest(self) -> dict[str, Any]:
        """The manifest again: exactly the fields that were given, under their Kubernetes names."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    @model_serializer(mode="wrap")
    def _as_given(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Pydantic takes an unknown `http_port` for the field of that Python name being set, and would add `httpPort: null`."""
        data: dict[str, Any] = dump(self)
        for name in (self.model_extra or {}).keys() & type(self).model_fields.keys():
            alias = type(self).model_fields[name].alias
            if alias and data.get(alias) is None:
                data.pop(alias, None)
        return data


Int32 = Annotated[int, Field(strict=True), WithJsonSchema({"type": "integer", "format": "int32"})]
"""A whole number; a quoted one is refused, as the API server does."""

Count = Annotated[int, Field(strict=True, ge=0), WithJsonSchema({"type": "integer", "format": "int32", "minimum": 0})]
"""A whole number that is not negative."""

FreeForm = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "x-kubernetes-preserve-unknown-fields": True})]
"""A part that Kubernetes itself defines and checks (a PodSpec, an HPA metric): passed on as it is."""

IntOrString = Annotated[int | str, WithJsonSchema({"x-kubernetes-int-or-string": True})]
