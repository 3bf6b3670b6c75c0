{{/*
What each component is: its image and command, the keys of its Secret, where it connects to (design: "who
connects to what"), how it is probed, and for how long it may work on after it was told to stop. Every
other template reads this; nothing about a component stands anywhere else.
*/}}
{{- define "crate.components" -}}
web:
  image: crate-web
  command: [python, -m, crate_web.serve]
  ports: {http: 8000, private: 9000}
  probes: {port: private, live: /health/live, ready: /health/ready}
  secretKeys: [secret_key, database_url, broker_url]
  destinations: [siteDatabase, broker]
  processesVariable: CRATE_WEB_PROCESSES
  checksSchema: true
  # Requests under way may take 25 s more. Before, the ingress controller is given time to hear of the end:
  # while all pods are replaced on a small machine, that was seen to take 11 s. Nothing waits for it.
  drainSeconds: 20
  graceSeconds: 60
runner:
  image: crate-web
  command: [python, -m, crate_web.runner]
  ports: {private: 9000}
  probes: {port: private, live: /health/live, ready: /health/ready}
  secretKeys: [secret_key, database_url, broker_url, research_databases]
  destinations: [siteDatabase, broker, researchDatabases]
  processesVariable: CRATE_WORKER_PROCESSES
  queue: crate.research
  checksSchema: true
  # The runner gives a statement 120 s beyond its own limit to store what came.
  graceSeconds: {{ add (.Values.settings.run_timeout_seconds | int) 120 30 }}
consent:
  image: crate-consent
  command: [python, -m, crate_consent]
  ports: {private: 9000}
  probes: {port: private, live: /health/live, ready: /health/ready}
  secretKeys: [secret_key, database_url, broker_url, secret_map_url, clinical_sources]
  destinations: [siteDatabase, broker, secretMap, clinicalSources]
  processesVariable: CRATE_WORKER_PROCESSES
  queue: crate.consent
  checksSchema: true
  graceSeconds: {{ add (.Values.settings.task_time_limit_seconds | int) 30 }}
mailer:
  image: crate-mailer
  command: [python, -m, crate_mailer]
  ports: {private: 9000}
  probes: {port: private, live: /health/live, ready: /health/ready}
  secretKeys: [secret_key, database_url, broker_url, smtp_url]
  destinations: [siteDatabase, broker, smtp]
  processesVariable: CRATE_WORKER_PROCESSES
  queue: crate.mail
  checksSchema: true
  graceSeconds: {{ add (.Values.settings.task_time_limit_seconds | int) 30 }}
relay:
  image: crate-web
  command: [python, -m, crate_core.relay]
  ports: {private: 9000}
  probes: {port: private, live: /health/live, ready: /health/ready}
  secretKeys: [database_url, broker_url]
  destinations: [siteDatabase, broker]
  checksSchema: true
  graceSeconds: 30
{{- if .Values.flower.enabled }}
flower:
  image: crate-flower
  command: [python, -m, crate_flower]
  ports: {http: 5555}
  {{- $health := printf "%s/flower/healthcheck" (include "crate.prefix" .) }}
  probes: {port: http, live: {{ $health }}, ready: {{ $health }}}
  secretKeys: {{ include "crate.flowerKeys" . }}
  destinations: [broker, brokerApi]
  graceSeconds: 30
{{- end }}
{{- end }}

{{- define "crate.flowerKeys" -}}
{{- if .Values.flower.openIdConnect.provider -}}
[broker_url, broker_api, cookie_secret, oauth2_key, oauth2_secret]
{{- else -}}
[broker_url, broker_api, cookie_secret, basic_auth]
{{- end -}}
{{- end }}

{{- define "crate.migrationKeys" -}}
[database_url{{ if .Values.migration.grants }}, my.cnf{{ end }}]
{{- end }}

{{/* Pods of the demonstration that stand for each destination, and their ports. */}}
{{- define "crate.demoDestinations" -}}
siteDatabase: {component: mariadb, port: 3306}
broker: {component: rabbitmq, port: 5672}
brokerApi: {component: rabbitmq, port: 15672}
researchDatabases: {component: mariadb, port: 3306}
secretMap: {component: mariadb, port: 3306}
clinicalSources: {component: mariadb, port: 3306}
smtp: {component: mail, port: 2525}
{{- end }}

{{/* Makes a hook of what migrates, where that is wished: not of an installation, when there is nothing to stand on yet. */}}
{{- define "crate.migrationHook" -}}
{{- if and .root.Values.migration.hook .root.Release.IsUpgrade -}}
annotations:
  helm.sh/hook: pre-upgrade
  helm.sh/hook-weight: {{ .weight | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
{{- end }}
