"""The operator's settings: read once at the start, passed as an argument from then on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Json, SecretStr
from pydantic.alias_generators import to_camel

PREFIX = "SDEP_"


def _text_to_list(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


TextList = Annotated[tuple[str, ...], BeforeValidator(_text_to_list)]


PARENT = r"^[a-z0-9-]+/[a-z0-9.-]+(/[a-z0-9.-]+)?$"
IngressName = Literal["istio", "gateway-api", "none"]
IngressNames = Annotated[tuple[IngressName, ...], BeforeValidator(_text_to_list)]


class ServerImage(BaseModel):
    """The image of a prepackaged server for one protocol; the version may be a part of `image` or stand beside it."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    image: str = ""
    default_image_version: str = ""

    def __str__(self) -> str:
        return f"{self.image}:{self.default_image_version}" if self.default_image_version else self.image


class PredictorServer(BaseModel):
    """An entry of v1's `predictor_servers`: images by protocol."""

    model_config = ConfigDict(frozen=True)

    protocols: dict[str, ServerImage] = Field(default_factory=dict)


_SERVERS = {
    "TENSORFLOW_SERVER": {"seldon": "seldonio/tfserving-proxy:1.17.1", "tensorflow": "tensorflow/serving:2.1.0"},
    "TRITON_SERVER": {"v2": "nvcr.io/nvidia/tritonserver:21.08-py3"},
    "HUGGINGFACE_SERVER": {"v2": "seldonio/mlserver:1.3.5-huggingface"},
    "TEMPO_SERVER": {"v2": "seldonio/mlserver:1.3.5-slim"},
}
"""What v1 came with beside the servers that our runtime replaces."""


