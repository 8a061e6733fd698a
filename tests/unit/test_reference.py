"""What a modelUri can say."""

from __future__ import annotations

import pytest

from sdep.errors import InvalidError
from sdep.registry.reference import (
    AliasReference,
    LoggedModelReference,
    Reference,
    RunReference,
    StageReference,
    StorageReference,
    VersionReference,
    parse,
)

LOGGED = "m-" + "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("uri", "reference"),
    [
        ("models:/price/3", VersionReference("price", "3")),
        ("models:/price/production", StageReference("price", "Production")),
        ("models:/price/Production", StageReference("price", "Production")),
        ("models:/price/STAGING", StageReference("price", "Staging")),
        ("models:/price/latest", StageReference("price", "latest")),
        ("models:/price@champion", AliasReference("price", "champion")),
        ("models:/price/experimental", AliasReference("price", "experimental")),
        ("models:///price/3", VersionReference("price", "3")),
        (f"models:/{LOGGED}", LoggedModelReference(LOGGED)),
        ("runs:/0a1b2c/model", RunReference("0a1b2c", "model")),
        ("runs:/0a1b2c/models/price/", RunReference("0a1b2c", "models/price")),
        ("s3://bucket/path", StorageReference("s3://bucket/path")),
        ("gs://seldon-models/v1/sklearn/iris", StorageReference("gs://seldon-models/v1/sklearn/iris")),
    ],
)
def test_every_form_is_read(uri: str, reference: Reference) -> None:
    assert parse(uri) == reference


@pytest.mark.parametrize("uri", ["", "models:/", "models:/price", "models:/a/b/c", "runs:/0a1b2c", "price"])
def test_what_names_no_model_is_refused_with_an_example(uri: str) -> None:
    with pytest.raises(InvalidError, match="write") as refused:
        parse(uri)
    assert refused.value.reason == "InvalidModelUri"
