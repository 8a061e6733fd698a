"""`python -m demo up` shows the main job; `python -m demo down` takes it away again."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

from demo import operator, patterns, platform, traffic
from demo.kubectl import CommandError, Target
from demo.steps import elapsed, step
from demo.table import table
from demo.target import ROOT, NoClusterError, choose, foreign

REQUESTS = 1000


def main() -> int:
    try:
        return {"up": up, "down": down}[sys.argv[1]]()
    except (NoClusterError, CommandError, TimeoutError) as error:
        sys.stderr.write(f"\n{error}\n")
        return 1


def up() -> int:
    target = choose()
    with step("install the operator: helm install charts/sdep-operator"):
        operator.install(target)
    with step("start MLflow on a SQL database and an S3 store"):
        platform.install(target)
    with step("train and register the price models"):
        platform.train(target)
    chosen = patterns.load()
    with step("kubectl apply the five patterns of examples/, and wait until each is Ready"):
        patterns.apply(target, chosen)
        patterns.wait(target, chosen)
    rows = []
    for pattern in chosen:
        with step(f"{REQUESTS} predictions through the gateway: {pattern.name}"):
            rows.append(_row(target, pattern))
    _say(target, rows)
    return 0


def down() -> int:
    """The node and all that is on it; on a cluster of your own, what the demo put there."""
    if not foreign():
        return subprocess.run([sys.executable, "-m", "node", "down"], cwd=ROOT, check=False).returncode
    target = choose()
    with step("delete the models, MLflow and the operator"):
        patterns.delete(target, patterns.load())
        platform.uninstall(target)
        operator.uninstall(target)
    return 0


def _row(target: Target, pattern: patterns.Pattern) -> list[str]:
    observed, answers = traffic.split(target, pattern.namespace, pattern.name, REQUESTS)
    status = pattern.status(target)
    return [
        pattern.name,
        status["summary"]["traffic"],
        _shares(observed, [predictor["name"] for predictor in status["predictors"]], REQUESTS),
        status["summary"]["models"],
        status["summary"]["ready"],
        str(answers.failed),
    ]


def _shares(observed: Counter[str], order: list[str], requests: int) -> str:
    return ", ".join(f"{predictor} {100 * observed[predictor] / requests:.1f}" for predictor in order)


def _say(target: Target, rows: list[list[str]]) -> None:
    headings = ["PATTERN", "TRAFFIC", f"OBSERVED OF {REQUESTS}", "MODELS", "READY", "FAILED"]
    example = f"http://{target.gateway}/seldon/data-platform/commodity-price-predictor/api/v1.0/predictions"
    sys.stdout.write(f"\n{table(headings, rows)}\n\nAll of it took {elapsed():.0f} s. Try it:\n\n")
    sys.stdout.write(f"  export KUBECONFIG={target.kubeconfig} PATH={target.tools}:$PATH\n" if target.tools else "")
    sys.stdout.write("  kubectl get sdep -n data-platform\n")
    sys.stdout.write(f"  curl -H 'Content-Type: application/json' -d '{traffic.BODY}' {example}\n")
    sys.stdout.write("  make demo-down\n")


if __name__ == "__main__":
    sys.exit(main())
