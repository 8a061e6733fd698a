"""What the operator's gauges say of a shadow's labels and of its paired tests, while it has them."""

from __future__ import annotations

from sdep.operator.metrics import SHADOW_FLIPS, SHADOW_P_VALUE
from sdep.operator.store import Store
from tests.unit.operator.test_health import health, sdep, series

FOUND = {
    "shadow": "shadow",
    "flips": [{"live": "cheap", "shadow": "dear", "rows": 7}, {"live": "dear", "shadow": "cheap", "rows": 2}],
    "tests": [{"measure": "latency", "more": 60, "less": 20, "pValue": 0.01}, {"measure": "errors", "pValue": 1.0}],
}


async def test_labels_that_flipped_and_paired_tests_are_told_until_the_comparison_begins_anew() -> None:
    store = Store()
    store.put_sdep(sdep("prices", comparisons=[FOUND]))
    asked = health(store)
    asked.measure()
    assert series(SHADOW_FLIPS) == {"n/prices/shadow/cheap/dear": 7, "n/prices/shadow/dear/cheap": 2}
    assert series(SHADOW_P_VALUE) == {"n/prices/shadow/latency": 0.01, "n/prices/shadow/errors": 1}

    store.put_sdep(sdep("prices", comparisons=[{"shadow": "shadow"}]))
    asked.measure()
    assert series(SHADOW_FLIPS) == series(SHADOW_P_VALUE) == {}
