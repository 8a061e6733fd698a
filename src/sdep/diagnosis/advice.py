"""One sentence of what to do, by the reason that the cluster gave."""

from __future__ import annotations

_IMAGE = "Correct the image's name and tag, see that the node can reach its registry, or give the pod's service account an imagePullSecret."
_FETCHED = "Correct modelUri, or see that the model's files are still in the storage."
_CRASHED = (
    "Read the lines above: they are the container's own; the pod is tried again by itself once their cause is gone."
)
_BY_REASON = {
    "InvalidManifest": "Correct the named field and apply the manifest again; `sdep lint` gives its line.",
    "InvalidTraffic": "Let the weights of the live predictors sum to 100, or set trafficPolicy to lenient.",
    "Unsupported": "Take the named part out of the manifest, or use one that is supported; `sdep lint` gives its line.",
    "ModelVersionNotFound": "Register that version or set that alias in the registry, or correct modelUri; `sdep resolve URI` asks again.",
    "InvalidModelUri": "Correct modelUri: models:/<name>@<alias>, models:/<name>/<version>, runs:/<run>/<path> or a storage URI.",
    "SecretNotFound": "Create the secret in this namespace, or correct envSecretRefName.",
    "SecretNotReadable": "Name the secret in mlflow.credentialsSecrets of the operator's chart, and upgrade the release.",
    "RoutesNotReady": "See that the ingress's kinds are installed and that its Gateway accepts the route; the operator tries again.",
    "NotCreated": "See the operator's events on this object: they say why the API server has not taken it.",
    "ApiServerError": "See that the API server is well; the operator tries again by itself.",
    "ApiServerUnreachable": "See that the API server is well; the operator tries again by itself.",
    "RegistryNotConfigured": "Set mlflow.trackingUri in the chart's values, or MLFLOW_TRACKING_URI in the unit's secret.",
    "RegistryAccessDenied": "Correct the registry's credentials in the secret that envSecretRefName names.",
    "RegistryRefusesHost": "Start the MLflow server with --allowed-hosts for the name by which the operator calls it.",
    "RegistryUnreachable": "See that the MLflow server runs and that the operator can reach it; what is pinned goes on serving.",
    "InputExampleFailed": "Save the model with an input_example that it answers: who sends what it shows is refused too.",
    "ReferenceNotFound": "Log the training data as the message says, or name a table in reference.uri of the detector or explainer.",
    "FeaturesDrifted": "Look at the features that are named: mend where they come from, or train the model anew with newer data.",
    "PredictionsDrifted": "Look at what the model is asked and at newer truth: train it anew where it no longer answers well.",
    "QualityDegraded": "Mend what sends the values that are named; the condition turns with the next window that is well.",
    "GateClosed": "Let the named gate answer 2xx, or go past it with `sdep promote`; it is asked again by itself.",
    "Frozen": "Wait for the end that is named, or take the window out of rollout.freeze.",
    "NameTaken": "Rename or delete the object that has the name, or rename the SeldonDeployment.",
    "Refused": "Correct what the API server names; the operator tries again by itself.",
    "AccessDenied": "Give the secret that envSecretRefName names the credentials to read this storage.",
    "StorageUnreachable": "See that the pod can reach the storage: its endpoint in the secret, network policies, DNS.",
    "DownloadFailed": _FETCHED,
    "ImagePullBackOff": _IMAGE,
    "ErrImagePull": _IMAGE,
    "InvalidImageName": _IMAGE,
    "ErrImageNeverPull": _IMAGE,
    "CrashLoopBackOff": _CRASHED,
    "ContainerFailed": _CRASHED,
    "Error": _CRASHED,
    "StartError": "Correct the container's command, or the image that should hold it.",
    "RunContainerError": "Correct the container's command, or the image that should hold it.",
    "OOMKilled": "Give the container more memory: svcOrchSpec.resources for the engine, componentSpecs for a container of your own.",
    "CreateContainerConfigError": "Create the Secret or ConfigMap that is named above, or correct its name in the manifest.",
    "Unschedulable": "Ask for less (resources, nodeSelector), or add a node that fits; `kubectl describe nodes` shows what is free.",
    "FailedMount": "Create the volume, Secret or ConfigMap that is named above, or correct its name in the manifest.",
    "FailedCreate": "Raise the quota or satisfy the admission policy that is named above, or ask for less.",
    "Unhealthy": "Read the container's lines above: it runs, and its readiness probe says that it can not serve yet.",
    "Evicted": "Find what used up the node (`kubectl describe node`), or ask for what the pod really needs.",
}
_MODEL_NOT_FOUND = (
    "Register the model under that name, or correct modelUri; `sdep resolve URI` asks the registry again."
)
_BY_PHASE = {
    "Paused": "Take the step with `sdep promote {name}` where the canary is good enough, or turn back with `sdep abort {name}`.",
    "RolledBack": "Correct the canary: another version of it is tried by itself. `sdep retry {name}` tries the same one again.",
}
_PAUSED_BY_PERSON = "Go on with `sdep resume {name}`, or turn back with `sdep abort {name}`."
_WAIT = "Nothing is wrong yet: wait, or follow it with `sdep status {name} -w`."
_LOOK = "Look at `kubectl describe pod` of the pod above; the cluster gives no more than this."


def advice(reason: str, kind: str) -> str:
    """What to do about a reason; `kind` is that of the object that gave it."""
    if reason == "ModelNotFound":
        return _MODEL_NOT_FOUND if kind == "condition" else _FETCHED
    return _BY_REASON.get(reason, _LOOK)


def patience(name: str) -> str:
    """What to do while everything is on its way."""
    return _WAIT.format(name=name)


def rollout_advice(name: str, phase: str, reason: str) -> str:
    """What to do about a rollout; one that a person paused has the reason `Paused`."""
    if phase == reason == "Paused":
        return _PAUSED_BY_PERSON.format(name=name)
    return _BY_PHASE.get(phase, _WAIT).format(name=name)
