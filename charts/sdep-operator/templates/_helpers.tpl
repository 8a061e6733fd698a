{{- define "sdep.namespace" -}}
{{ .Values.namespaceOverride | default .Release.Namespace }}
{{- end }}

{{- define "sdep.commonLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "sdep.labels" -}}
app: seldon-controller-manager
{{ include "sdep.commonLabels" . }}
{{- end }}

{{- define "sdep.selector" -}}
app: seldon-controller-manager
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sdep.image" -}}
{{ with .image.registry }}{{ . }}/{{ end }}{{ .image.repository }}:{{ .image.tag | default .appVersion }}
{{- end }}

{{- /* Resources, with those on top that v1's own names (cpuRequest, …) give. */}}
{{- define "sdep.resources" -}}
{{- $made := deepCopy .resources }}
{{- range $name, $path := dict "cpuRequest" "requests/cpu" "memoryRequest" "requests/memory" "cpuLimit" "limits/cpu" "memoryLimit" "limits/memory" }}
{{- with get $.v1 $name }}
{{- $words := splitList "/" $path }}
{{- $made = mergeOverwrite $made (dict (first $words) (dict (last $words) (toString .))) }}
{{- end }}
{{- end }}
{{- toJson $made }}
{{- end }}

{{- /* The namespaces that are watched, as JSON; none of them means all. */}}
{{- define "sdep.namespaces" -}}
{{- ternary (list (include "sdep.namespace" .)) .Values.namespaces .Values.singleNamespace | toJson }}
{{- end }}

{{- define "sdep.ingress" -}}
{{ .Values.ingress | default (ternary "istio" "none" .Values.istio.enabled) }}
{{- end }}

{{- /* Every kind of ingress in use, as JSON. */}}
{{- define "sdep.ingresses" -}}
{{- concat (list (include "sdep.ingress" .)) .Values.otherIngresses | uniq | toJson }}
{{- end }}

{{- /* Secrets that may be read in every namespace that is watched, as JSON. */}}
{{- define "sdep.readableSecrets" -}}
{{- $names := list }}
{{- range concat .Values.mlflow.credentialsSecrets .Values.rollouts.secrets (list .Values.predictiveUnit.defaultEnvSecretRefName) }}
{{- if and . (not (contains "/" .)) }}{{ $names = append $names . }}{{ end }}
{{- end }}
{{- uniq $names | toJson }}
{{- end }}

{{- /* Where the webhook's certificate is mounted when cert-manager makes it. */}}
{{- define "sdep.certDir" -}}
/etc/sdep/webhook-certificate
{{- end }}

{{- define "sdep.mlflowSecretsDir" -}}
/etc/sdep/mlflow-webhook
{{- end }}

{{- /* Values that contradict each other, or that are of another operator. */}}
{{- define "sdep.refuse" -}}
{{- if and .Values.singleNamespace .Values.namespaces }}
{{- fail "singleNamespace and namespaces are both set: name every namespace in namespaces, and leave singleNamespace false" }}
{{- end }}
{{- if and (not .Values.manager.leaderElection) (gt (int .Values.manager.replicas) 1) }}
{{- fail "manager.leaderElection is false: without it manager.replicas must be 1" }}
{{- end }}
{{- if not (lt (int .Values.manager.leaderElectionRenewDeadlineSecs) (int .Values.manager.leaderElectionLeaseDurationSecs)) }}
{{- fail "manager.leaderElectionRenewDeadlineSecs must be less than manager.leaderElectionLeaseDurationSecs" }}
{{- end }}
{{- range $name, $image := dict "image.repository" .Values.image "runtime.image.repository" .Values.runtime.image }}
{{- if hasPrefix "seldonio/" $image.repository }}
{{- fail (printf "%s is %s, an image of Seldon Core v1: leave image out of the values that v1 was installed with, or name this operator's own" $name $image.repository) }}
{{- end }}
{{- end }}
{{- end }}
