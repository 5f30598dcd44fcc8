{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/*
What the API server itself refuses, whatever becomes of the webhook. Each policy stands alone and can be left out; each of
these is from (dict "root" $ "policy" name).
*/}}

{{- define "signet.admission.name" -}}
{{- include "signet.fullname" .root }}-{{ .policy }}
{{- end -}}

{{- define "signet.admission.metadata" -}}
name: {{ include "signet.admission.name" . }}
labels:
  {{- include "signet.labels" .root | nindent 2 }}
{{- include "signet.annotations" (dict "root" .root) }}
{{- end -}}

{{- define "signet.admission.binding" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  {{- include "signet.admission.metadata" . | nindent 2 }}
spec:
  policyName: {{ include "signet.admission.name" . }}
  validationActions: [Deny]
{{- end -}}
