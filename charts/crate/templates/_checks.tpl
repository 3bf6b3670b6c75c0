{{/* Refuses values that a schema cannot: each message names the key and the rule. */}}
{{- define "crate.check" -}}
{{- $values := .Values }}
{{- $url := $values.settings.public_url }}
{{- if not $url }}
{{- fail "settings.public_url: must be set to where browsers reach the site, as https://research.example.org/crate" }}
{{- end }}
{{- if and (hasPrefix "http://" $url) (not $values.allowPlainHttp) }}
{{- fail "settings.public_url: must begin with https://; for a trial on one machine, set allowPlainHttp to true" }}
{{- end }}
{{- if not $values.settings.mail_from }}
{{- fail "settings.mail_from: must be set to the sender of all mail" }}
{{- end }}
{{- if and (ne (toString $values.settings.safety_catch) "false") (not $values.settings.developer_email) }}
{{- fail "settings.developer_email: must be set while settings.safety_catch is on (it is, unless set to false): all mail goes there" }}
{{- end }}
{{- if and $values.ingress.enabled $values.ingress.tls.enabled (not $values.ingress.tls.secretName) }}
{{- fail "ingress.tls.secretName: must name the Secret with the certificate; only where TLS ends before the ingress, set ingress.tls.enabled to false" }}
{{- end }}
{{- if and (or $values.ingress.enabled $values.httpRoute.enabled) (eq $values.settings.trusted_proxies "127.0.0.1") }}
{{- fail "settings.trusted_proxies: must name the network of the ingress controller's pods, as 10.244.0.0/16 (kubectl get pods --output wide shows their addresses); else all browsers have one address, and a few failed log-ins of one keep everybody out" }}
{{- end }}
{{- if and $values.httpRoute.enabled (not $values.httpRoute.parentRefs) }}
{{- fail "httpRoute.parentRefs: must name the gateways while httpRoute.enabled is true" }}
{{- end }}
{{- if and $values.networkPolicy.enabled (or $values.ingress.enabled $values.httpRoute.enabled) (not $values.networkPolicy.ingressFrom) }}
{{- fail "networkPolicy.ingressFrom: must say from where the ingress controller reaches web, as [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: traefik}}}]" }}
{{- end }}
{{- if and $values.networkPolicy.enabled $values.monitoring.podMonitors (not $values.networkPolicy.metricsFrom) }}
{{- fail "networkPolicy.metricsFrom: must say from where Prometheus reads metrics while monitoring.podMonitors is true" }}
{{- end }}
{{- range $component := list "web" "runner" "consent" "mailer" }}
{{- with (index $values $component).autoscaling }}
{{- if and .enabled (lt (int .maxReplicas) (int .minReplicas)) }}
{{- fail (printf "%s.autoscaling.maxReplicas: must not be less than minReplicas, which is %d" $component (int .minReplicas)) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and $values.flower.openIdConnect.provider (not $values.flower.openIdConnect.auth) }}
{{- fail "flower.openIdConnect.auth: must say who may sign in (a regular expression of e-mail addresses)" }}
{{- end }}
{{- if and (hasSuffix ".OktaLoginHandler" $values.flower.openIdConnect.provider) (not $values.flower.openIdConnect.baseUrl) }}
{{- fail "flower.openIdConnect.baseUrl: must say where the provider is, as https://id.example.org/oauth2/default" }}
{{- end }}
{{- if $values.demo.enabled }}
{{- if not $values.demo.passphrase }}
{{- fail "demo.passphrase: must be set while demo.enabled is true: all passwords of the trial follow from it" }}
{{- end }}
{{- if not $values.migration.grants }}
{{- fail "migration.grants: must be true while demo.enabled is true: the accounts of the trial get their rights so" }}
{{- end }}
{{- else }}
{{- include "crate.checkSecrets" . }}
{{- if $values.networkPolicy.enabled }}
{{- range $component, $facts := include "crate.components" . | fromYaml }}
{{- range $facts.destinations }}
{{- if not (index $values.networkPolicy.destinations .).to }}
{{- fail (printf "networkPolicy.destinations.%s.to: must say where it is, since %s connects to it, as [{ipBlock: {cidr: 192.0.2.10/32}}]; or set networkPolicy.enabled to false" . $component) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Each Secret is named; where the cluster can be asked, it exists and has its keys. */}}
{{- define "crate.checkSecrets" -}}
{{- $needed := dict "migration" (include "crate.migrationKeys" . | fromYamlArray) }}
{{- range $component, $facts := include "crate.components" . | fromYaml }}
{{- $_ := set $needed $component $facts.secretKeys }}
{{- end }}
{{- $namespace := .Release.Namespace }}
{{- $canAsk := and .Values.secrets.verify (lookup "v1" "ServiceAccount" $namespace "default") }}
{{- range $component, $keys := $needed }}
{{- $name := index $.Values.secrets $component }}
{{- if not $name }}
{{- fail (printf "secrets.%s: must name a Secret with the keys %s" $component (join ", " $keys)) }}
{{- end }}
{{- if $canAsk }}
{{- $found := lookup "v1" "Secret" $namespace $name }}
{{- if not $found }}
{{- fail (printf "secrets.%s: there is no Secret %s in namespace %s; it must have the keys %s" $component $name $namespace (join ", " $keys)) }}
{{- end }}
{{- range $keys }}
{{- if not (hasKey ($found.data | default dict) .) }}
{{- fail (printf "secrets.%s: the Secret %s in namespace %s lacks the key %s" $component $name $namespace .) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
