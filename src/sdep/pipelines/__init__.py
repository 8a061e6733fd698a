"""Steps of a Kubeflow pipeline: `from sdep.pipelines import deploy, wait, promote, roll_back`.

They are components of Kubeflow Pipelines v2, and need its package `kfp`: `pip install 'sdep-operator[pipelines]'`. What they do is in
`steps`, which needs it not.
"""

from __future__ import annotations

from typing import Any

__all__ = ["deploy", "promote", "roll_back", "wait"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - kfp has no types
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sdep.pipelines.components import components  # noqa: PLC0415 - see above

    return components()[name]
