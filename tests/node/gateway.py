"""What the gateway itself has been told."""

from __future__ import annotations

import json
from typing import Any

from demo.kubectl import Target, until

_DUMP = "http://127.0.0.1:15000/config_dump?resource=dynamic_route_configs"


def settle(target: Target, namespace: str, name: str) -> None:
    """Wait until the gateway routes as the VirtualService says: by its own configuration, which istiod pushes."""
    wanted = _weights_wanted(target, namespace, name)
    until(lambda: _weights_routed(target, namespace, name) == wanted, f"the gateway routes {name} as {wanted}")


def _weights_wanted(target: Target, namespace: str, name: str) -> dict[str, int]:
    route = target.get("virtualservice", name, "-n", namespace)["spec"]["http"][0]["route"]
    return {to["destination"]["subset"]: to.get("weight", 100) for to in route}


def _weights_routed(target: Target, namespace: str, name: str) -> dict[str, int]:
    """From Envoy's own configuration dump: the weights of this SeldonDeployment's clusters."""
    (pod, *_) = target.get("pods", "-n", "istio-system", "-l", "istio=ingressgateway")["items"]
    command = ("exec", "-n", "istio-system", pod["metadata"]["name"], "--", "curl", "-s", _DUMP)
    dump = json.loads(target.kubectl(*command))
    prefix = f"/seldon/{namespace}/{name}/"
    for config in dump["configs"]:
        for host in config["route_config"].get("virtual_hosts", ()):
            for route in host["routes"]:
                if route["match"].get("prefix") == prefix:
                    return _clusters(route["route"])
    return {}


def _clusters(action: dict[str, Any]) -> dict[str, int]:
    if "cluster" in action:
        return {action["cluster"].split("|")[2]: 100}
    return {entry["name"].split("|")[2]: entry["weight"] for entry in action["weighted_clusters"]["clusters"]}
