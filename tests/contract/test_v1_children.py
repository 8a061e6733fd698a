"""The children of every manifest that v1 accepts are those that v1 makes of it."""

from __future__ import annotations

import pytest

from sdep.errors import InvalidError
from tests.contract import ours, v1
from tests.contract.corpus import FOLDER, MISSING, Sample, load
from tests.contract.differences import REASONS, Difference, differences, reason_of
from tests.contract.refusals import BETTER, v1s_words
from tests.contract.shape import shapes

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=MISSING)


def found_differences(sample: Sample) -> list[Difference]:
    return list(differences(shapes(made.body for made in ours.rendered(sample.manifest)), v1.children(sample.manifest)))


def refusals(sample: Sample) -> list[str]:
    try:
        return [str(problem) for problem in ours.said(sample.manifest) if problem.severity == "error"]
    except InvalidError as error:
        return [error.message]


def test_every_manifest_that_v1_accepts_is_accepted() -> None:
    refused = {sample.file: refusals(sample) for sample in load() if sample.accepted and refusals(sample)}
    assert not refused


def test_every_manifest_that_v1_accepts_gets_the_children_that_v1_makes(capsys: pytest.CaptureFixture[str]) -> None:
    accepted = [sample for sample in load() if sample.accepted]
    found = {sample.file: found_differences(sample) for sample in accepted}
    unexplained = {
        file: left for file, each in found.items() if (left := [one for one in each if reason_of(one) is None])
    }
    assert not unexplained
    same = sum(not each for each in found.values())
    with capsys.disabled():
        print(
            f"\n{len(accepted)} manifests that v1 accepts: {same} get v1's children, {len(accepted) - same} better ones"
        )


def test_every_reason_for_a_difference_is_needed() -> None:
    needed = {reason_of(one) for sample in load() if sample.accepted for one in found_differences(sample)}
    assert needed == {reason.why for reason in REASONS}


def test_what_v1_refuses_is_refused_or_has_a_reason_not_to_be() -> None:
    taken = {
        sample.file: ours.said(sample.manifest) for sample in load() if not sample.accepted and not refusals(sample)
    }
    assert {file: {problem.reason for problem in said} for file, said in taken.items()} == {
        file: {reason} for file, reason in BETTER.items()
    }


def test_what_v1_says_of_a_manifest_that_it_refuses_is_said_here_too() -> None:
    refused = [sample for sample in load() if not sample.accepted and sample.file not in BETTER]
    missing = {
        sample.file: (words, said)
        for sample in refused
        for words, said in [(v1s_words(sample), " ".join(refusals(sample)))]
        if words not in said
    }
    assert refused
    assert not missing
