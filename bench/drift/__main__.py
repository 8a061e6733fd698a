"""`python -m bench.drift`: how soon generated drift is found, and how often what is none is called drift, beside published detectors."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

import numpy as np

from bench.drift import ours
from bench.drift.streams import CHANGE, GRADUAL, ROWS, SCENARIOS, Scenario, Stream, reference, stream
from bench.environment import python_of
from bench.targets import Target
from demo.table import table

OURS = "sdep"
FALSE_ALARMS = 0.5
"""In 10,000 rows, that is ten windows: what alpha allows."""
SLOWEST = 2 * ours.WINDOW
Alarms = Mapping[str, Sequence[Sequence[int]]]
"""By detector, the rows of alarms of each stream."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=5, help="of each kind")
    asked = parser.parse_args()
    begin = time.process_time()
    made = {scenario: [stream(scenario, seed) for seed in range(asked.streams)] for scenario in SCENARIOS}
    found = {scenario: {OURS: [ours.alarms(one) for one in streams]} for scenario, streams in made.items()}
    sys.stderr.write(f"ours took {time.process_time() - begin:.0f} s of a processor\n")
    for scenario, streams in made.items():
        found[scenario] |= libraries(streams)
        sys.stderr.write(f"{scenario.name}: done\n")
    sys.stdout.write(f"{_table(found)}\n")
    for target, measured in _targets(found):
        sys.stdout.write(f"{target.verdict(measured)}\n")
    return 0


def libraries(streams: Sequence[Stream]) -> dict[str, list[list[int]]]:
    """What published detectors say of the very same rows."""
    known = reference()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "streams.npz"
        np.savez(
            file,
            numbers=np.stack([one.numbers for one in streams]),
            colours=np.stack([one.colours for one in streams]),
            known=known.numbers,
            known_colours=known.colours,
        )
        program = str(Path(__file__).with_name("libraries.py"))
        said = subprocess.run(
            [str(python_of("drift")), program, str(file)], check=True, stdout=subprocess.PIPE, text=True
        )
    alarms: dict[str, list[list[int]]] = json.loads(said.stdout)
    return alarms


def _table(found: Mapping[Scenario, Alarms]) -> str:
    rows = [
        [name, f"{false_alarms(found, name):.2g}", *(_delay(found[scenario][name]) for scenario in SCENARIOS[1:])]
        for name in found[SCENARIOS[0]]
    ]
    return table(["DETECTOR", "FALSE ALARMS IN 10,000 ROWS", *(one.name.upper() for one in SCENARIOS[1:])], rows)


def false_alarms(found: Mapping[Scenario, Alarms], name: str) -> float:
    """In 10,000 rows, of all that come before any change."""
    seen = alarmed = 0
    for scenario, alarms in found.items():
        until = ROWS if scenario.change is None else CHANGE
        seen += until * len(alarms[name])
        alarmed += sum(row <= until for one in alarms[name] for row in one)
    return 10_000 * alarmed / seen


def delays(alarms: Sequence[Sequence[int]]) -> list[int]:
    """Rows from the change to the first alarm after it, of the streams in which there is one."""
    after = [[row - CHANGE for row in one if row > CHANGE] for one in alarms]
    return [one[0] for one in after if one]


def _delay(alarms: Sequence[Sequence[int]]) -> str:
    found = delays(alarms)
    if not found:
        return "never"
    missed = len(alarms) - len(found)
    return f"{median(found):,.0f}" + (f" ({missed} of {len(alarms)} never)" if missed else "")


def _targets(found: Mapping[Scenario, Alarms]) -> Iterator[tuple[Target, float]]:
    yield Target("false-alarms-in-10000-rows", FALSE_ALARMS), false_alarms(found, OURS)
    for scenario in SCENARIOS[1:]:
        seen = delays(found[scenario][OURS])
        slug = scenario.name.replace(" ", "-").replace(",", "")
        slowest = SLOWEST + (GRADUAL if scenario.over > 1 else 0)
        missed = len(seen) < len(found[scenario][OURS])
        yield Target(f"rows-to-find-{slug}", slowest), float("inf") if missed else max(seen)


if __name__ == "__main__":
    sys.exit(main())
