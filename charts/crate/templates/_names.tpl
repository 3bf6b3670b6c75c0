{{/* Names, labels, and what follows from the public URL. */}}

{{- define "crate.fullname" -}}
{{- .Values.fullnameOverride | default (ternary .Release.Name (printf "%s-crate" .Release.Name) (contains "crate" .Release.Name)) | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/* Labels that select the pods of a component: (dict "root" $ "component" "web"). */}}
{{- define "crate.selector" -}}
app.kubernetes.io/name: crate
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "crate.labels" -}}
{{ include "crate.selector" . }}
app.kubernetes.io/part-of: crate
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* Name and labels of an object: (dict "root" $ "component" "web"); `suffix` adds to the name. */}}
{{- define "crate.metadata" -}}
name: {{ printf "%s-%s%s" (include "crate.fullname" .root) .component (.suffix | default "") }}
labels:
  {{- include "crate.labels" . | nindent 2 }}
{{- end }}

{{- define "crate.host" -}}
{{- (urlParse .Values.settings.public_url).hostname -}}
{{- end }}

{{/* Path prefix of the site: begins with a slash, ends without one; empty at the root. */}}
{{- define "crate.prefix" -}}
{{- (urlParse .Values.settings.public_url).path | trimSuffix "/" -}}
{{- end }}

{{- define "crate.image" -}}
{{- printf "%s%s:%s" .root.Values.images.prefix .name (.root.Values.images.tag | default .root.Chart.AppVersion) -}}
{{- end }}

{{/* Name of a component's Secret: one that exists, or the demonstration's own. */}}
{{- define "crate.secretName" -}}
{{- if .root.Values.demo.enabled -}}
{{ include "crate.fullname" .root }}-demo-{{ .component }}
{{- else -}}
{{ index .root.Values.secrets .component }}
{{- end -}}
{{- end }}

{{/* "true" when the cluster has an API: (dict "root" $ "api" "keda.sh/v1alpha1"). */}}
{{- define "crate.hasApi" -}}
{{- if or (.root.Capabilities.APIVersions.Has .api) (has .api .root.Values.apiVersions) }}true{{ end -}}
{{- end }}

{{/* "true" when a component is scaled by something else than `replicas`. */}}
{{- define "crate.isScaled" -}}
{{- $scaling := (index .root.Values .component).autoscaling -}}
{{- if and $scaling $scaling.enabled -}}
{{- if or (eq .component "web") (include "crate.hasApi" (dict "root" .root "api" "keda.sh/v1alpha1")) }}true{{ end -}}
{{- end -}}
{{- end }}
