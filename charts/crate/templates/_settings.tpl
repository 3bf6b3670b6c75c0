{{/* The YAML file of settings; a number that YAML read as a float stays a whole number. */}}
{{- define "crate.settings" -}}
{{- toYaml .Values.settings -}}
{{- end }}
