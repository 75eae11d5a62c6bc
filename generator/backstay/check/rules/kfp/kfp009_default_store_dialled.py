"""kfp-launcher states no endpoint, and what the launcher dials instead is not the store.

For a `minio://` root without a provider that is the bundled store of namespace `kubeflow` without TLS, whatever
the install's own namespace; for `s3://`, and for `fromEnv: true` before 2.17, it is AWS. Up to 2.14 a Service
minio-service in the run's namespace takes the bundled store's place.

Not judged: pipeline roots with a query, patches that leave out `providers`, a Service minio-service without a
selector, and installs whose store is not known.

Breaks: the steps of each run write to a store that does not exist, or that nobody reads.
Bad:
    # --platform pipelines=2.17
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: ml-pipeline, namespace: kubeflow}
    spec:
      template:
        spec:
          containers:
            - name: ml-pipeline-api-server
              env:
                - {name: OBJECTSTORECONFIG_HOST, value: minio.storage}
                - {name: OBJECTSTORECONFIG_PORT, value: "9000"}
                - {name: OBJECTSTORECONFIG_SECURE, value: "false"}
                - {name: OBJECTSTORECONFIG_BUCKETNAME, value: mlpipeline}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      defaultPipelineRoot: minio://mlpipeline/v2/artifacts
Good:
    # --platform pipelines=2.17
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: ml-pipeline, namespace: kubeflow}
    spec:
      template:
        spec:
          containers:
            - name: ml-pipeline-api-server
              env:
                - {name: OBJECTSTORECONFIG_HOST, value: minio.storage}
                - {name: OBJECTSTORECONFIG_PORT, value: "9000"}
                - {name: OBJECTSTORECONFIG_SECURE, value: "false"}
                - {name: OBJECTSTORECONFIG_BUCKETNAME, value: mlpipeline}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      defaultPipelineRoot: minio://mlpipeline/v2/artifacts
      providers: |
        minio:
          default:
            endpoint: minio.storage:9000
            disableSSL: true
            credentials: {secretRef: {secretName: store, accessKeyKey: accesskey, secretKeyKey: secretkey}}
Source: kubeflow/pipelines backend/src/v2/objectstore/config.go, backend/src/v2/config/minio.go; kubeflow/pipelines#9689, #11965
"""

from collections.abc import Iterator, Mapping
from itertools import chain

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import endpoint, install, launcher, places
from backstay.check.rules.kfp.endpoint import Endpoint
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.route import Route

RULE = rule(__doc__, "KFP009", "default-store-dialled")

_SERVICE = "minio-service"
_PROVIDERS: Route = ("data", "providers")
_AWS = Endpoint("s3.amazonaws.com", 443, secure=True)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge each kfp-launcher that runs read against the store of the spec, the API server or Argo."""
    store = next(_stores(ctx), None)
    if store is None:
        return
    for item in install.run_launchers(ctx):
        found = _dialled(ctx, item)
        if found and not (endpoint.same(ctx, found[0], store) and store.secure in {None, found[0].secure}):
            message = f"the launcher dials `{_url(found[0])}` here, and the store is `{_url(store)}`"
            yield ctx.report(RULE, item, found[1], message, _help(ctx, found[1], store))


def _stores(ctx: Context) -> Iterator[Endpoint]:
    if ctx.cluster is not None and ctx.cluster.storage is not None:
        yield places.of_spec(ctx.cluster.storage.store)
    for place in chain(places.api_servers(ctx), places.controllers(ctx), places.repositories(ctx)):
        if place.endpoint:
            yield place.endpoint


def _dialled(ctx: Context, item: Item) -> tuple[Endpoint, Route] | None:
    """What the launcher dials on its own account, and the field that makes it; None where an endpoint counts."""
    root = launcher.root_of(item)
    if root is None or root.query or root.scheme not in launcher.S3_LIKE:
        return None
    providers = launcher.providers_of(ctx, item) if ctx.has(Feature.LAUNCHER_PROVIDERS) else ()
    provider = next((p for p in providers if p.scheme == root.scheme and p.states), None)
    if provider is not None:
        return _by_environment(ctx, provider)
    if item.partial and ctx.has(Feature.LAUNCHER_PROVIDERS):
        return None
    link = _link(ctx, item)
    if link is not None:
        return _behind(link, item.ref.namespace)
    built_in = endpoint.read(install.default_store(ctx), "")
    found = _AWS if root.scheme == "s3" else built_in and built_in.within(secure=False)
    return (found, _PROVIDERS) if found else None


def _by_environment(ctx: Context, provider: launcher.Provider) -> tuple[Endpoint, Route] | None:
    default = provider.default
    if (
        default is None
        or ctx.has(Feature.LAUNCHER_ENVIRONMENT_KEEPS_ENDPOINT)
        or not launcher.by_environment(default)
    ):
        return None
    return _AWS, default.to("credentials")


def _link(ctx: Context, item: Item) -> Mapping[str, object] | None:
    """The Service minio-service of which the kubelet tells the launcher; an ExternalName it does not mention."""
    services = ctx.named("Service", _SERVICE) if ctx.has(Feature.STORE_BY_SERVICE_LINKS) else ()
    specs = (look.mapping(s.value.get("spec")) for s in services if s.ref.namespace == item.ref.namespace)
    return next((spec for spec in specs if not spec.get("externalName")), None)


def _behind(service: Mapping[str, object], namespace: str) -> tuple[Endpoint, Route] | None:
    """The pods of a Service; None where it has no selector and may lead anywhere."""
    port = next((entry.get("port") for entry, _ in look.entries(service.get("ports"))), None)
    if not look.mapping(service.get("selector")) or not isinstance(port, int):
        return None
    return Endpoint(f"{_SERVICE}.{namespace}", port, secure=False), _PROVIDERS


def _url(dialled: Endpoint) -> str:
    scheme = {True: "https://", False: "http://", None: ""}[dialled.secure]
    return f"{scheme}{dialled}"


def _help(ctx: Context, route: Route, store: Endpoint) -> str:
    if route != _PROVIDERS:
        return "name a Secret under `secretRef`, or upgrade to Pipelines 2.17"
    if not ctx.has(Feature.LAUNCHER_PROVIDERS):
        return "upgrade to Pipelines 2.2, or put a Service `minio-service` that leads to the store into the namespace"
    ssl = "" if store.secure is None else f"disableSSL: {str(not store.secure).lower()}, "
    return f"state `default: {{endpoint: {store}, {ssl}credentials: {{secretRef: ...}}}}` under `providers`"


CHECK = Check(
    RULE, reads=frozenset({"ConfigMap", "Deployment", "Service", "Profile", "Namespace"}), run=check
)
