"""Ten SeldonDeployments without a pod, which are created, changed and deleted, and what must be there in the end."""

from __future__ import annotations

from typing import Any

from demo.kubectl import CommandError, until
from tests.node import sdep
from tests.node.operators import CONTROLLER
from tests.node.own_operator import CHILDREN, OURS, Place, condition_of

NAMES = [f"herd-{number}" for number in range(10)]
DELETED = NAMES[7:]
_GIVEN_BY_THE_CLUSTER = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")


def owned(name: str, *predictors: dict[str, Any], **spec: object) -> dict[str, Any]:
    """A SeldonDeployment of a test's own operator, in whatever namespace it is made."""
    body = sdep.manifest(name, *predictors, **spec)
    body["metadata"] = {"name": name, "labels": {"seldon.io/controller-id": CONTROLLER}}
    return body


def predictor(name: str, model: str = "model", **more: object) -> dict[str, Any]:
    """Without a pod: what the operator makes of it is all there is."""
    graph = {"name": "m", "implementation": "SKLEARN_SERVER", "modelUri": f"s3://bucket/{model}"}
    return {"name": name, "graph": graph, "replicas": 0, **more}


class Herd:
    def __init__(self, place: Place) -> None:
        self._place = place

    def create(self) -> None:
        """As they are at first: two predictors each."""
        self._place.make(*[owned(name, predictor("main", traffic=90), predictor("old", traffic=10)) for name in NAMES])

    def change(self) -> None:
        """To what they are in the end: other models, other weights, another predictor, a shadow, a lone one."""
        self._place.make(*[owned(name, *_last(number)) for number, name in enumerate(NAMES)])

    def delete_some(self) -> None:
        self._delete(DELETED)

    def delete(self) -> None:
        """All, and what they own with them."""
        self._delete(NAMES)
        until(lambda: not self.children(), "nothing is left of the herd", 60)

    def live(self) -> None:
        """Their whole life."""
        self.create()
        self.change()
        self.delete_some()

    def children(self) -> dict[str, Any]:
        """Every child by kind and name: its labels and its specification, without what the cluster adds."""
        return {
            f"{body['kind']}/{body['metadata']['name']}": (body["metadata"]["labels"], _own(body["spec"]))
            for body in self._place.get(CHILDREN, *OURS)["items"]
            if body["metadata"]["labels"].get("seldon-deployment-id", "") in NAMES
        }

    def wait(self, wanted: dict[str, Any], seconds: float = 60) -> None:
        """Until just these children are there, and every SeldonDeployment says that it is Ready."""
        try:
            until(lambda: self._seen() == wanted and not self._unready(), "the herd converges", seconds)
        except TimeoutError as error:
            raise AssertionError(
                f"{error}; not Ready: {self._unready()}; {_differing(self._seen(), wanted)}"
            ) from error

    def settle(self, seconds: float = 60) -> dict[str, Any]:
        """The children once all that must be is Ready, and what routes named before has been drained and removed."""
        until(lambda: not self._unready(), "the herd is Ready", seconds)
        until(lambda: not set(DELETED) & self._owners(), "what was deleted is gone", seconds)
        until(lambda: not self._outlived(), "what is no longer wanted is gone", seconds)
        return self.children()

    def _outlived(self) -> list[str]:
        """Children of the predictor that only the first manifests have."""
        gone = [name for number, name in enumerate(NAMES) if "old" not in {made["name"] for made in _last(number)}]
        return [child for child in self.children() if any(f"/{name}-old" in child for name in gone)]

    def _owners(self) -> set[str]:
        return {labels["seldon-deployment-id"] for labels, _ in self.children().values()}

    def _seen(self) -> dict[str, Any]:
        try:
            return self.children()
        except CommandError:  # the API server may just be on its way back
            return {}

    def _unready(self) -> list[str]:
        try:
            found = self._place.get("sdep")["items"]
        except CommandError as error:
            return [str(error)]
        herd = {body["metadata"]["name"]: body for body in found if body["metadata"]["name"] in NAMES}
        wrong = {name for name in NAMES if (name in herd) == (name in DELETED)}
        return sorted(
            wrong | {name for name, body in herd.items() if condition_of(body, "Ready").get("status") != "True"}
        )

    def _delete(self, names: list[str]) -> None:
        self._place.target.kubectl("delete", "sdep", *names, "-n", self._place.namespace, "--ignore-not-found")


def _last(number: int) -> list[dict[str, Any]]:
    main = predictor("main", f"model-{number}", traffic=60)
    return [
        [main, predictor("old", traffic=40)],
        [main, predictor("new", f"model-{number}", traffic=40)],
        [{**main, "traffic": 100}, predictor("shade", shadow=True, traffic=50)],
        [{**main, "traffic": 100}],
    ][number % 4]


def _own(spec: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in spec.items() if name not in _GIVEN_BY_THE_CLUSTER}


def _differing(seen: dict[str, Any], wanted: dict[str, Any]) -> str:
    changed = [name for name in seen.keys() & wanted.keys() if seen[name] != wanted[name]]
    return f"too many {sorted(seen.keys() - wanted.keys())}, missing {sorted(wanted.keys() - seen.keys())}, other {changed}"
