"""Look each reference up once, remember the answer, and notice when it moves.

Reconciling never waits for the registry twice for one reference: the first call asks, later ones answer from memory, and
`refresh` asks again for all of them, `ask_again` for some.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from sdep.errors import SdepError
from sdep.registry.reference import Reference, RegistryReference, StorageReference
from sdep.registry.resolved import Connection, ResolvedModel


class Registry(Protocol):
    async def lookup(self, reference: RegistryReference, connection: Connection) -> ResolvedModel: ...


@dataclass(frozen=True)
class Question:
    """One distinct look-up, however many units ask it."""

    reference: Reference
    connection: Connection


@dataclass(frozen=True)
class Fault:
    """Why the registry gave no model: SdepError's two words as a value that can be compared."""

    reason: str
    message: str


@dataclass(frozen=True)
class Answer:
    """The last model that was found, and what went wrong since, if anything did."""

    model: ResolvedModel | None = None
    fault: Fault | None = None


class Resolver:
    """Answers with single flight: a hundred units that ask the same at once cost one look-up."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._answers: dict[Question, Answer] = {}
        self._asking: dict[Question, asyncio.Task[Answer]] = {}

    async def resolve(self, question: Question) -> Answer:
        """The remembered answer, or the registry's. A fault is remembered too, until the next refresh."""
        if question in self._answers:
            return self._answers[question]
        return await self._ask(question)

    async def refresh(self, questions: Iterable[Question]) -> set[Question]:
        """Ask all these again, forget what nobody asks any more, and return the questions that are answered otherwise now."""
        wanted = set(questions)
        for question in self._answers.keys() - wanted:
            del self._answers[question]
        return await self.ask_again(wanted)

    async def ask_again(self, questions: Iterable[Question]) -> set[Question]:
        """Ask these again and return those that are answered otherwise now."""
        before = {question: self._answers.get(question) for question in questions}
        after = await asyncio.gather(*(self._ask_anew(question) for question in before))
        return {question for (question, known), now in zip(before.items(), after, strict=True) if known != now}

    async def _ask_anew(self, question: Question) -> Answer:
        """An answer that is on its way already may be older than what we were told of."""
        if task := self._asking.get(question):
            await asyncio.wait([task])
        return await self._ask(question)

    async def _ask(self, question: Question) -> Answer:
        task = self._asking.get(question)
        if task is None:
            task = self._asking[question] = asyncio.create_task(self._lookup(question))
            task.add_done_callback(lambda _: self._asking.pop(question, None))
        answer = await asyncio.shield(task)
        if answer.fault and (known := self._answers.get(question)):
            answer = replace(answer, model=known.model)
        self._answers[question] = answer
        return answer

    async def _lookup(self, question: Question) -> Answer:
        if isinstance(question.reference, StorageReference):
            return Answer(ResolvedModel(artifact_uri=question.reference.uri))
        try:
            return Answer(await self._registry.lookup(question.reference, question.connection))
        except SdepError as error:
            return Answer(fault=Fault(error.reason, error.message))
