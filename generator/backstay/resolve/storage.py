"""The storage section to one store in all its pieces."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from backstay.core.fact import Fact, from_route, from_spec, from_version
from backstay.core.place import at
from backstay.model.parts import ExternalRef, Pipelines, SecretRef, Storage, StoragePins, Store
from backstay.resolve.facts import fact
from backstay.spec import storage as spec

_ROUTE = ("storage", "artifacts")
_PLAIN_KEYS = "artifacts/{{workflow.name}}/{{pod.name}}"


def resolve_storage(storage: spec.Storage, pipelines: Pipelines | None) -> Storage:
    """The store, the namespaces whose runs use it, and what is pinned."""
    return Storage(_store(storage, pipelines), run_namespaces(storage, pipelines), _pins(storage.overrides))


def run_namespaces(storage: spec.Storage | None, pipelines: Pipelines | None) -> tuple[Fact[str], ...]:
    """Where pipelines run: as stated, else (single-user) the Pipelines namespace."""
    if storage is not None and storage.run_namespaces:
        return tuple(
            from_spec(name, "storage", "runNamespaces", i) for i, name in enumerate(storage.run_namespaces)
        )
    return (pipelines.namespace,) if pipelines and not pipelines.multi_user else ()


def _store(storage: spec.Storage, pipelines: Pipelines | None) -> Store:
    artifacts, pins = storage.artifacts, storage.overrides
    parts = urlsplit(artifacts.url)
    secure = parts.scheme == "https"
    url = fact(artifacts, "url", artifacts.url, _ROUTE)
    bucket = fact(artifacts, "bucket", artifacts.bucket, _ROUTE)
    prefix = fact(artifacts, "prefix", artifacts.prefix, _ROUTE)
    scheme: Fact[str] = fact(artifacts, "provider", artifacts.provider, _ROUTE)
    root = Fact(
        f"{artifacts.provider}://{artifacts.bucket}/{artifacts.prefix}",
        tuple(dict.fromkeys((*bucket.origins, *prefix.origins, *scheme.origins))),
    )
    shipped = pipelines.key_format if pipelines else from_version(_PLAIN_KEYS, "workflows")
    return Store(
        Fact(parts.hostname or "", url.origins),
        Fact(parts.port or (443 if secure else 80), url.origins),
        Fact(secure, url.origins),
        bucket, prefix, fact(artifacts, "region", artifacts.region, _ROUTE), scheme,
        root if pins.pipeline_root is None else fact(pins, "pipeline_root", pins.pipeline_root, ("storage", "overrides")),
        shipped if pins.key_format is None else fact(pins, "key_format", pins.key_format, ("storage", "overrides")),
        _credentials(artifacts.credentials),
        at(*_ROUTE),
    )  # fmt: skip


def _credentials(credentials: spec.Credentials) -> SecretRef | None:
    if credentials.secret is None:
        return None
    route = (*_ROUTE, "credentials")
    return SecretRef(
        fact(credentials, "secret", credentials.secret, route),
        fact(credentials, "access_key", credentials.access_key, route),
        fact(credentials, "secret_key", credentials.secret_key, route),
        None if credentials.external is None else _external(credentials.external),
    )


def _external(external: spec.External) -> ExternalRef:
    route = (*_ROUTE, "credentials", "external")
    return ExternalRef(
        fact(external, "store", external.store, route),
        fact(external, "store_kind", external.store_kind, route),
        fact(external, "key", external.key, route),
        fact(external, "access_property", external.access_property, route),
        fact(external, "secret_property", external.secret_property, route),
    )


def _pins(pins: spec.Pins) -> StoragePins:
    def pairs(stated: Mapping[str, str], key: str) -> tuple[tuple[str, Fact[str]], ...]:
        route = ("storage", "overrides", key)
        return tuple((name, from_route(value, (*route, name))) for name, value in stated.items())

    return StoragePins(
        pairs(pins.launcher, "launcher"),
        pairs(pins.workflow_controller, "workflowController"),
        pairs(pins.api_server_env, "apiServerEnv"),
        pairs(pins.ui_env, "uiEnv"),
        pairs(pins.profile_controller_env, "profileControllerEnv"),
    )
