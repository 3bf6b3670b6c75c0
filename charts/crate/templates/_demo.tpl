{{/* The servers of the demonstration: RabbitMQ, MariaDB and the mail sink, one pod each. */}}

{{/* Password of an account of the trial: (dict "root" $ "account" "database_web"). */}}
{{- define "crate.demoPassword" -}}
{{- printf "%s/%s/%s" .root.Release.Namespace .account .root.Values.demo.passphrase | sha256sum | trunc 40 -}}
{{- end }}

{{/* Names of all accounts, as the files of docker/templates call them. */}}
{{- define "crate.demoAccounts" -}}
database: [root, owner, loader, research_reader, identity_reader, web, runner, consent, mailer, relay]
broker: [web, runner, consent, mailer, relay, flower]
{{- end }}

{{- define "crate.demoDatabaseUrl" -}}
mysql+pymysql://{{ .account }}:{{ include "crate.demoPassword" (dict "root" .root "account" (printf "database_%s" .account)) }}@{{ include "crate.fullname" .root }}-mariadb/{{ .database }}
{{- end }}

{{- define "crate.demoBrokerUrl" -}}
amqp://{{ .account }}:{{ include "crate.demoPassword" (dict "root" .root "account" (printf "broker_%s" .account)) }}@{{ include "crate.fullname" .root }}-rabbitmq/crate
{{- end }}

{{/* docker/templates/accounts.sql with its passwords. */}}
{{- define "crate.demoAccountsSql" -}}
{{- $text := .Files.Get "files/accounts.sql" }}
{{- range (include "crate.demoAccounts" . | fromYaml).database }}
{{- $account := printf "database_%s" . }}
{{- $text = replace (printf "'$%s'" $account) (printf "'%s'" (include "crate.demoPassword" (dict "root" $ "account" $account))) $text }}
{{- end }}
{{- $text }}
{{- end }}

{{/* docker/templates/definitions.json with passwords in the place of their hashes. */}}
{{- define "crate.demoDefinitions" -}}
{{- $definitions := .Files.Get "files/definitions.json" | replace "$$" "$" | fromJson }}
{{- range $definitions.users }}
{{- $account := printf "broker_%s" .name }}
{{- $_ := set . "password" (include "crate.demoPassword" (dict "root" $ "account" $account)) }}
{{- $_ := unset . "password_hash" }}
{{- $_ := unset . "hashing_algorithm" }}
{{- end }}
{{- toPrettyJson $definitions }}
{{- end }}

