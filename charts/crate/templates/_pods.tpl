{{/* Parts of pods: every pod of the chart is made of these, so that all keep the same rules. */}}

{{/* Fields of every pod spec: (dict "root" $ "user" 10001). Pod Security: restricted. */}}
{{- define "crate.podBasics" -}}
automountServiceAccountToken: false
enableServiceLinks: false
serviceAccountName: {{ include "crate.fullname" .root }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user }}
  runAsGroup: {{ .user }}
  fsGroup: {{ .user }}
  # RabbitMQ's cookie must keep its mode when the volume comes back.
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "crate.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Image, pull policy and security of a container of our own: (dict "root" $ "image" "crate-web"). */}}
{{- define "crate.containerBasics" -}}
image: {{ include "crate.image" (dict "root" .root "name" .image) }}
imagePullPolicy: {{ .root.Values.images.pullPolicy }}
securityContext:
  {{- include "crate.containerSecurity" . | nindent 2 }}
{{- end }}

{{/* Environment of a container that reads settings: (dict "keys" (list "database_url")). */}}
{{- define "crate.settingsEnv" -}}
- name: CRATE_CONFIG
  value: /etc/crate/settings/config.yaml
{{- range .keys }}
- name: CRATE_{{ upper . }}_FILE
  value: /etc/crate/secrets/{{ . }}
{{- end }}
{{- end }}

{{- define "crate.settingsMounts" -}}
- name: settings
  mountPath: /etc/crate/settings
  readOnly: true
- name: secrets
  mountPath: /etc/crate/secrets
  readOnly: true
- name: tmp
  mountPath: /tmp
{{- end }}

{{/* Volumes for the mounts above: (dict "root" $ "component" "web" "keys" (list ...)). */}}
{{- define "crate.settingsVolumes" -}}
- name: settings
  configMap:
    name: {{ include "crate.fullname" .root }}-settings
