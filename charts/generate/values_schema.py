"""The schema of the chart's values, closed at every level; the part on settings comes from the code."""

import json
from typing import Any

from crate_core.settings import Settings

Schema = dict[str, Any]

SECRETS = frozenset(
    {"secret_key", "database_url", "broker_url", "secret_map_url", "smtp_url", "clinical_sources"}
)
"""Settings that stand in Secrets alone."""

SET_BY_CHART = frozenset(
    {
        "bind",
        "certificate_path",
        "health_host",
        "health_port",
        "heartbeat_folder",
        "web_processes",
        "worker_processes",
    }
)
"""Settings that follow from other values, or from the images."""

MAY_BE_NOTHING = frozenset(
    {
        "annotations",
        "extraEgress",
        "global",
        "nodeSelector",
        "podAnnotations",
        "resources",
        "tolerations",
    }
)
"""Values that may be left without anything; of all others, a key with nothing behind it is refused."""

_NEEDED_SETTINGS = (
    "mail_from",
    "public_url",
    "run_timeout_seconds",
    "task_time_limit_seconds",
    "trusted_proxies",
)
"""Settings that values.yaml sets and templates read."""

_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_LABELS: Schema = {"type": "object", "additionalProperties": _TEXT}
_QUANTITY: Schema = {"type": ["string", "integer"], "pattern": "^[0-9.]+(m|[EPTGMK]i?)?$"}
_PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}


def values_schema() -> Schema:
    """Return values.schema.json."""
    definitions, settings = _settings()
    schema = _values(
        {
            "fullnameOverride": _TEXT,
            "apiVersions": _list(_TEXT),
            "images": _values(
                {
                    "prefix": {"type": "string", "pattern": "^$|/$"},
                    "tag": _TEXT,
                    "pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
                    "pullSecrets": _list(_TEXT),
                }
            ),
            "settings": settings,
            "secrets": _values(
                dict.fromkeys(
                    ("web", "runner", "consent", "mailer", "relay", "migration", "flower"), _TEXT
                )
                | {"verify": _FLAG}
            ),
            "migration": _values({"hook": _FLAG, "grants": _FLAG, "resources": _resources()}),
            "web": _component(_scaling({"cpuPercent": _whole(1, 100)})),
            **dict.fromkeys(
                ("runner", "consent", "mailer"), _component(_scaling({"messagesPerPod": _whole(1)}))
            ),
            "relay": _component(None),
            "flower": _flower(),
            "ingress": _values(
                {
                    "enabled": _FLAG,
                    "className": _TEXT,
                    "annotations": _LABELS,
                    "linkAnnotations": _LABELS,
                    "flower": _FLAG,
                    "tls": _values({"enabled": _FLAG, "secretName": _TEXT}),
                }
            ),
            "httpRoute": _values({"enabled": _FLAG, "parentRefs": _list(_parent_reference())}),
            "allowPlainHttp": _FLAG,
            "networkPolicy": _network_policy(),
            "podDisruptionBudget": _values({"enabled": _FLAG}),
            "monitoring": _values(
                dict.fromkeys(("podMonitors", "rules", "dashboards", "certificate"), _FLAG)
                | {"dashboardLabels": _LABELS, "labels": _LABELS, "runbooks": _TEXT}
            ),
            "demo": _values(
                {
                    "enabled": _FLAG,
                    "passphrase": _TEXT,
                    "patients": _whole(30),
                    "images": _values({"mariadb": _TEXT, "rabbitmq": _TEXT}),
                    "persistence": _persistence(),
                }
            ),
            # Helm hands this to every chart.
            "global": {"type": "object", "properties": {}, "additionalProperties": False},
        }
    )
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Values of the chart crate",
        **schema,
        "definitions": definitions,
    }


def _group(properties: Schema, *, required: tuple[str, ...] = ()) -> Schema:
    closed: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": dict(sorted(properties.items())),
    }
    return closed | ({"required": list(required)} if required else {})


def _values(properties: Schema) -> Schema:
    """A group of values.yaml: to Helm, a key with nothing behind it takes the defaults away."""
    return _group(properties, required=tuple(sorted(properties.keys() - MAY_BE_NOTHING)))


def _list(items: Schema, *, least: int = 0) -> Schema:
    return {"type": "array", "items": items} | ({"minItems": least} if least else {})


def _whole(minimum: int, maximum: int | None = None) -> Schema:
    return {"type": "integer", "minimum": minimum} | ({"maximum": maximum} if maximum else {})


def _resources() -> Schema:
    amounts = _group({"cpu": _QUANTITY, "memory": _QUANTITY, "ephemeral-storage": _QUANTITY})
    return _group({"requests": amounts, "limits": amounts})