{{/* A server of one pod: (dict "root" $ "component" "mariadb" "facts" ...). */}}
{{- define "crate.demoServer" -}}
{{- $persistence := .root.Values.demo.persistence }}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "crate.metadata" . | nindent 2 }}
spec:
  replicas: 1
  serviceName: {{ include "crate.fullname" .root }}-{{ .component }}
  selector:
    matchLabels:
      {{- include "crate.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "crate.selector" . | nindent 8 }}
    spec:
      {{- include "crate.podBasics" (dict "root" .root "user" .facts.user) | nindent 6 }}
      terminationGracePeriodSeconds: 60
      containers:
        - name: {{ .component }}
          image: {{ .facts.image }}
          imagePullPolicy: {{ .root.Values.images.pullPolicy }}
          securityContext:
            {{- include "crate.containerSecurity" . | nindent 12 }}
          {{- with .facts.command }}
          command: {{ toJson . }}
          {{- end }}
          {{- with .facts.args }}
          args: {{ toJson . }}
          {{- end }}
          {{- with .facts.env }}
          env:
            {{- range $name, $value := . }}
            - {name: {{ $name }}, value: {{ $value | quote }}}
            {{- end }}
          {{- end }}
          ports:
            {{- range $name, $port := .facts.ports }}
            - {name: {{ $name }}, containerPort: {{ $port }}}
            {{- end }}
          startupProbe:
            tcpSocket: {port: {{ .facts.probePort }}}
            periodSeconds: 2
            failureThreshold: 150
          livenessProbe:
            tcpSocket: {port: {{ .facts.probePort }}}
            periodSeconds: 20
            timeoutSeconds: 10
            failureThreshold: 6
          readinessProbe:
            tcpSocket: {port: {{ .facts.probePort }}}
            periodSeconds: 5
          resources:
            requests: {cpu: 50m, memory: {{ .facts.memory }}}
            limits: {memory: {{ .facts.memoryLimit }}}
          volumeMounts:
            - {name: data, mountPath: {{ .facts.dataPath }}}
            {{- range $index, $path := .facts.writable }}
            - {name: scratch, mountPath: {{ $path }}, subPath: scratch-{{ $index }}}
            {{- end }}
            {{- range .facts.files }}
            - {name: {{ .volume }}, mountPath: {{ .path }}, subPath: {{ .key }}, readOnly: true}
            {{- end }}
      volumes:
        - name: scratch
          emptyDir: {sizeLimit: 256Mi}
        {{- if .facts.secret }}
        - name: secret
          secret:
            secretName: {{ include "crate.fullname" .root }}-demo-{{ .component }}
            defaultMode: 0440
        {{- end }}
        {{- if .facts.config }}
        - name: config
          configMap: {name: {{ include "crate.fullname" .root }}-{{ .component }}}
        {{- end }}
        {{- if not $persistence.enabled }}
        - name: data
          emptyDir: {sizeLimit: {{ $persistence.size }}}
        {{- end }}
  {{- if $persistence.enabled }}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with $persistence.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources: {requests: {storage: {{ $persistence.size }}}}
  {{- end }}
{{- end }}

{{- define "crate.demoServers" -}}
mariadb:
  image: {{ .Values.demo.images.mariadb }}
  user: 999
  args:
    - mariadbd
    - --character-set-server=utf8mb4
    - --collation-server=utf8mb4_unicode_520_ci
    - --skip-name-resolve
    - --max-connections=300
    - --innodb-buffer-pool-size=256M
    # Else it writes a line for each probe of its port.
    - --log-warnings=1
  env: {MARIADB_ROOT_PASSWORD_FILE: /run/secrets/database_root}
  ports: {mysql: 3306}
  probePort: 3306
  memory: 384Mi
  memoryLimit: 1Gi
  dataPath: /var/lib/mysql
  writable: [/tmp, /run/mysqld]
  secret: true
  files:
    - {volume: secret, key: database_root, path: /run/secrets/database_root}
    - {volume: secret, key: accounts.sql, path: /docker-entrypoint-initdb.d/accounts.sql}
rabbitmq:
  image: {{ .Values.demo.images.rabbitmq }}
  user: 999
  env: {RABBITMQ_NODENAME: rabbit@localhost}
  ports: {amqp: 5672, api: 15672, metrics: 15692}
  probePort: 5672
  memory: 256Mi
  memoryLimit: 768Mi
  dataPath: /var/lib/rabbitmq
  writable: [/tmp, /var/log/rabbitmq]
  secret: true
  config: true
  files:
    - {volume: secret, key: definitions.json, path: /run/secrets/definitions.json}
    - {volume: config, key: 20-crate.conf, path: /etc/rabbitmq/conf.d/20-crate.conf}
    - {volume: config, key: enabled_plugins, path: /etc/rabbitmq/enabled_plugins}
mail:
  image: {{ include "crate.image" (dict "root" $ "name" "crate-demo") }}
  user: 10001
  command: [python, -m, crate_demo.run.mail_sink, /mails, "2525", "8025", 0.0.0.0]
  ports: {smtp: 2525, pages: 8025}
  probePort: 2525
  memory: 64Mi
  memoryLimit: 256Mi
  dataPath: /mails
  writable: [/tmp]
{{- end }}
