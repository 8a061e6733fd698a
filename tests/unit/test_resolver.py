"""Each reference is looked up once, and moves are noticed."""

from __future__ import annotations

import asyncio

from sdep.errors import TransientError
from sdep.registry.reference import AliasReference, RegistryReference, StorageReference
from sdep.registry.resolved import Connection, ResolvedModel
from sdep.registry.resolver import Question, Resolver

SERVER = Connection("http://mlflow")
CHAMPION = Question(AliasReference("price", "champion"), SERVER)


class MemoryRegistry:
    """A registry of one model, whose alias can be moved and whose server can go away."""

    def __init__(self) -> None:
        self.version = "1"
        self.down = False
        self.lookups = 0

    async def lookup(self, reference: RegistryReference, connection: Connection) -> ResolvedModel:
        assert (reference, connection) == (CHAMPION.reference, SERVER)
        self.lookups += 1
        await asyncio.sleep(0)
        if self.down:
            raise TransientError("RegistryUnreachable", "does not answer")
        return ResolvedModel(f"s3://models/{self.version}", "price", self.version)


async def test_many_who_ask_the_same_at_once_cost_one_lookup() -> None:
    registry = MemoryRegistry()
    resolver = Resolver(registry)
    answers = await asyncio.gather(*(resolver.resolve(CHAMPION) for _ in range(100)))
    assert {answer.model.version for answer in answers if answer.model} == {"1"}
    assert registry.lookups == 1


async def test_a_refresh_names_what_moved_and_nothing_else() -> None:
    registry = MemoryRegistry()
    resolver = Resolver(registry)
    await resolver.resolve(CHAMPION)
    assert await resolver.refresh([CHAMPION]) == set()
    registry.version = "2"
    assert await resolver.refresh([CHAMPION]) == {CHAMPION}
    moved = await resolver.resolve(CHAMPION)
    assert moved.model is not None
    assert moved.model.version == "2"


async def test_a_registry_that_goes_away_takes_no_answer_with_it() -> None:
    registry = MemoryRegistry()
    resolver = Resolver(registry)
    await resolver.resolve(CHAMPION)
    registry.down = True
    await resolver.refresh([CHAMPION])
    answer = await resolver.resolve(CHAMPION)
    assert answer.model is not None
    assert answer.fault is not None
    assert answer.fault.reason == "RegistryUnreachable"


async def test_a_storage_uri_needs_no_registry() -> None:
    answer = await Resolver(MemoryRegistry()).resolve(Question(StorageReference("s3://b/m"), Connection("")))
    assert answer.model == ResolvedModel("s3://b/m")


class SlowRegistry(MemoryRegistry):
    """Answers what was true when it was asked, once it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def lookup(self, reference: RegistryReference, connection: Connection) -> ResolvedModel:
        found = await super().lookup(reference, connection)
        self.asked.set()
        await self.go.wait()
        return found


async def test_an_answer_that_was_on_its_way_when_the_registry_moved_is_not_taken_for_the_new_one() -> None:
    registry = SlowRegistry()
    resolver = Resolver(registry)
    first = asyncio.create_task(resolver.resolve(CHAMPION))
    await registry.asked.wait()
    registry.version = "2"
    told = asyncio.create_task(resolver.ask_again([CHAMPION]))
    await asyncio.sleep(0)
    registry.go.set()
    await first
    assert await told == {CHAMPION}
    moved = await resolver.resolve(CHAMPION)
    assert moved.model is not None
    assert moved.model.version == "2"
