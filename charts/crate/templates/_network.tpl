{{/* An Ingress of the site's host: (dict "root" $ "component" "site" "annotations" (dict) "paths" (list)). */}}
{{- define "crate.ingress" -}}
{{- $ingress := .root.Values.ingress }}
{{- $host := include "crate.host" .root }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "crate.metadata" . | nindent 2 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with $ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- if $ingress.tls.enabled }}
  tls:
    - hosts: [{{ $host }}]
      secretName: {{ $ingress.tls.secretName }}
  {{- end }}
  rules:
    - host: {{ $host }}
      http:
        paths:
          {{- toYaml .paths | nindent 10 }}
{{- end }}

{{/* What goes into and out of the pods of a component: (dict "root" $ "component" "web" "facts" ...). */}}
{{- define "crate.networkPolicy" -}}
{{- $root := .root }}
{{- $policy := .root.Values.networkPolicy }}
{{- $ports := .facts.ports | default dict }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "crate.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "crate.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- /* A rule without peers would let everybody through. */}}
    {{- if and $ports.http $policy.ingressFrom }}
    - from:
        {{- toYaml $policy.ingressFrom | nindent 8 }}
      ports: [{port: {{ $ports.http }}}]
    {{- end }}
    {{- with $policy.metricsFrom }}
    {{- if $ports }}
    - from:
        {{- toYaml . | nindent 8 }}
      ports: [{port: {{ $ports.private | default $ports.http }}}]
    {{- end }}
    {{- end }}
    {{- if and (eq .component "web") $root.Values.demo.enabled }}
    - from:
        {{- include "crate.peer" (dict "root" $root "component" "test") | nindent 8 }}
      ports: [{port: {{ $ports.http }}}]
    {{- end }}
  egress:
    - to:
        {{- toYaml $policy.dnsTo | nindent 8 }}
      ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
    {{- range .facts.destinations }}
    {{- if $root.Values.demo.enabled }}
    {{- $pod := index (include "crate.demoDestinations" $root | fromYaml) . }}
    - to:
        {{- include "crate.peer" (dict "root" $root "component" $pod.component) | nindent 8 }}
      ports: [{port: {{ $pod.port }}}]
    {{- else }}
    {{- $place := index $policy.destinations . }}
    - to:
        {{- toYaml $place.to | nindent 8 }}
      ports:
        {{- range $place.ports }}
        - port: {{ . }}
        {{- end }}
    {{- end }}
    {{- end }}
    {{- if eq .component "test" }}
    - to:
        {{- include "crate.peer" (dict "root" $root "component" "web") | nindent 8 }}
      ports: [{port: 8000}]
    - to:
        {{- include "crate.peer" (dict "root" $root "component" "mail") | nindent 8 }}
      ports: [{port: 8025}]
    {{- end }}
    {{- with (index $root.Values .component).extraEgress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{/* The pods of a component as a peer. */}}
{{- define "crate.peer" -}}
- podSelector:
    matchLabels:
      {{- include "crate.selector" . | nindent 6 }}
{{- end }}

{{/* Who reaches the servers of the demonstration, and on which ports. */}}
{{- define "crate.demoClients" -}}
mariadb:
  - {components: [web, runner, consent, mailer, relay, migration, demo], ports: [3306]}
rabbitmq:
  - {components: [web, runner, consent, mailer, relay, flower], ports: [5672]}
  - {components: [flower], ports: [15672]}
mail:
  - {components: [mailer], ports: [2525]}
  - {components: [test], ports: [8025]}
{{- end }}