def _scaling(more: Schema) -> Schema:
    replicas = {"minReplicas": _whole(1), "maxReplicas": _whole(1)}
    return _values({"enabled": _FLAG, **replicas, **more})


def _pod() -> Schema:
    toleration = _group(
        {
            "key": _TEXT,
            "operator": {"enum": ["Exists", "Equal"]},
            "value": _TEXT,
            "effect": {"enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"]},
            "tolerationSeconds": _whole(0),
        }
    )
    # A rule without peers lets everybody through.
    egress = _group(
        {"to": _list(_peer(), least=1), "ports": _list(_policy_port())}, required=("to",)
    )
    return {
        "resources": _resources(),
        "nodeSelector": _LABELS,
        "tolerations": _list(toleration),
        "podAnnotations": _LABELS,
        "extraEgress": _list(egress),
    }


def _component(scaling: Schema | None) -> Schema:
    properties = {"replicas": _whole(0), **_pod()}
    if scaling:
        properties |= {"processes": _whole(1, 64), "autoscaling": scaling}
    return _values(properties)


def _flower() -> Schema:
    sign_in = _values({"auth": _TEXT, "provider": _TEXT, "baseUrl": _TEXT})
    return _values(
        {"enabled": _FLAG, "openIdConnect": sign_in, "persistence": _persistence(), **_pod()}
    )


def _persistence() -> Schema:
    return _values({"enabled": _FLAG, "size": _QUANTITY, "storageClass": _TEXT})


def _parent_reference() -> Schema:
    names = dict.fromkeys(("group", "kind", "name", "namespace", "sectionName"), _TEXT)
    return _group({**names, "port": _PORT}, required=("name",))


def _selector() -> Schema:
    expression = _group(
        {
            "key": _TEXT,
            "operator": {"enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
            "values": _list(_TEXT),
        },
        required=("key", "operator"),
    )
    return _group({"matchLabels": _LABELS, "matchExpressions": _list(expression)})


def _peer() -> Schema:
    block = _group({"cidr": _TEXT, "except": _list(_TEXT)}, required=("cidr",))
    return _group(
        {"ipBlock": block, "namespaceSelector": _selector(), "podSelector": _selector()}
    ) | {"minProperties": 1}


def _policy_port() -> Schema:
    return _group({"port": _PORT, "endPort": _PORT, "protocol": {"enum": ["TCP", "UDP", "SCTP"]}})


def _network_policy() -> Schema:
    names = (
        "siteDatabase",
        "broker",
        "brokerApi",
        "researchDatabases",
        "secretMap",
        "clinicalSources",
        "smtp",
    )
    place = _values({"to": _list(_peer()), "ports": _list(_PORT, least=1)})
    return _values(
        {
            "enabled": _FLAG,
            "ingressFrom": _list(_peer()),
            "metricsFrom": _list(_peer()),
            "dnsTo": _list(_peer(), least=1),
            "destinations": _values(dict.fromkeys(names, place)),
        }
    )


def _settings() -> tuple[Schema, Schema]:
    """Return the definitions that settings use, and their schema."""
    text = json.dumps(Settings.model_json_schema()).replace("#/$defs/", "#/definitions/")
    schema: Schema = json.loads(text)
    definitions = schema.pop("$defs")
    for name in SECRETS | SET_BY_CHART:
        del schema["properties"][name]
    # In the ConfigMap a research database has no address: the runner's Secret holds it.
    del definitions["ResearchDatabase"]["properties"]["url"]
    for part in (schema, definitions):
        _adapt(part)
    # The values file says what is needed in words; a schema only knows that a key is there.
    schema["properties"]["public_url"]["pattern"] = "^$|^https?://[^?#]+$"
    schema["required"] = list(_NEEDED_SETTINGS)
    schema.pop("title", None)
    used = _used(schema, definitions)
    return {name: definitions[name] for name in sorted(used)}, schema


def _adapt(part: Any) -> None:
    """Leave out what Helm's validator does not know: patterns that look ahead, and defaults."""
    if isinstance(part, dict):
        if "(?" in str(part.get("pattern", "")):
            del part["pattern"]
        if not isinstance(part.get("default"), dict) or "type" in part or "$ref" in part:
            part.pop("default", None)
        for value in part.values():
            _adapt(value)
    elif isinstance(part, list):
        for value in part:
            _adapt(value)


def _used(part: Any, definitions: Schema) -> set[str]:
    found: set[str] = set()
    waiting = [part]
    while waiting:
        text = json.dumps(waiting.pop())
        for name in definitions:
            if name not in found and f'"#/definitions/{name}"' in text:
                found.add(name)
                waiting.append(definitions[name])
    return found
