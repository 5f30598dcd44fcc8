{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* What both roles have beside their Deployment, each from (dict "root" $ "role" name). */}}

{{- define "signet.role.serviceAccount" -}}
{{- $account := (index .root.Values .role).serviceAccount }}
{{- if $account.create }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "signet.role.metadata" (merge (dict "namespaced" true "name" (include "signet.role.serviceAccountName" .) "annotations" $account.annotations) .) | nindent 2 }}
# The pods of the {{ .role }} ask for it; nobody else gets it by accident.
automountServiceAccountToken: false
{{- end }}
{{- end -}}

{{- define "signet.role.podDisruptionBudget" -}}
{{- $values := index .root.Values .role }}
{{- if and $values.podDisruptionBudget.enabled (gt (int $values.replicas) 1) }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "signet.role.metadata" (merge (dict "namespaced" true) .) | nindent 2 }}
spec:
  maxUnavailable: {{ $values.podDisruptionBudget.maxUnavailable }}
  # A replica that is not ready protects nothing, and must not hold up a drain.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "signet.role.selector" . | nindent 6 }}
{{- end }}
{{- end -}}

{{/* The Service of the metrics and what the Prometheus operator reads, with "metricsPort". */}}
{{- define "signet.role.metrics" -}}
{{- $metrics := .root.Values.metrics }}
{{- if and $metrics.serviceMonitor.enabled $metrics.podMonitor.enabled }}
{{- fail "\n\nmetrics.serviceMonitor and metrics.podMonitor are both enabled: every pod would be scraped twice, and every figure be there twice. Leave one of them off, for example\n  helm upgrade signet ... --set metrics.podMonitor.enabled=false" }}
{{- end }}
{{- $role := . }}
{{- if or $metrics.service.enabled $metrics.serviceMonitor.enabled }}
apiVersion: v1
kind: Service
metadata:
  {{- include "signet.role.metadata" (merge (dict "namespaced" true "name" (printf "%s-metrics" (include "signet.role.name" .)) "annotations" $metrics.service.annotations) .) | nindent 2 }}
spec:
  type: ClusterIP
  # Each replica has figures of its own: whoever resolves the name gets them all.
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "signet.role.selector" . | nindent 4 }}
  ports:
    - {name: metrics, port: {{ .metricsPort }}, targetPort: metrics, protocol: TCP}
{{- end }}
{{- range list (list "ServiceMonitor" $metrics.serviceMonitor "endpoints") (list "PodMonitor" $metrics.podMonitor "podMetricsEndpoints") }}
{{- $monitor := index . 1 }}
{{- if $monitor.enabled }}
---
apiVersion: monitoring.coreos.com/v1
kind: {{ first . }}
metadata:
  {{- include "signet.role.metadata" (merge (dict "namespaced" true "labels" $monitor.labels) $role) | nindent 2 }}
spec:
  selector:
    matchLabels:
      {{- include "signet.role.selector" $role | nindent 6 }}
  {{ last . }}:
    - {port: metrics, path: /metrics, interval: {{ $monitor.interval }}}
{{- end }}
{{- end }}
{{- end -}}

{{/* With "ingress", the rules beside that for metrics. */}}
{{- define "signet.role.networkPolicy" -}}
{{- $policy := .root.Values.networkPolicy }}
{{- if $policy.enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "signet.role.metadata" (merge (dict "namespaced" true) .) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "signet.role.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- if or .ingress $policy.metricsFrom }}
  ingress:
    {{- with .ingress }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- with $policy.metricsFrom }}
    - from:
        {{- toYaml . | nindent 8 }}
      ports:
        - {port: metrics, protocol: TCP}
    {{- end }}
  {{- else }}
  ingress: []
  {{- end }}
  egress:
    # The API server, by address: no name is looked up.
    - ports:
        {{- range $policy.apiServer.ports }}
        - {port: {{ . }}, protocol: TCP}
        {{- end }}
      {{- with $policy.apiServer.cidrs }}
      to:
        {{- range . }}
        - ipBlock: {cidr: {{ . | quote }}}
        {{- end }}
      {{- end }}
    {{- if .root.Values.tracing.endpoint }}
    # The collector of traces,
    - ports:
        {{- range $policy.collector.ports | default (list (include "signet.collector.port" .root)) }}
        - {port: {{ . }}, protocol: TCP}
        {{- end }}
      {{- with $policy.collector.to }}
      to:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    # and its name.
    - ports:
        - {port: 53, protocol: UDP}
        - {port: 53, protocol: TCP}
    {{- end }}
{{- end }}
{{- end -}}

{{/* As the URL of the collector has it, or its scheme. */}}
{{- define "signet.collector.port" -}}
{{- $url := urlParse .Values.tracing.endpoint -}}
{{- regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (ternary "443" "80" (eq $url.scheme "https")) -}}
{{- end -}}