- name: secrets
  secret:
    secretName: {{ include "crate.secretName" . }}
    defaultMode: 0440
    items:
      {{- range .keys }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
- name: tmp
  emptyDir: {sizeLimit: 1Gi}
{{- end }}

{{/*
Waits for the schema of this version, in one process: to be started again and again would take the CPU that the
migration needs. Wrong settings end it at once, and its log says which.
*/}}
{{- define "crate.waitForSchema" -}}
name: schema
{{ include "crate.containerBasics" . }}
command: [crate, db, check, --wait]
{{- end }}

{{/* Deployment of a component: (dict "root" $ "component" "web" "facts" ...). */}}
{{- define "crate.deployment" -}}
{{- $values := index .root.Values .component }}
{{- $isFlower := eq .component "flower" }}
{{- $hasCertificate := and (eq .component "relay") .root.Values.monitoring.certificate .root.Values.ingress.tls.secretName }}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "crate.metadata" . | nindent 2 }}
spec:
  {{- if not (include "crate.isScaled" .) }}
  replicas: {{ $isFlower | ternary 1 $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    {{- if and $isFlower $values.persistence.enabled }}
    type: Recreate
    {{- else }}
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
    {{- end }}
  selector:
    matchLabels:
      {{- include "crate.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "crate.labels" . | nindent 8 }}
      annotations:
        checksum/settings: {{ include "crate.settings" .root | sha256sum }}
        {{- with include "crate.secretVersion" . }}
        crate/secret-version: {{ . | quote }}
        {{- end }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "crate.podBasics" (dict "root" .root "user" 10001) | nindent 6 }}
      terminationGracePeriodSeconds: {{ .facts.graceSeconds }}
      {{- if .facts.checksSchema }}
      initContainers:
        - {{- include "crate.waitForSchema" (dict "root" .root "image" .facts.image) | nindent 10 }}
          env:
            {{- include "crate.settingsEnv" (dict "keys" .facts.secretKeys) | nindent 12 }}
          volumeMounts:
            {{- include "crate.settingsMounts" . | nindent 12 }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
      {{- end }}
      containers:
        - name: {{ .component }}
          {{- include "crate.containerBasics" (dict "root" .root "image" .facts.image) | nindent 10 }}
          command: {{ toJson .facts.command }}
          env:
            {{- if $isFlower }}
            {{- include "crate.flowerEnv" . | nindent 12 }}
            {{- else }}
            {{- include "crate.settingsEnv" (dict "keys" .facts.secretKeys) | nindent 12 }}
            {{- end }}
            {{- with .facts.processesVariable }}
            - name: {{ . }}
              value: {{ $values.processes | quote }}
            {{- end }}
            {{- if $hasCertificate }}
            - name: CRATE_CERTIFICATE_PATH
              value: /etc/crate/certificate/tls.crt
            {{- end }}
          ports:
            {{- range $name, $port := .facts.ports }}
            - {name: {{ $name }}, containerPort: {{ $port }}}
            {{- end }}
          # The private port tells of workers what their heartbeat files tell, without a process a probe.
          startupProbe:
            httpGet: {port: {{ .facts.probes.port }}, path: {{ .facts.probes.live }}}
            periodSeconds: 2
            timeoutSeconds: 5
            failureThreshold: 60
          livenessProbe:
            httpGet: {port: {{ .facts.probes.port }}, path: {{ .facts.probes.live }}}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: {port: {{ .facts.probes.port }}, path: {{ .facts.probes.ready }}}
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 2
          {{- with .facts.drainSeconds }}
          lifecycle:
            preStop:
              exec: {command: [sleep, {{ . | quote }}]}
          {{- end }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          volumeMounts:
            {{- include "crate.settingsMounts" . | nindent 12 }}
            {{- if $hasCertificate }}
            - {name: certificate, mountPath: /etc/crate/certificate, readOnly: true}
            {{- end }}
            {{- if $isFlower }}
            - {name: state, mountPath: /state}
            {{- end }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "crate.selector" . | nindent 14 }}
          matchLabelKeys: [pod-template-hash]
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      volumes:
        {{- include "crate.settingsVolumes" (dict "root" .root "component" .component "keys" .facts.secretKeys) | nindent 8 }}
        {{- if $hasCertificate }}
        - name: certificate
          secret:
            secretName: {{ .root.Values.ingress.tls.secretName }}
            # cert-manager makes it after the installation; the relay needs it for a metric alone.
            optional: true
            items: [{key: tls.crt, path: tls.crt}]
        {{- end }}
        {{- if $isFlower }}
        - name: state
          {{- if $values.persistence.enabled }}
          persistentVolumeClaim: {claimName: {{ include "crate.fullname" .root }}-flower}
          {{- else }}
          emptyDir: {sizeLimit: 256Mi}
          {{- end }}
        {{- end }}
{{- end }}

{{/* Which version of a component's Secret the pods have, where the cluster can be asked: a change restarts them. */}}
{{- define "crate.secretVersion" -}}
{{- if not .root.Values.demo.enabled -}}
{{- with lookup "v1" "Secret" .root.Release.Namespace (include "crate.secretName" .) -}}
{{ .metadata.resourceVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "crate.flowerEnv" -}}
{{- $sign := .root.Values.flower.openIdConnect -}}
- {name: CRATE_BROKER_URL_FILE, value: /etc/crate/secrets/broker_url}
- {name: FLOWER_BROKER_API_FILE, value: /etc/crate/secrets/broker_api}
- {name: FLOWER_COOKIE_SECRET_FILE, value: /etc/crate/secrets/cookie_secret}
- {name: FLOWER_URL_PREFIX, value: {{ printf "%s/flower" (include "crate.prefix" .root) | trimPrefix "/" }}}
{{- if $sign.provider }}
- {name: FLOWER_AUTH, value: {{ $sign.auth | quote }}}
- {name: FLOWER_AUTH_PROVIDER, value: {{ $sign.provider | quote }}}
{{- with $sign.baseUrl }}
- {name: FLOWER_OAUTH2_OKTA_BASE_URL, value: {{ . | quote }}}
{{- end }}
- {name: FLOWER_OAUTH2_KEY_FILE, value: /etc/crate/secrets/oauth2_key}
- {name: FLOWER_OAUTH2_SECRET_FILE, value: /etc/crate/secrets/oauth2_secret}
- {name: FLOWER_OAUTH2_REDIRECT_URI, value: {{ printf "%s/flower/login" (trimSuffix "/" .root.Values.settings.public_url) }}}
{{- else }}
- {name: FLOWER_BASIC_AUTH_FILE, value: /etc/crate/secrets/basic_auth}
{{- end }}
{{- if .root.Values.flower.persistence.enabled }}
- {name: FLOWER_PERSISTENT, value: "true"}
- {name: FLOWER_DB, value: /state/flower}
- {name: FLOWER_STATE_SAVE_INTERVAL, value: "60000"}
{{- end }}
{{- end }}
