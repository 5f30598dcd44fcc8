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

{{/* The objects of a role (controller, webhook), from (dict "root" $ "role" name); the controller's Lease as well. */}}
{{- define "signet.role.name" -}}
{{- include "signet.fullname" .root }}-{{ .role }}
{{- end -}}

{{- define "signet.role.serviceAccountName" -}}
{{- default (include "signet.role.name" .) (index .root.Values .role).serviceAccount.name -}}
{{- end -}}

{{/* As the API server knows it. */}}
{{- define "signet.role.user" -}}
system:serviceaccount:{{ .root.Release.Namespace }}:{{ include "signet.role.serviceAccountName" . }}
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
{{- define "signet.role.selector" -}}
app.kubernetes.io/name: {{ include "signet.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end -}}

{{- define "signet.role.labels" -}}
{{ include "signet.labels" .root }}
app.kubernetes.io/component: {{ .role }}
{{- end -}}

{{/* Of the controller, for objects that are about the release as a whole. */}}
{{- define "signet.controller.name" -}}
{{- include "signet.role.name" (dict "root" . "role" "controller") -}}
{{- end -}}

{{- define "signet.controller.labels" -}}
{{- include "signet.role.labels" (dict "root" . "role" "controller") -}}
{{- end -}}

{{/* annotations: of an object, from (dict "root" $ "annotations" map). */}}
{{- define "signet.annotations" -}}
{{- $all := mergeOverwrite (dict) (deepCopy .root.Values.commonAnnotations) (deepCopy (default (dict) .annotations)) -}}
{{- with $all }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The metadata of an object of a role, from (dict "root" $ "role" name), and "namespaced", "name", "labels", "annotations". */}}
{{- define "signet.role.metadata" -}}
name: {{ default (include "signet.role.name" .) .name }}
{{- if .namespaced }}
namespace: {{ .root.Release.Namespace }}
{{- end }}
labels:
  {{- include "signet.role.labels" . | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- include "signet.annotations" (dict "root" .root "annotations" .annotations) }}
{{- end -}}

{{- define "signet.image" -}}
{{- if not .Values.image.repository -}}
{{- fail "\n\nimage.repository is missing: this chart comes from a checkout, not from a release. Build the image (docker build .), push it where the nodes find it, and name it, for example\n  helm install signet ... --set image.repository=registry.example.org/signet" -}}
{{- end -}}
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

{{/* The Secret with the webhook's serving certificate. The controller writes it, the webhook reads it. */}}
{{- define "signet.webhook.secret" -}}
{{- include "signet.fullname" . }}-webhook-serving
{{- end -}}

{{/* The configurations whose caBundle the controller keeps, separated by commas. */}}
{{- define "signet.webhook.configurations" -}}
{{- $name := include "signet.role.name" (dict "root" . "role" "webhook") -}}
{{- $name }}{{ if .Values.webhook.pods.enabled }},{{ $name }}-workloads{{ end }}
{{- end -}}
