{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/*
The Deployment of a role, from (dict "root" $ "role" name "arguments" text "metricsPort" number), and for one that serves
more than metrics "ports", a list of (dict "name" name "port" number). With "hostNetwork" the ports are those of the node.
*/}}
{{- define "signet.role.deployment" -}}
{{- $root := .root }}
{{- $values := index .root.Values .role }}
{{- $selector := include "signet.role.selector" . }}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "signet.role.metadata" (merge (dict "namespaced" true "labels" $values.labels "annotations" $values.annotations) .) | nindent 2 }}
spec:
  replicas: {{ $values.replicas }}
  revisionHistoryLimit: 3
  strategy:
    {{- if .hostNetwork }}
    # On the network of the nodes, a new replica waits for the ports of an old one.
    rollingUpdate: {maxUnavailable: 1, maxSurge: 0}
    {{- else }}
    # Another replica is warm before one goes.
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
    {{- end }}
  selector:
    matchLabels:
      {{- $selector | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "signet.role.labels" . | nindent 8 }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- include "signet.annotations" (dict "root" $root "annotations" $values.podAnnotations) | nindent 6 }}
    spec:
      serviceAccountName: {{ include "signet.role.serviceAccountName" . }}
      automountServiceAccountToken: true
      enableServiceLinks: false
      {{- if .hostNetwork }}
      hostNetwork: true
      {{- end }}
      terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with $values.runtimeClassName }}
      runtimeClassName: {{ . }}
      {{- end }}
      {{- with $root.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- include "signet.podSecurityContext" $values | nindent 8 }}
      containers:
        - name: {{ .role }}
          image: {{ include "signet.image" $root }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          # The image's own entry point, with the heap that the memory limit allows.
          command:
            - /usr/local/bin/node
            - --disable-sigusr1
            - --expose-gc
            - --max-semi-space-size=8
            - --v8-pool-size=0
            - --no-maglev-destroy-on-background
            - --max-old-space-size={{ include "signet.heap" $values.resources }}
            - /app/dist/main.js
          args:
            - {{ .role }}
            {{- .arguments | trim | nindent 12 }}
            - --metrics-address=:{{ .metricsPort }}
            - --log-level={{ $values.logLevel }}
            - --log-format={{ $values.logFormat }}
            {{- with $root.Values.secretMetadataPrefixes }}
            - --secret-metadata-prefixes={{ join "," . }}
            {{- end }}
            {{- with $root.Values.tracing }}
            {{- if .endpoint }}
            - --otlp-endpoint={{ .endpoint }}
            - --trace-sample-ratio={{ .sampleRatio }}
            {{- end }}
            {{- end }}
            {{- range $values.extraArgs }}
            - {{ . | quote }}
            {{- end }}
          env:
            - name: POD_NAME
              valueFrom: {fieldRef: {fieldPath: metadata.name}}
            - name: POD_NAMESPACE
              valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
            {{- with $root.Values.tracing }}
            {{- if and .endpoint .headersSecret.name }}
            - name: OTEL_EXPORTER_OTLP_HEADERS
              # Without it spans are refused; a controller that does not start would be worse.
              valueFrom: {secretKeyRef: {name: {{ .headersSecret.name | quote }}, key: {{ .headersSecret.key | quote }}, optional: true}}
            {{- end }}
            {{- end }}
            {{- with $values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            {{- range .ports }}
            - {name: {{ .name }}, containerPort: {{ .port }}, protocol: TCP}
            {{- end }}
            - {name: metrics, containerPort: {{ .metricsPort }}, protocol: TCP}
          startupProbe:
            httpGet: {path: /livez, port: metrics}
            periodSeconds: 1
            failureThreshold: 60
          livenessProbe:
            httpGet: {path: /livez, port: metrics}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: {path: /readyz, port: metrics}
            # Often: a replica that just started is ready within the second.
            periodSeconds: 1
            timeoutSeconds: 2
            failureThreshold: 5
          {{- with $values.extraVolumeMounts }}
          volumeMounts:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            {{- include "signet.containerSecurityContext" $root | nindent 12 }}
      {{- with $values.extraVolumes }}
      volumes:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        {{- $pods := dict "labelSelector" (dict "matchLabels" ($selector | fromYaml)) }}
        {{- range $values.topologySpreadConstraints }}
        - {{- toYaml (merge (deepCopy .) $pods) | nindent 10 }}
        {{- else }}
        {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- $selector | nindent 14 }}
          matchLabelKeys: [pod-template-hash]
        {{- end }}
        {{- end }}
      {{- with $values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}

{{/* What the restricted standard asks for, from the values of a role. */}}
{{- define "signet.podSecurityContext" -}}
{{- $context := dict "runAsNonRoot" true "runAsUser" 65532 "runAsGroup" 65532 "fsGroup" 65532 "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- toYaml (mergeOverwrite $context (deepCopy .podSecurityContext)) -}}
{{- end -}}

{{- define "signet.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}
