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

{{- define "signet.controller.rules.lease" -}}
# Leader election.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, watch, create, update]
{{- end -}}

{{/* To keep the caBundle of the webhook's configurations, and of no others. */}}
{{- define "signet.controller.rules.webhook" -}}
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingwebhookconfigurations]
  resourceNames: [{{ include "signet.webhook.configurations" . | replace "," ", " }}]
  verbs: [get, list, watch, patch]
{{- end -}}

{{/* What the webhook judges by; it writes nothing. Without a Secret in it, so cluster-wide in either mode. */}}
{{- define "signet.webhook.rules.cluster" -}}
# get, and list of the identities of one service account: one live read before somebody is refused over what a cache lacks.
- apiGroups: [signet.dev]
  resources: [trustdomains]
  verbs: [get, list, watch]
- apiGroups: [signet.dev]
  resources: [serviceidentities, identitypolicies]
  verbs: [list, watch]
# By their metadata, which policies match on.
- apiGroups: ['']
  resources: [namespaces]
  verbs: [get, list, watch]
{{- end -}}

{{- define "signet.webhook.rules.own" -}}
# Its own serving certificate and nothing else. list and watch by name need fieldSelector metadata.name.
- apiGroups: ['']
  resources: [secrets]
  resourceNames: [{{ include "signet.webhook.secret" . }}]
  verbs: [get, list, watch]
{{- end -}}
