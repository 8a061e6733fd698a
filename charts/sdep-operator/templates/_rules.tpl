{{- /* What the operator may do where it watches: nothing that no value turns on, and no secret that none names. */}}
{{- define "sdep.rules" -}}
{{- $child := "[get, list, watch, create, patch, delete]" -}}
- apiGroups: [machinelearning.seldon.io]
  resources: [seldondeployments]
  verbs: [list, watch]
- apiGroups: [machinelearning.seldon.io]
  resources: [seldondeployments/status]
  verbs: [patch]
- apiGroups: [machinelearning.seldon.io]
  resources: [seldondeployments/finalizers] # owner references that block their owner's deletion
  verbs: [update]
- apiGroups: [apps]
  resources: [deployments]
  verbs: {{ $child }}
- apiGroups: [apps]
  resources: [replicasets] # those of a Deployment that had to be replaced; they serve until their successors do
  verbs: [list, delete]
- apiGroups: [""]
  resources: [services]
  verbs: {{ $child }}
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: {{ $child }}
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: {{ $child }}
{{- $ingresses := include "sdep.ingresses" . | fromJsonArray }}
{{- if has "istio" $ingresses }}
- apiGroups: [networking.istio.io]
  resources: [virtualservices, destinationrules]
  verbs: {{ $child }}
{{- end }}
{{- if has "gateway-api" $ingresses }}
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes, grpcroutes]
  verbs: {{ $child }}
{{- end }}
{{- if .Values.keda.enabled }}
- apiGroups: [keda.sh]
  resources: [scaledobjects]
  verbs: {{ $child }}
{{- end }}
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- with include "sdep.readableSecrets" . | fromJsonArray }}
- apiGroups: [""]
  resources: [secrets] # the registry's credentials
  {{- if not (has "*" .) }}
  resourceNames: {{ toJson . }}
  {{- end }}
  verbs: [get]
{{- end }}
{{- end }}

{{- /* A Role or ClusterRole with its binding. Takes context, kind, name, namespace (of a Role) and rules. */}}
{{- define "sdep.grant" -}}
{{- $labels := include "sdep.labels" .context -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels: {{- $labels | nindent 4 }}
rules:
{{ .rules }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}Binding
metadata:
  name: {{ .name | replace "-role" "-rolebinding" }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels: {{- $labels | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ .name }}
subjects:
- kind: ServiceAccount
  name: {{ .context.Values.serviceAccount.name }}
  namespace: {{ include "sdep.namespace" .context }}
{{- end }}
