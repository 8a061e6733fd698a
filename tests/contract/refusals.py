"""What v1 refuses: in which words, and what of it is served here."""

from __future__ import annotations

import re

from tests.contract.corpus import Sample

BETTER = {
    "109-resources-complex-graph-with-canary.yaml": "WeightsCompleted",
    "156-resources-model-with-canary.yaml": "WeightsCompleted",
}
"""What v1 refuses and is served here, with the reason of the warning that it gets."""


def v1s_words(sample: Sample) -> str:
    """v1's own text; where its schema refuses, whose words are the API server's, the field that it is about."""
    first, *_, last = sample.reason.split("; ")[0], sample.reason.split("; ")[-1]
    if found := re.search(r"'(\w+)' is a required property", last) or re.search(r"/(\w+): ", last):
        return found[1]
    return first.partition(": ")[2]
