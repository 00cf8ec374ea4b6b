{{- define "sallyport.name" -}}
{{- if contains .Chart.Name .Release.Name -}}{{ .Release.Name | trunc 52 | trimSuffix "-" }}{{- else -}}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}{{- end -}}
{{- end }}

{{- define "sallyport.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: node
{{- end }}

{{- define "sallyport.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "sallyport.image" -}}
{{- if .Values.image.digest -}}{{ .Values.image.repository }}@{{ .Values.image.digest }}{{- else -}}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{- end -}}
{{- end }}

{{- define "sallyport.configMap" -}}
metadata:
  name: {{ .name }}
  labels: {{- include "sallyport.labels" .root | nindent 4 }}
  {{- with .annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
data:
  sallyport.yaml: |
    {{- toYaml .root.Values.config | nindent 4 }}
{{- end }}

{{- define "sallyport.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "sallyport.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{/* Of nodes and of the migration: all but the name. */}}
{{- define "sallyport.env" -}}
- { name: SALLYPORT_LISTEN_HOST, value: 0.0.0.0 }
- { name: SALLYPORT_LISTEN_PORT, value: "3000" }
# The kubelet asks it, and what metricsFrom of the network policy names.
- { name: SALLYPORT_MANAGEMENT_HOST, value: 0.0.0.0 }
- { name: SALLYPORT_MANAGEMENT_PORT, value: "3003" }
- { name: SALLYPORT_MANAGEMENT_DANGEROUSLY_PUBLIC, value: "true" }
# A folder that it makes itself, for the volume's own is open to the group.
- { name: SALLYPORT_DATA, value: /var/lib/sallyport/node }
{{- with .Values.trustedProxies }}
- { name: SALLYPORT_TRUSTED_PROXIES, value: {{ toJson . | quote }} }
{{- end }}
{{- if .Values.migration.job }}
- { name: SALLYPORT_STORES_DURABLE_MIGRATE, value: "false" }
{{- end }}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "sallyport.mounts" -}}
- { name: config, mountPath: /etc/sallyport, readOnly: true }
- { name: secrets, mountPath: /run/secrets, readOnly: true }
- { name: data, mountPath: /var/lib/sallyport }
- { name: tmp, mountPath: /tmp }
{{- end }}

{{- define "sallyport.volumes" -}}
- name: config
  projected:
    sources:
      - configMap: { name: {{ .configMap }} }
      {{- range .root.Values.files }}
      - configMap: { name: {{ . }} }
      {{- end }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range .root.Values.secrets }}
      - secret: { name: {{ . }} }
      {{- end }}
# Nothing that must outlive the pod: that is in PostgreSQL and Redis.
- { name: data, emptyDir: { sizeLimit: 64Mi } }
- { name: tmp, emptyDir: { sizeLimit: 64Mi } }
{{- end }}