class OperatorSettings(BaseModel):
    """Each field is the environment variable SDEP_<NAME>; the chart's values set them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    runtime_image: str
    runtime_image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    runtime_user: int = 8888
    engine_resources: Json[dict[str, Any]] | dict[str, Any] = Field(
        default_factory=lambda: {"requests": {"cpu": "100m", "memory": "256Mi"}}
    )
    initializer_resources: Json[dict[str, Any]] | dict[str, Any] = Field(
        default_factory=lambda: {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}}
    )
    environment_policy: Literal["image", "make", "require"] = Field(
        "image",
        description="for models that ask for other packages than the image has, where sdep.io/environment says nothing",
    )
    cache_volume: Json[dict[str, Any]] | dict[str, Any] = Field(
        default_factory=dict,
        description="a volume, as in a pod's spec, that keeps artifacts and environments for later pods",
    )
    cache_limit: str = Field(
        "",
        pattern=r"^([0-9]+(\.[0-9]+)?([kMGTPE]|[KMGTPE]i)?)?$",
        description="how large it may become, as a quantity: what was used longest ago is deleted; nothing is without it",
    )
    default_env_secret: str = Field("", description="secret for units that name none in envSecretRefName")

    predictor_servers: Json[dict[str, PredictorServer]] | dict[str, PredictorServer] = Field(
        default_factory=dict,
        description="images of prepackaged servers in v1's form, beside and before those v1 came with",
    )
    storage_initializer_image: str = Field("", description="downloads models instead of the runtime's own image")
    explainer_image: str = Field("", description="for explainers whose containerSpec names no image")
    keda_enabled: bool = False

    payload_endpoint: str = Field(
        "http://default-broker", description="where payloads go of units whose logger names no url"
    )
    payload_queue_size: int = Field(10_000, ge=1, description="payloads of a pod that may wait for their receiver")
    payload_timeout_ms: int = Field(2000, ge=1, description="how long a receiver may take for one payload")

    mlflow_tracking_uri: str = ""
    resolve_interval_seconds: float = Field(10.0, gt=0, description="how often a moved alias or stage is looked for")
    registry_timeout_seconds: float = Field(5.0, gt=0)
    mlflow_served_by: str = Field(
        "",
        pattern=r"^[A-Za-z0-9._-]{0,63}$",
        description="this cluster's name: versions get the tag sdep.served-by/<name> while it serves them",
    )
    mlflow_webhook_port: int = Field(0, ge=0, le=65535, description="where MLflow tells of moves by itself; 0: nowhere")
    mlflow_webhook_secrets: str = Field("", description="a folder: each file has a secret that MLflow may sign with")

    prometheus_url: str = Field(
        "", pattern=r"^(https?://[^@\s?#]+)?$", description="the Prometheus that queries of rollouts are sent to"
    )

    ingress: IngressName = Field("istio", description="which routes a SeldonDeployment gets that does not say")
    other_ingresses: IngressNames = Field((), description="what the annotation sdep.io/ingress may choose beside it")
    istio_enabled: bool = Field(default=True, description="false is v1's way to say ingress none")
    istio_gateway: str = "istio-system/seldon-gateway"
    istio_tls_mode: Literal["", "DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"] = ""
    gateway_api_parent: str = Field(
        "istio-system/seldon-gateway", pattern=PARENT, description="Gateway of HTTPRoutes: namespace/name[/listener]"
    )
    gateway_api_grpc_parent: str = Field(
        "",
        pattern=f"{PARENT}|^$",
        description="Gateway of GRPCRoutes, where it is another listener than that of HTTPRoutes",
    )
    gateway_api_annotations: Json[dict[str, str]] | dict[str, str] = Field(
        default_factory=dict, description="annotations of HTTPRoutes and GRPCRoutes, for the Gateway's own controller"
    )
    traffic_policy: Literal["lenient", "strict"] = Field(
        "lenient", description="strict refuses weights that do not sum to 100, as v1 does"
    )
    rollout_allowed_hosts: TextList = Field(
        ("*.svc", "*.svc.cluster.local"),
        description="patterns of hosts that gates and notifications of rollouts may name",
    )
    lineage_datahub_url: str = Field("", description="DataHub's metadata service, told what is served; empty: nobody")
    lineage_datahub_token: SecretStr = Field(SecretStr(""), description="sent to it as a bearer token")
    lineage_datahub_environment: str = Field("PROD", description="DataHub's fabric, in the names of what is told")
    lineage_datahub_platform_instance: str = Field("", description="which of several clusters this one is")
    lineage_datahub_model_separator: str = Field("_", description="model_name_separator of DataHub's MLflow source")
    lineage_openlineage_url: str = Field("", description="who takes OpenLineage's events; empty: nobody")
    lineage_openlineage_token: SecretStr = Field(SecretStr(""), description="sent to it as a bearer token")
    lineage_openlineage_namespace: str = Field("sdep", description="OpenLineage's namespace of jobs")
    drain_seconds: int = Field(5, ge=0, description="how long a stopping pod still answers")

    namespaces: TextList = Field((), description="namespaces to watch; none means all")
    controller_id: str = Field("", description="SeldonDeployments whose label seldon.io/controller-id says so are ours")
    pod_name: str = Field("", description="who we are, for the lease")
    pod_address: str = Field("", description="where other replicas reach us; they hand on what MLflow told them")
    pod_namespace: str = Field("seldon-system", description="where the lease and the webhook's certificate are kept")

    leader_election: bool = False
    leader_election_id: str = "a33bd623.machinelearning.seldon.io"
    lease_seconds: int = Field(15, ge=1, description="how long a leader that fell silent is still waited for")
    renew_seconds: float = Field(10.0, gt=0, description="a leader that could not renew its lease for so long stops")
    retry_seconds: float = Field(2.0, gt=0, description="how often the lease is renewed")

    webhook_enabled: bool = False
    webhook_port: int = 4443
    webhook_cert_dir: str = Field("", description="tls.crt and tls.key are read there, instead of being made")

    workers: int = Field(4, ge=1)
    probe_port: int = 8080
    page_port: int = Field(0, ge=0, le=65535, description="where a browser sees what the operator sees; 0: nowhere")
    page_actions: bool = Field(
        default=False, description="whether people may decide on rollouts there, as RBAC lets them"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def ingresses(self) -> tuple[IngressName, ...]:
        """Those in use: first the one that counts where a SeldonDeployment does not say. `none` may always be chosen."""
        first: IngressName = "none" if self.ingress == "istio" and not self.istio_enabled else self.ingress
        return tuple(dict.fromkeys((first, *self.other_ingresses, "none")))

    @property
    def webhook_address(self) -> str:
        """Where MLflow's deliveries can be handed on to us, as `host:port`, or "" where none are taken in."""
        if not (self.mlflow_webhook_port and self.pod_address):
            return ""
        host = f"[{self.pod_address}]" if ":" in self.pod_address else self.pod_address
        return f"{host}:{self.mlflow_webhook_port}"

    def server_image(self, implementation: str, protocol: str) -> str:
        """The image of a prepackaged server, or "" where none is given; `v2` and `kfserving` are one protocol with two names."""
        given = self.predictor_servers.get(implementation)
        images = given.protocols if given else _SERVERS.get(implementation, {})
        other = {"v2": "kfserving", "kfserving": "v2"}.get(protocol, protocol)
        return str(images.get(protocol) or images.get(other) or "")


def from_environment(environment: Mapping[str, str]) -> OperatorSettings:
    """Settings from SDEP_* variables; empty ones keep the default. Raises pydantic's ValidationError naming each bad one."""
    given = {name: environment.get(PREFIX + name.upper(), "") for name in OperatorSettings.model_fields}
    return OperatorSettings.model_validate({name: value for name, value in given.items() if value})


DEFAULTS = OperatorSettings(runtime_image="sdep-runtime")
"""Of an installation that chose nothing: what the command line assumes without a cluster."""
