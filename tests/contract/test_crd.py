"""The CRD that is shipped is the one that the code means."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sdep.api.crd import custom_resource_definition

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("shipped", ["crds/seldondeployments.yaml", "charts/sdep-operator/files/crd.yaml"])
def test_the_shipped_crd_is_generated_from_the_code(shipped: str) -> None:
    assert yaml.safe_load((ROOT / shipped).read_text()) == custom_resource_definition(), "run `make generate`"


def test_the_crd_fits_into_the_annotation_of_a_client_side_apply() -> None:
    assert (ROOT / "crds/seldondeployments.yaml").stat().st_size < 262_144


def test_the_three_versions_of_v1_are_served_and_v1_is_stored() -> None:
    versions = {version["name"]: version["storage"] for version in custom_resource_definition()["spec"]["versions"]}
    assert versions == {"v1": True, "v1alpha2": False, "v1alpha3": False}
