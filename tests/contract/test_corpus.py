"""Manifests that others wrote for v1 are understood."""

from __future__ import annotations

import pytest

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import parse
from sdep.api.validation import problems
from tests.contract.corpus import FOLDER, MISSING, load

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=MISSING)


def test_all_that_v1_accepts_is_read_and_survives_a_round_trip(capsys: pytest.CaptureFixture[str]) -> None:
    accepted = [sample for sample in load() if sample.accepted]
    for sample in accepted:
        assert parse(sample.manifest).to_manifest() == sample.manifest, sample.file
    with capsys.disabled():
        print(f"\n{len(accepted)} manifests that v1 accepts are read and written again without loss")
    assert accepted


def test_every_manifest_that_is_read_can_be_completed_and_judged() -> None:
    for sample in load():
        if sample.accepted:
            assert isinstance(problems(with_defaults(parse(sample.manifest))), tuple), sample.file
