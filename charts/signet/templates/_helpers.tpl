{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{- define "signet.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "signet.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "signet.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "signet.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The controller's objects, and its Lease. */}}
{{- define "signet.controller.name" -}}
{{- include "signet.fullname" . }}-controller
{{- end -}}

{{- define "signet.controller.serviceAccountName" -}}
{{- default (include "signet.controller.name" .) .Values.controller.serviceAccount.name -}}
{{- end -}}

{{- define "signet.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ include "signet.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: signet
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What never changes of a role's pods. */}}
{{- define "signet.controller.selector" -}}
app.kubernetes.io/name: {{ include "signet.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end -}}

{{- define "signet.controller.labels" -}}
{{ include "signet.labels" . }}
app.kubernetes.io/component: controller
{{- end -}}

{{/* annotations: of an object, from (dict "root" $ "annotations" map). */}}
{{- define "signet.annotations" -}}
{{- $all := mergeOverwrite (dict) (deepCopy .root.Values.commonAnnotations) (deepCopy (default (dict) .annotations)) -}}
{{- with $all }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "signet.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{/* Half of a memory limit (512Mi, 1Gi), in MiB, for V8's heap: buffers, TLS and code take the rest. */}}
{{- define "signet.heap" -}}
{{- $limit := dig "limits" "memory" "512Mi" . -}}
{{- if hasSuffix "Gi" $limit -}}
{{- div (mul 1024 (trimSuffix "Gi" $limit | int)) 2 -}}
{{- else -}}
{{- div (trimSuffix "Mi" $limit | int) 2 -}}
{{- end -}}
{{- end -}}

{{- define "signet.trustDomain" -}}
{{- if not .Values.trustDomain -}}
{{- fail "\n\ntrustDomain is missing: name the SPIFFE trust domain of this cluster's identities, for example\n  helm install signet ... --set trustDomain=prod.example.org\nIt becomes part of every certificate and cannot be changed later, so it has no default." -}}
{{- end -}}
{{- .Values.trustDomain -}}
{{- end -}}
