"""Write the tables of docs/compatibility.md: what each part of a manifest does, and how many of others' manifests use it.

`python -m tests.contract.compatibility`. The rows are in features.yaml; what is quoted of conditions is what the code says today.
"""

from __future__ import annotations

import re
import textwrap

from tests.contract import ours, v1
from tests.contract.corpus import ROOT, Sample, load
from tests.contract.differences import REASONS, differences
from tests.contract.features import sections
from tests.contract.refusals import BETTER
from tests.contract.shape import shapes

PAGE = ROOT / "docs" / "compatibility.md"
_MARKED = "(?<=<!-- {0} -->\n).*?(?=<!-- /{0} -->)"


def page() -> str:
    """docs/compatibility.md with its tables made anew; the words between them stay."""
    samples = load()
    text = PAGE.read_text()
    for name, made in (("counts", _counts(samples)), ("better", _better()), ("features", _features(samples))):
        text = re.sub(_MARKED.format(name), lambda _, made=made: made, text, flags=re.DOTALL)
    return text


def _features(samples: list[Sample]) -> str:
    accepted = [sample.manifest for sample in samples if sample.accepted]
    lines: list[str] = []
    for section in sections():
        lines += [
            f"\n### {section.title}\n",
            "| field | here | in v1, if otherwise | what is said | used |",
            "|---|---|---|---|---:|",
        ]
        for feature in section.features:
            count = sum(feature.used_by(manifest) for manifest in accepted)
            cells = (_name(feature.field), feature.here, feature.v1, _quoted(feature.said()), str(count))
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines).lstrip("\n") + "\n"


def _name(field: str) -> str:
    name, _, values = field.partition("=")
    return f"`{name}: {values.replace('|', ', ')}`" if values else f"`{name}`"


def _quoted(text: str) -> str:
    return f"`{text}`" if text else ""


def _counts(samples: list[Sample]) -> str:
    accepted = [sample for sample in samples if sample.accepted]
    found = {
        sample.file: list(
            differences(shapes(made.body for made in ours.rendered(sample.manifest)), v1.children(sample.manifest))
        )
        for sample in accepted
    }
    same = sum(not each for each in found.values())
    rest = len(accepted) - same
    refused = len(samples) - len(accepted)
    text = (
        f"Of {len(samples)} manifests that others wrote for v1, v1 accepts {len(accepted)}. All of these are accepted and rendered here: "
        f"{same} get just the children that v1 makes, {rest} get them with an improvement that is named below. "
        f"Of the {refused} that v1 refuses, {refused - len(BETTER)} are refused and {len(BETTER)} are served "
        "(their weights are completed)."
    )
    return textwrap.fill(text, 140) + "\n"


def _better() -> str:
    rows = {(reason.kind, reason.field or "the whole", reason.why) for reason in REASONS}
    lines = ["| child | what | why |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {kind} | {field} | {why} |" for kind, field, why in sorted(rows))]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
