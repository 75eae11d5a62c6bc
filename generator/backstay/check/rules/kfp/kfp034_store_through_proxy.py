"""An HTTP proxy is set for Pipelines, and the artifact store is not excepted from it.

The API server hands its proxy variables to every step. Without a NO_PROXY it hands them a list of its own, which
knows `.svc.cluster.local` and `minio-service.kubeflow` and no other short name of a store.

Not judged: a NO_PROXY whose value is not at hand, address ranges in it, and stores that nothing names.

Breaks: artifacts go to the proxy, which refuses them or cannot resolve names of the cluster.
Bad:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: ml-pipeline, namespace: kubeflow}
    spec:
      template:
        spec:
          containers:
            - name: ml-pipeline-api-server
              env:
                - {name: HTTP_PROXY, value: "http://proxy:3128"}
                - {name: OBJECTSTORECONFIG_HOST, value: seaweedfs.kubeflow}
Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: ml-pipeline, namespace: kubeflow}
    spec:
      template:
        spec:
          containers:
            - name: ml-pipeline-api-server
              env:
                - {name: HTTP_PROXY, value: "http://proxy:3128"}
                - {name: NO_PROXY, value: "localhost,127.0.0.1,.svc.cluster.local,seaweedfs.kubeflow"}
                - {name: OBJECTSTORECONFIG_HOST, value: seaweedfs.kubeflow}
Source: kubeflow/pipelines backend/src/apiserver/config/proxy/config.go, golang.org/x/net http/httpproxy
"""

from collections.abc import Iterator
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import install, launcher
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import unsafe
from backstay.core.route import Route
from backstay.upstream.pipelines import INJECTED_NO_PROXY

RULE = rule(__doc__, "KFP034", "store-through-proxy")

_PROXIES = {False: "HTTP_PROXY", True: "HTTPS_PROXY"}
_NO_PROXY = "NO_PROXY"


@dataclass(frozen=True, slots=True)
class Store:
    """A store that steps or the API server talk to; `secure` None: not known whether by TLS."""

    host: str
    port: str | None
    secure: bool | None


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the proxy variables of every API server against every store at hand."""
    for container, env in install.environments(ctx, install.API_SERVER):
        listed = INJECTED_NO_PROXY if env.lacks(_NO_PROXY) else env.value(_NO_PROXY)
        if listed is not None:
            for store, route in _reached(ctx, env, listed):
                message = f"the store {store} is reached through the proxy: {_NO_PROXY} does not name it"
                help_ = f'set {_NO_PROXY} to "{",".join(filter(None, (listed, store)))}"'
                edit = look.assigned(container, env, _NO_PROXY, ",".join(filter(None, (listed, store))))
                fix = unsafe(f"add `{store}` to {_NO_PROXY}", edit) if edit else None
                yield ctx.report(RULE, container.item, route, message, help_, fix=fix)


def _reached(ctx: Context, env: look.Environment, listed: str) -> Iterator[tuple[str, Route]]:
    """The hosts of stores that are reached through the proxy, and where it is set."""
    for store in _stores(ctx, env):
        route = _proxied(env, store)
        if route and not _is_excepted(store, listed):
            yield store.host, route


def _proxied(env: look.Environment, store: Store) -> Route | None:
    """Where the proxy is set that the store's traffic would take."""
    names = _PROXIES.values() if store.secure is None else (_PROXIES[store.secure],)
    found = [variable for variable in map(env.get, names) if variable and variable.value != ""]
    return found[0].route if found else None


def _stores(ctx: Context, env: look.Environment) -> list[Store]:
    """The stores that are named, or the one that the release dials by itself; each host once."""
    named = [*_of_api_server(env), *_of_launchers(ctx), *_of_spec(ctx)] or list(_stock(ctx))
    return list({store.host: store for store in reversed(named)}.values())[::-1]


def _of_api_server(env: look.Environment) -> Iterator[Store]:
    host, secure = env.value("OBJECTSTORECONFIG_HOST"), env.value("OBJECTSTORECONFIG_SECURE")
    if host:
        yield Store(host, env.value("OBJECTSTORECONFIG_PORT"), None if secure is None else secure == "true")


def _of_launchers(ctx: Context) -> Iterator[Store]:
    for provider in launcher.providers(ctx):
        for part in provider.parts:
            scheme, _, rest = part.text("endpoint").rpartition("://")
            host, _, port = rest.partition("/")[0].rpartition("@")[2].partition(":")
            if host:
                plain = part.get("disableSSL") is True if not scheme else scheme == "http"
                yield Store(host, port, not plain)


def _of_spec(ctx: Context) -> Iterator[Store]:
    storage = ctx.cluster.storage if ctx.cluster else None
    if storage is not None:
        yield Store(storage.store.host.value, str(storage.store.port.value), storage.store.secure.value)


def _stock(ctx: Context) -> Iterator[Store]:
    default = install.default_store(ctx)
    if default is not None:
        host, _, port = default.partition(":")
        yield Store(host, port, secure=False)


def _is_excepted(store: Store, listed: str) -> bool:
    """Whether a NO_PROXY list names a host: itself, a domain above it, its port too where one is given, or all."""
    host = store.host.lower()
    for entry in (word.strip().lower() for word in listed.split(",")):
        name, _, port = entry.partition(":")
        if entry == "*" or (port in {"", store.port} and _within(host, name)):
            return True
    return host in {"localhost", "127.0.0.1"}


def _within(host: str, name: str) -> bool:
    domain = name.removeprefix("*").removeprefix(".")
    return host.endswith(f".{domain}") or (host == domain and not name.startswith((".", "*")))


CHECK = Check(RULE, reads=frozenset({"Deployment", "ConfigMap"}), run=check)
