"""Built-in units and their parameters, as admission judges them."""

from __future__ import annotations

from typing import Any

import pytest

from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import SeldonDeployment, parse
from sdep.api.validation import problems
from sdep.built_in import BUILT_IN, faults, values


def _read(
    implementation: str, children: int, annotations: dict[str, str] | None = None, **given: str
) -> SeldonDeployment:
    graph: dict[str, Any] = {
        "name": "u",
        "implementation": implementation,
        "parameters": [{"name": name, "value": value, "type": "STRING"} for name, value in given.items()],
        "children": [{"name": f"c{number}", "implementation": "SIMPLE_MODEL"} for number in range(children)],
    }
    predictor = {"name": "p", "graph": graph, "annotations": annotations or {}}
    return with_defaults(
        parse(
            {
                "apiVersion": "machinelearning.seldon.io/v1",
                "kind": "SeldonDeployment",
                "metadata": {"name": "d"},
                "spec": {"predictors": [predictor]},
            }
        )
    )


def _said(sdep: SeldonDeployment, severity: str) -> list[str]:
    return [f"{problem.field}: {problem.message}" for problem in problems(sdep) if problem.severity == severity]


@pytest.mark.parametrize(
    ("implementation", "children", "given", "sentence"),
    [
        ("RANDOM_ABTEST", 1, {}, ": RANDOM_ABTEST needs at least 2 children, and has 1"),
        ("RANDOM_ABTEST", 2, {"ratioA": "x"}, ".parameters[ratioA]: must be a number, and is 'x'"),
        ("RANDOM_ABTEST", 2, {"ratioA": "nan"}, ".parameters[ratioA]: must be a number, and is 'nan'"),
        ("RANDOM_ABTEST", 2, {"ratioA": "-0.1"}, ".parameters[ratioA]: must lie between 0 and 1, and is '-0.1'"),
        (
            "RANDOM_ABTEST",
            3,
            {"weights": "1,2"},
            ".parameters[weights]: must hold one number for each of the 3 children, and has 2, and is '1,2'",
        ),
        ("WEIGHTED_COMBINER", 2, {"weights": "0,0"}, ".parameters[weights]: must hold numbers such as 0.7,0.3: "),
        ("WEIGHTED_COMBINER", 2, {"weights": "1;2"}, ".parameters[weights]: must hold numbers such as 0.7,0.3: "),
        ("MAJORITY_VOTE_COMBINER", 0, {}, ": MAJORITY_VOTE_COMBINER needs at least 1 children"),
        ("EPSILON_GREEDY", 2, {"seed": "1.5"}, ".parameters[seed]: must be a whole number, and is '1.5'"),
        ("THOMPSON_SAMPLING", 2, {"verbose": "maybe"}, ".parameters[verbose]: must be true or false"),
        (
            "THOMPSON_SAMPLING",
            2,
            {"branch_names": "a:a"},
            ".parameters[branch_names]: must hold 2 names, all different",
        ),
    ],
)
def test_wrong_parameters_are_refused_by_name(
    implementation: str, children: int, given: dict[str, str], sentence: str
) -> None:
    """What would keep the pod from starting is refused at admission, with the unit and the parameter."""
    (said,) = _said(_read(implementation, children, **given), "error")
    assert said.startswith(f"spec.predictors[0].graph[u]{sentence}")


@pytest.mark.parametrize("implementation", sorted(BUILT_IN))
def test_every_built_in_unit_is_accepted_and_typed(implementation: str) -> None:
    sdep = _read(implementation, 2)
    assert _said(sdep, "error") == []
    assert sdep.spec.predictors[0].graph.type == BUILT_IN[implementation].type


@pytest.mark.parametrize(("name", "children"), [("ratio", 2), ("ratioA", 3)])
def test_parameters_that_say_nothing_are_named(name: str, children: int) -> None:
    """A slip of the pen, and a ratio of two where there are three, are warned of."""
    (said,) = _said(_read("RANDOM_ABTEST", children, **{name: "0.5"}), "warning")
    assert f"parameters[{name}]: RANDOM_ABTEST does not read it" in said


@pytest.mark.parametrize(
    ("implementation", "claim", "severity", "sentence"),
    [
        ("EPSILON_GREEDY", "No_Claim", "error", "'No_Claim' is no name of a PersistentVolumeClaim"),
        ("SIMPLE_ROUTER", "claim", "warning", "its graph has none of EPSILON_GREEDY, THOMPSON_SAMPLING"),
    ],
)
def test_claims_for_state(implementation: str, claim: str, severity: str, sentence: str) -> None:
    """The claim for what is learned must be a name, and there must be somebody who learns."""
    (said,) = _said(_read(implementation, 2, {"sdep.io/state-claim": claim}), severity)
    assert sentence in said


def test_texts_become_values() -> None:
    """Weights may stand in brackets; `seed` is an integer; a boolean is any of v1's words."""
    given = {"weights": "[1, 2.5]", "seed": "7", "unknown": "x"}

    assert list(faults("RANDOM_ABTEST", given, 2)) == []
    assert values("RANDOM_ABTEST", given, 2) == {"weights": (1.0, 2.5), "seed": 7}
    assert values("THOMPSON_SAMPLING", {"verbose": "Yes"}, 2) == {"verbose": True}
