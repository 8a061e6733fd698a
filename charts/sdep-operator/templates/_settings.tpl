{{- /* The operator's settings as environment variables: a list, in the order of src/sdep/settings.py. */}}
{{- define "sdep.settings" -}}
- SDEP_RUNTIME_IMAGE: {{ include "sdep.image" (dict "image" .Values.runtime.image "appVersion" .Chart.AppVersion) | quote }}
- SDEP_RUNTIME_IMAGE_PULL_POLICY: {{ .Values.runtime.image.pullPolicy | quote }}
- SDEP_RUNTIME_USER: {{ .Values.defaultUserID | quote }}
- SDEP_ENGINE_RESOURCES: {{ include "sdep.resources" (dict "resources" .Values.runtime.resources "v1" .Values.executor.resources) | quote }}
- SDEP_INITIALIZER_RESOURCES: {{ include "sdep.resources" (dict "resources" dict "v1" .Values.storageInitializer) | quote }}
- SDEP_ENVIRONMENT_POLICY: {{ .Values.runtime.environment | quote }}
- SDEP_CACHE_VOLUME: {{ .Values.runtime.cacheVolume | toJson | quote }}
- SDEP_CACHE_LIMIT: {{ .Values.runtime.cacheLimit | quote }}
- SDEP_DEFAULT_ENV_SECRET: {{ .Values.predictiveUnit.defaultEnvSecretRefName | quote }}
- SDEP_PREDICTOR_SERVERS: {{ .Values.predictor_servers | toJson | quote }}
- SDEP_STORAGE_INITIALIZER_IMAGE: {{ .Values.storageInitializer.image | quote }}
- SDEP_EXPLAINER_IMAGE: {{ .Values.explainer.image | quote }}
- SDEP_KEDA_ENABLED: {{ .Values.keda.enabled | quote }}
- SDEP_PAYLOAD_ENDPOINT: {{ .Values.executor.requestLogger.defaultEndpoint | quote }}
- SDEP_PAYLOAD_QUEUE_SIZE: {{ .Values.executor.requestLogger.workQueueSize | int | quote }}
- SDEP_PAYLOAD_TIMEOUT_MS: {{ .Values.executor.requestLogger.writeTimeoutMs | int | quote }}
- SDEP_MLFLOW_TRACKING_URI: {{ .Values.mlflow.trackingUri | quote }}
- SDEP_RESOLVE_INTERVAL_SECONDS: {{ .Values.mlflow.resolveIntervalSeconds | quote }}
- SDEP_MLFLOW_SERVED_BY: {{ .Values.mlflow.servedBy | quote }}
{{- if .Values.mlflow.webhook.secret }}
- SDEP_MLFLOW_WEBHOOK_PORT: {{ .Values.mlflow.webhook.port | quote }}
- SDEP_MLFLOW_WEBHOOK_SECRETS: {{ include "sdep.mlflowSecretsDir" . | quote }}
{{- end }}
- SDEP_PROMETHEUS_URL: {{ .Values.prometheus.url | quote }}
- SDEP_INGRESS: {{ include "sdep.ingress" . | quote }}
- SDEP_OTHER_INGRESSES: {{ .Values.otherIngresses | join "," | quote }}
- SDEP_ISTIO_ENABLED: {{ eq (include "sdep.ingress" .) "istio" | quote }}
- SDEP_ISTIO_GATEWAY: {{ .Values.istio.gateway | quote }}
- SDEP_ISTIO_TLS_MODE: {{ .Values.istio.tlsMode | quote }}
- SDEP_GATEWAY_API_PARENT: {{ .Values.gatewayApi.parent | quote }}
- SDEP_GATEWAY_API_GRPC_PARENT: {{ .Values.gatewayApi.grpcParent | quote }}
- SDEP_GATEWAY_API_ANNOTATIONS: {{ .Values.gatewayApi.annotations | toJson | quote }}
- SDEP_TRAFFIC_POLICY: {{ .Values.trafficPolicy | quote }}
- SDEP_ROLLOUT_ALLOWED_HOSTS: {{ .Values.rollouts.allowedHosts | join "," | default "-" | quote }}
{{- with .Values.lineage.datahub }}
{{- if .url }}
- SDEP_LINEAGE_DATAHUB_URL: {{ .url | quote }}
- SDEP_LINEAGE_DATAHUB_ENVIRONMENT: {{ .environment | quote }}
- SDEP_LINEAGE_DATAHUB_PLATFORM_INSTANCE: {{ .platformInstance | quote }}
- SDEP_LINEAGE_DATAHUB_MODEL_SEPARATOR: {{ .modelNameSeparator | quote }}
{{- end }}
{{- end }}
{{- with .Values.lineage.openlineage }}
{{- if .url }}
- SDEP_LINEAGE_OPENLINEAGE_URL: {{ .url | quote }}
- SDEP_LINEAGE_OPENLINEAGE_NAMESPACE: {{ .namespace | quote }}
{{- end }}
{{- end }}
- SDEP_DRAIN_SECONDS: {{ .Values.runtime.drainSeconds | quote }}
- SDEP_NAMESPACES: {{ include "sdep.namespaces" . | fromJsonArray | join "," | quote }}
- SDEP_CONTROLLER_ID: {{ .Values.controllerId | quote }}
- SDEP_LEADER_ELECTION: {{ .Values.manager.leaderElection | quote }}
- SDEP_LEADER_ELECTION_ID: {{ .Values.manager.leaderElectionID | quote }}
- SDEP_LEASE_SECONDS: {{ .Values.manager.leaderElectionLeaseDurationSecs | quote }}
- SDEP_RENEW_SECONDS: {{ .Values.manager.leaderElectionRenewDeadlineSecs | quote }}
- SDEP_RETRY_SECONDS: {{ .Values.manager.leaderElectionRetryPeriodSecs | quote }}
- SDEP_WEBHOOK_ENABLED: {{ .Values.webhook.enabled | quote }}
{{- if .Values.webhook.enabled }}
- SDEP_WEBHOOK_PORT: {{ .Values.webhook.port | quote }}
{{- if .Values.certManager.enabled }}
- SDEP_WEBHOOK_CERT_DIR: {{ include "sdep.certDir" . | quote }}
{{- end }}
{{- end }}
{{- if .Values.page.enabled }}
- SDEP_PAGE_PORT: {{ .Values.page.port | quote }}
- SDEP_PAGE_ACTIONS: {{ .Values.page.actions | quote }}
{{- end }}
- SDEP_WORKERS: {{ .Values.manager.workers | quote }}
- SDEP_LOG_LEVEL: {{ .Values.manager.logLevel | quote }}
{{- end }}

{{- define "sdep.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}
