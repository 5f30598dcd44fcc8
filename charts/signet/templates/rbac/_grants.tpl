{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* A ClusterRole of a role's account and its binding, from (dict "root" $ "role" name "rules" text), and "name". */}}
{{- define "signet.role.grantEverywhere" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  {{- include "signet.role.metadata" . | nindent 2 }}
rules:
  {{- .rules | trim | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  {{- include "signet.role.metadata" . | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ default (include "signet.role.name" .) .name }}
{{ include "signet.role.subjects" . }}
{{- end -}}

{{/* A Role and its binding, with "namespace" as well. */}}
{{- define "signet.role.grantIn" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "signet.role.metadata" . | nindent 2 }}
  namespace: {{ .namespace }}
rules:
  {{- .rules | trim | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "signet.role.metadata" . | nindent 2 }}
  namespace: {{ .namespace }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ default (include "signet.role.name" .) .name }}
{{ include "signet.role.subjects" . }}
{{- end -}}

{{- define "signet.role.subjects" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "signet.role.serviceAccountName" . }}
    namespace: {{ .root.Release.Namespace }}
{{- end -}}
