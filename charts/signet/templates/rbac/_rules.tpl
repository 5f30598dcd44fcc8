{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* Each rule is explained in docs/permissions.md; a test compares the verbs with those used. */}}

{{/* What is needed of the whole cluster in either mode. */}}
{{- define "signet.controller.rules.cluster" -}}
# create: the TrustDomain `default` of the values.
- apiGroups: [signet.dev]
  resources: [trustdomains]
  verbs: [get, list, watch, create]
- apiGroups: [signet.dev]
  resources: [trustdomains/status]
  verbs: [update]
- apiGroups: [signet.dev]
  resources: [identitypolicies]
  verbs: [list, watch]
- apiGroups: [signet.dev]
  resources: [identitypolicies/status]
  verbs: [update]
- apiGroups: ['']
  resources: [namespaces]
  {{- with .Values.watchNamespaces }}
  resourceNames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  verbs: [list, watch]
# get: one of ours that somebody edited.
- apiGroups: [certificates.k8s.io]
  resources: [clustertrustbundles]
  verbs: [get, list, watch, create, patch, delete]
{{- with .Values.rbac.trustBundleSigners }}
- apiGroups: [certificates.k8s.io]
  resources: [signers]
  resourceNames:
    {{- toYaml . | nindent 4 }}
  verbs: [attest]
{{- end }}
{{- end -}}

{{/* What is needed where identities are. */}}
{{- define "signet.controller.rules.identities" -}}
- apiGroups: [signet.dev]
  resources: [serviceidentities]
  verbs: [list, watch]
- apiGroups: [signet.dev]
  resources: [serviceidentities/status]
  verbs: [update]
{{ include "signet.controller.rules.secrets" . }}
- apiGroups: ['']
  resources: [serviceaccounts]
  verbs: [list, watch]
# Bundles. get: one ConfigMap of ours that somebody edited.
- apiGroups: ['']
  resources: [configmaps]
  verbs: [get, list, watch, create, patch, delete]
{{- if has "PodAnnotation" .Values.reload }}
# One annotation of pods that mount a Secret of ours.
- apiGroups: ['']
  resources: [pods]
  verbs: [list, patch]
{{- end }}
{{- if has "Rollout" .Values.reload }}
# One annotation of the pod templates of workloads that an identity names.
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets]
  verbs: [get, patch]
{{- end }}
{{ include "signet.controller.rules.events" . }}
{{- end -}}

{{- define "signet.controller.rules.secrets" -}}
# delete: to replace an immutable Secret of ours, and because only who may delete an object may set its owner
# (admission plugin OwnerReferencesPermissionEnforcement).
- apiGroups: ['']
  resources: [secrets]
  verbs: [get, list, watch, create, update, patch, delete]
{{- end -}}

{{- define "signet.controller.rules.events" -}}
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
{{- end -}}

{{/* A Role and its binding, from (dict "root" $ "namespace" name "name" name "rules" text). */}}
{{- define "signet.controller.role" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "signet.controller.labels" .root | nindent 4 }}
  {{- include "signet.annotations" (dict "root" .root) | nindent 2 }}
rules:
  {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "signet.controller.labels" .root | nindent 4 }}
  {{- include "signet.annotations" (dict "root" .root) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "signet.controller.serviceAccountName" .root }}
    namespace: {{ .root.Release.Namespace }}
{{- end -}}

{{- define "signet.controller.rules.lease" -}}
# Leader election.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, watch, create, update]
{{- end -}}
