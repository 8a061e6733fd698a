"""The tree of one SeldonDeployment in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sdep.cli.ages import age
from sdep.cli.branches import Branch, draw
from sdep.cli.comparison_view import comparison_branch
from sdep.cli.experiment_view import experiment_branch, experiment_lines
from sdep.cli.origin import origin_line
from sdep.cli.rollout_view import rollout_branch, rollout_lines
from sdep.cli.terminal import Terminal, Tone
from sdep.diagnosis.brief import brief
from sdep.diagnosis.tree import ConditionView, DeploymentView, ModelView, PodView, PredictorView, View

_LONGEST_MESSAGE_LINES = 4


def lines(seen: View, term: Terminal, at: datetime, *, with_namespace: bool = False) -> Iterator[str]:
    """The tree, then the conditions that are not as they should be."""
    name = f"{seen.namespace}/{seen.name}" if with_namespace else seen.name
    yield f"{term.symbol(_tone(seen))} {term.paint(name, 'strong')}  {_state(seen)}"
    if seen.url and seen.ready:
        yield "  " + term.paint(term.cut(seen.url, 2), "dim")
    branches = [_predictor(predictor, at) for predictor in seen.predictors]
    branches += [_deployment(left, at) for left in seen.leftover]
    branches += [rollout_branch(seen.rollout, at)] if seen.rollout else []
    branches += [experiment_branch(seen.experiment, at)] if seen.experiment else []
    branches += [comparison_branch(found, at) for found in seen.comparisons]
    yield from draw(branches, term)
    for condition in seen.conditions:
        yield from _condition(condition, term)


def plain_lines(seen: View) -> Iterator[str]:
    """`subject: what it is now`, one line each, without ages: a line is new when something changed."""
    top = f"{seen.namespace}/{seen.name}"
    yield f"{top}: {_state(seen)}"
    for predictor in seen.predictors:
        yield f"{top} {predictor.name}: {_weight(predictor) or 'no weight yet'}"
        for model in predictor.models:
            yield f"{top} {predictor.name}/{model.unit}: {_served(model)}"
        for deployment in predictor.deployments:
            yield f"{top} Deployment {deployment.name}: {deployment.available}/{deployment.wanted} available"
            for pod in deployment.pods:
                said = f": {brief(pod.message)}" if pod.message else ""
                yield f"{top} pod {pod.name}: {pod.ready_containers}/{pod.containers} ready, {pod.phase}{said}"
    for line in rollout_lines(seen.rollout) if seen.rollout else ():
        yield f"{top} {line}"
    for line in experiment_lines(seen.experiment) if seen.experiment else ():
        yield f"{top} {line}"
    for condition in seen.conditions:
        yield f"{top} condition {condition.type}: {condition.status} {condition.reason} {condition.message}".rstrip()


def _tone(seen: View) -> Tone:
    if seen.ready:
        return "good"
    if not seen.seen:
        return "busy"
    failed = [found for found in seen.conditions if found.reason not in {"Progressing", "PredictorNotReady"}]
    turned_back = seen.rollout is not None and seen.rollout.phase == "RolledBack"
    return "bad" if failed or turned_back else "busy"


def _state(seen: View) -> str:
    if not seen.seen:
        return "not looked at yet: is the operator running?" if seen.state == "Unknown" else f"{seen.state}, changing"
    return f"{seen.state}, Ready" if seen.ready else f"{seen.state}, not Ready"


def _predictor(predictor: PredictorView, at: datetime) -> Branch:
    below = [_model(model, alone=len(predictor.models) == 1) for model in predictor.models]
    below += [_deployment(deployment, at) for deployment in predictor.deployments]
    held_back = predictor.asked != predictor.routed
    weight = _weight(predictor)
    text = f"{predictor.name} · {weight}" if weight else predictor.name
    return Branch(text, tones=("busy",) if held_back else ("strong",), below=below)


def _weight(predictor: PredictorView) -> str:
    if predictor.asked is None or predictor.routed is None:
        return ""
    noun = "mirrored" if predictor.shadow else "routed"
    if predictor.asked == predictor.routed:
        return f"{predictor.routed}% {'mirrored, shadow' if predictor.shadow else 'of the traffic'}"
    return f"{predictor.asked}% asked, {predictor.routed}% {noun}"


def _model(model: ModelView, *, alone: bool) -> Branch:
    what = "model" if alone else f"{model.unit}:"
    notes = [*([model.cause] if model.held else []), *filter(None, [origin_line(model.origin)])]
    return Branch(
        f"{what} {_served(model)}", tones=("busy",) if model.held else ("place",), aside=_followed(model), notes=notes
    )


def _followed(model: ModelView) -> str:
    """The alias or the stage that says which version it is; "" where the manifest names the version itself."""
    selector = model.uri.removeprefix(f"models:/{model.name}").removeprefix("/") if model.version else ""
    if not selector or selector == model.version:
        return ""
    return f"{'in place of' if model.held else 'as'} {selector}"


def _served(model: ModelView) -> str:
    what = f"{model.name}/{model.version}" if model.version else model.uri
    return f"{what} (held)" if model.held else what


def _deployment(deployment: DeploymentView, at: datetime) -> Branch:
    fine = deployment.available >= deployment.wanted
    wrong = bool(deployment.message) or any(pod.message for pod in deployment.pods)
    tone: Tone = "good" if fine else ("bad" if wrong else "busy")
    loud = [f"{deployment.reason}: {deployment.message}"] if deployment.message else []
    pods = [_pod(pod, deployment.name, at) for pod in deployment.pods]
    text = f"{deployment.available}/{deployment.wanted} Deployment {deployment.name}"
    return Branch(text, symbol=tone, loud=loud, below=pods)


def _pod(pod: PodView, deployment: str, at: datetime) -> Branch:
    """A pod without what its Deployment's name says already."""
    name = pod.name.removeprefix(f"{deployment}-")
    restarts = f"{pod.restarts} restart{'' if pod.restarts == 1 else 's'}" if pod.restarts else ""
    aside = " · ".join(part for part in (pod.phase, restarts, age(pod.created_at, at)) if part)
    leaving = pod.phase == "Terminating"
    tone: Tone = "busy" if leaving else "good" if pod.ready else ("bad" if pod.message else "busy")
    loud = [] if pod.ready or not pod.message else [brief(pod.message)]
    return Branch(f"{pod.ready_containers}/{pod.containers} pod {name}", symbol=tone, aside=aside, loud=loud)


def _condition(condition: ConditionView, term: Terminal) -> Iterator[str]:
    tone: Tone = "busy" if condition.reason in {"Progressing", "PredictorNotReady"} else "bad"
    head = f"{condition.type} is {condition.status}: "
    yield f"{term.symbol(tone)} {head}{term.paint(term.cut(condition.reason, len(head) + 2), tone)}"
    if condition.message:
        said = list(term.wrapped(condition.message, indent="  "))
        yield from said[:_LONGEST_MESSAGE_LINES]
        if len(said) > _LONGEST_MESSAGE_LINES:
            yield term.shown("  …")
