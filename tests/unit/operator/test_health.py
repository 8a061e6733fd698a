"""What the operator's gauges say of what is there."""

from __future__ import annotations

from typing import Any

from kopf._cogs.structs.references import Insights

from sdep.cluster.client import Cluster
from sdep.operator.health import Health
from sdep.operator.metrics import OBJECTS, READY_REPLICAS, REPLICAS, TRAFFIC
from sdep.operator.queue import WorkQueue
from sdep.operator.store import ObjectName, Store
from sdep.operator.stream import Streams


def sdep(name: str, **status: Any) -> dict[str, Any]:  # noqa: ANN401 - of any shape
    return {"metadata": {"namespace": "n", "name": name, "uid": name, "resourceVersion": "1"}, "status": status}


def health(store: Store, cluster: Cluster | None = None) -> Health:
    """With no cluster: liveness alone asks it."""

    async def reconcile(_: ObjectName) -> None: ...

    return Health(cluster, store, WorkQueue(reconcile), Streams(Insights(), lambda *_: None, lambda *_: False))


def series(gauge: Any) -> dict[str, float]:  # noqa: ANN401 - a gauge of the client library
    (family,) = gauge.collect()
    return {"/".join(sample.labels.values()): sample.value for sample in family.samples}


async def test_every_predictor_has_its_pods_and_its_traffic_until_it_is_no_more() -> None:
    store = Store()
    main = {"name": "main", "traffic": 75, "requestedTraffic": 80, "replicas": 3, "readyReplicas": 2}
    store.put_sdep(sdep("prices", state="Creating", predictors=[main, {"name": "canary", "traffic": 25}]))
    store.put_sdep(sdep("new"))
    asked = health(store)
    asked.measure()
    assert series(REPLICAS) == {"n/prices/main": 3, "n/prices/canary": 0}
    assert series(READY_REPLICAS) == {"n/prices/main": 2, "n/prices/canary": 0}
    assert series(TRAFFIC) == {"n/prices/main": 75, "n/prices/canary": 25}
    assert series(OBJECTS) == {"Available": 0, "Creating": 1, "Failed": 0, "Unknown": 1}

    store.drop_sdep(sdep("prices"))
    asked.measure()
    assert series(REPLICAS) == series(READY_REPLICAS) == series(TRAFFIC) == {}
