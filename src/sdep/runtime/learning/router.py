"""A router that learns: it chooses by what it knows, and writes down what feedback tells it before it says thanks."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING

from sdep.runtime.graph.built_in import built_in_parameters
from sdep.runtime.learning.policy import EpsilonGreedy, Record, ThompsonSampling
from sdep.runtime.learning.store import Store
from sdep.runtime.log import event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sdep.contract import ServedUnit
    from sdep.runtime.learning.policy import Policy

FRESH_SECONDS = 5.0
"""How long what others have learned is good before their files are looked at again."""


class LearningRouter:
    """`labels` name the branches for people; `records` has what is known of each, here and by others."""

    def __init__(self, unit: ServedUnit, policy: Policy, store: Store, labels: Sequence[str], *, verbose: bool) -> None:
        self.unit = unit
        self.labels = tuple(labels)
        self._names = [child.name for child in unit.children]
        self._policy = policy
        self._store = store
        self._verbose = verbose
        self._own = dict.fromkeys(self._names, Record())
        self._others = self._read_others()
        self.records = self._sum()
        self._looked = time.monotonic()
        self._asked = self._written = 0
        self._writing: asyncio.Lock | None = None
        self._look: asyncio.Future[None] | None = None

    def choose(self) -> int:
        if time.monotonic() - self._looked > FRESH_SECONDS:
            self._looked = time.monotonic()
            self._look = asyncio.get_running_loop().run_in_executor(None, self._look_around)
        branch = self._policy.choose(self.records)
        if self._verbose:
            event("routed", unit=self.unit.name, branch=self.labels[branch])
        return branch

    async def learn(self, branch: int, reward: float, rows: int) -> None:
        """`reward` is the share of the rows that were good: what lies outside of 0 to 1 counts as the nearer of them."""
        good = min(1.0, max(0.0, reward)) * rows
        name = self._names[branch]
        self._own[name] = self._own[name].plus(Record(good, rows))
        self.records = self._sum()
        if self._verbose:
            known = {label: round(record.mean, 4) for label, record in zip(self.labels, self.records, strict=True)}
            event("learned", unit=self.unit.name, branch=self.labels[branch], reward=reward, rows=rows, means=known)
        await self._keep()

    async def _keep(self) -> None:
        """Return when what is known now is written. Of feedback that comes together one write keeps all."""
        self._asked += 1
        mine = self._asked
        self._writing = self._writing or asyncio.Lock()
        async with self._writing:
            if self._written >= mine:
                return
            upto, records = self._asked, dict(self._own)
            await asyncio.to_thread(self._write, records)
            self._written = upto

    def _write(self, records: dict[str, Record]) -> None:
        """A full disk costs what was learned at the next start, and no answer now."""
        try:
            self._store.write(records)
        except OSError as error:
            event("what a router learned cannot be kept", level="error", unit=self.unit.name, reason=str(error))

    def _look_around(self) -> None:
        self._others = self._read_others()
        self.records = self._sum()

    def _read_others(self) -> dict[str, Record]:
        try:
            return self._store.others()
        except OSError as error:
            event("what a router learned cannot be read", level="warning", unit=self.unit.name, reason=str(error))
            return {}

    def _sum(self) -> list[Record]:
        return [self._own[name].plus(self._others.get(name, Record())) for name in self._names]


def learning_router(unit: ServedUnit, folder: Path) -> LearningRouter:
    """`folder` is for what this unit learns, and may be shared. `LoadError` for a unit with faults."""
    given = built_in_parameters(unit)
    draw = random.Random(given.get("seed"))  # noqa: S311 - splits traffic, keeps no secret
    policy: Policy = ThompsonSampling(draw)
    if unit.implementation == "EPSILON_GREEDY":
        policy = EpsilonGreedy(given.get("epsilon", 0.1), given.get("best_branch"), draw)
    labels = given.get("branch_names") or [child.name for child in unit.children]
    return LearningRouter(unit, policy, Store(folder), labels, verbose=given.get("verbose", False))
