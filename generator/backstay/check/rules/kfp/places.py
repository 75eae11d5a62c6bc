"""What each place that has to agree says of the artifact store, in one normal form.

SECURE=true, disableSSL: false, insecure: false and MINIO_SSL=true all say that TLS is on; HOST and PORT,
`host:port` and a URL all name an endpoint.
Sources: kubeflow/pipelines backend/src/apiserver/client_manager/client_manager.go, backend/src/v2/config/s3.go,
frontend/server/configs.ts, pipelines-profile-controller/sync.py; argoproj/argo-workflows config/config.go.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rules.kfp import argo, endpoint, install, launcher
from backstay.check.rules.kfp.endpoint import Endpoint
from backstay.core.feature import Feature
from backstay.core.route import Route
from backstay.model.parts import Store

DEFAULT_KEY = "workflows.argoproj.io/default-artifact-repository"
_GO_TRUE = {"1", "t", "true"}
_GO_FALSE = {"0", "f", "false"}
_UI_TRUE = {"true", "1"}
_SERVICE = "minio-service"


@dataclass(frozen=True, slots=True)
class StorePlace:
    """One place. Each part is None where the place does not say, or where it cannot be known from here.

    `who` names the place for people; `fields` are the routes of `endpoint`, `secure` and `bucket`; `spell` writes
    an endpoint with its TLS down as this place would.
    """

    item: Item
    who: str
    endpoint: Endpoint | None
    secure: bool | None
    bucket: str | None
    fields: Mapping[str, Route]
    spell: Callable[[Endpoint], str]

    @property
    def leads(self) -> bool:
        """Whether this is the API server, which the others have to follow."""
        return self.item.ref.name == install.API_SERVER[0]


def places(ctx: Context) -> Iterator[StorePlace]:
    """Every place that is at hand, the API server first."""
    yield from api_servers(ctx)
    yield from controllers(ctx)
    yield from repositories(ctx)
    yield from launchers(ctx)
    yield from uis(ctx)
    yield from profile_controllers(ctx)


def of_spec(store: Store) -> Endpoint:
    """The endpoint of the spec's store."""
    return Endpoint(endpoint.host(store.host.value, ""), store.port.value, store.secure.value)


def api_servers(ctx: Context) -> tuple[StorePlace, ...]:
    """OBJECTSTORECONFIG_*; before 2.15 a host that is not set is the Service minio-service of its namespace."""
    return ctx.once("api-servers", lambda: tuple(_api_servers(ctx)))


def _api_servers(ctx: Context) -> Iterator[StorePlace]:
    prefix = "OBJECTSTORECONFIG_"
    for container, env in install.environments(ctx, install.API_SERVER):
        secure = _go_bool(env.value(prefix + "SECURE"), unset=False if env.lacks(prefix + "SECURE") else None)
        found = _host_and_port(container, env, (prefix + "HOST", prefix + "PORT"))
        if env.lacks(prefix + "HOST") and ctx.has(Feature.STORE_BY_SERVICE_LINKS):
            found = Endpoint(f"{_SERVICE}.{container.item.ref.namespace}", 9000)
        yield _place(
            container.item, "the API server", found, secure, env.value(prefix + "BUCKETNAME"),
            _env_fields(container, env, prefix + "HOST", prefix + "SECURE", prefix + "BUCKETNAME"),
            lambda e: f"set {_host_port('OBJECTSTORECONFIG', e)} and {prefix}SECURE={_word(e.secure)}",
        )  # fmt: skip


def controllers(ctx: Context) -> Iterator[StorePlace]:
    """The artifactRepository of the workflow controller."""
    for repository in argo.setting(ctx, "artifactRepository"):
        yield from repository_place(repository, "workflow-controller-configmap")


def repositories(ctx: Context) -> Iterator[StorePlace]:
    """The default repository of each namespace that has one of its own."""
    for repository in default_repositories(ctx):
        yield from repository_place(repository, f"artifact-repositories of {repository.item.ref.namespace}")


def default_repositories(ctx: Context) -> Iterator[look.Part]:
    """What the annotated key of each artifact-repositories ConfigMap says."""
    for item in ctx.named("ConfigMap", argo.REPOSITORIES):
        name = default_key(item)
        value = ctx.nested(look.data(item).get(name))
        yield look.Part(item, look.mapping(value), ("data", name))


def default_key(item: Item) -> str:
    """The key that an artifact-repositories ConfigMap declares its default; empty when it declares none."""
    return look.text(look.at(item.value, "metadata", "annotations", DEFAULT_KEY)) or ""


def repository_place(repository: look.Part, who: str) -> Iterator[StorePlace]:
    """An Argo repository, if it is an S3 one: TLS is on unless `insecure` is true."""
    s3 = repository.below("s3")
    if s3 is not None:
        yield _place(
            s3.item, who, endpoint.read(s3.value.get("endpoint"), s3.item.ref.namespace),
            s3.value.get("insecure") is not True, look.text(s3.value.get("bucket")),
            {"endpoint": s3.to("endpoint"), "secure": s3.to("insecure"), "bucket": s3.to("bucket")},
            lambda e: f"write `endpoint: {e}` and `insecure: {_word(not e.secure)}`",
        )  # fmt: skip


def launchers(ctx: Context) -> Iterator[StorePlace]:
    """What each kfp-launcher states for the scheme of its pipeline root; nothing where it states nothing."""
    for item in install.run_launchers(ctx):
        for provider in launcher.providers_of(ctx, item) if ctx.has(Feature.LAUNCHER_PROVIDERS) else ():
            default = provider.default
            if default is not None and _in_use(item, provider.scheme) and _counts(ctx, default):
                yield _launcher(provider, default)


def _in_use(item: Item, scheme: str) -> bool:
    """Whether the pipeline root is of that scheme; a patch that does not say may be."""
    root = launcher.root_of(item)
    return scheme in launcher.S3_LIKE and (root.scheme == scheme if root else item.partial)


def _counts(ctx: Context, default: launcher.Node) -> bool:
    """Whether the launcher looks at the endpoint at all."""
    return ctx.has(Feature.LAUNCHER_ENVIRONMENT_KEEPS_ENDPOINT) or not launcher.by_environment(default)


def _launcher(provider: launcher.Provider, default: launcher.Node) -> StorePlace:
    namespace = provider.item.ref.namespace
    return _place(
        provider.item, f"kfp-launcher of {namespace}", endpoint.read(default.text("endpoint"), namespace),
        default.get("disableSSL") is not True, None,
        {"endpoint": default.to("endpoint"), "secure": default.to("disableSSL")},
        lambda e: f"write `endpoint: {e}` and `disableSSL: {_word(not e.secure)}`",
    )  # fmt: skip


def uis(ctx: Context) -> Iterator[StorePlace]:
    """MINIO_* for minio:// artifacts and AWS_* for s3:// ones, each where it is used."""
    schemes = {root.scheme for root in map(launcher.root_of, install.run_launchers(ctx)) if root}
    for container, env in install.environments(ctx, install.UI):
        logs = env.value("ARGO_ARCHIVE_ARTIFACTORY")
        if (schemes, logs) != ({"s3"}, "s3"):
            yield _ui_minio(ctx, container, env)
        if "s3" in {*schemes, logs}:
            yield _ui_aws(container, env)


def _ui_minio(ctx: Context, container: look.Container, env: look.Environment) -> StorePlace:
    built_in = (install.default_store(ctx) or "").split(".")[0]
    name = _or(env, "MINIO_HOST", built_in)
    namespace = _or(env, "MINIO_NAMESPACE", "kubeflow")
    port = _or(env, "MINIO_PORT", "9000")
    ssl = _or(env, "MINIO_SSL", "false")
    dialled = None if name is None or namespace is None else f"{name}.{namespace}".rstrip(".")
    return _place(
        container.item, "ml-pipeline-ui", _dialled(dialled, port, container), None if ssl is None else ssl.lower() in _UI_TRUE,
        None, _env_fields(container, env, "MINIO_HOST", "MINIO_SSL"),
        lambda e: f"set {_host_port('MINIO', e)}, an empty MINIO_NAMESPACE and MINIO_SSL={_word(e.secure)}",
    )  # fmt: skip


def _ui_aws(container: look.Container, env: look.Environment) -> StorePlace:
    dialled, ssl = _or(env, "AWS_S3_ENDPOINT", "s3.amazonaws.com"), _or(env, "AWS_SSL", "true")
    return _place(
        container.item, "ml-pipeline-ui", endpoint.read(dialled, container.item.ref.namespace),
        None if ssl is None else ssl.lower() in _UI_TRUE, None,
        _env_fields(container, env, "AWS_S3_ENDPOINT", "AWS_SSL"),
        lambda e: f"set AWS_S3_ENDPOINT={e} and AWS_SSL={_word(e.secure)}",
    )  # fmt: skip


def profile_controllers(ctx: Context) -> Iterator[StorePlace]:
    """S3_ENDPOINT_URL, through which the profile controller keeps the bucket's lifecycle rules."""
    for container, env in install.environments(ctx, install.PROFILE_CONTROLLER):
        url = env.value("S3_ENDPOINT_URL")
        yield _place(
            container.item, "the profile controller", endpoint.read(url, container.item.ref.namespace), None, None,
            _env_fields(container, env, "S3_ENDPOINT_URL", "S3_ENDPOINT_URL"),
            lambda e: f"set S3_ENDPOINT_URL={'https' if e.secure else 'http'}://{e}",
        )  # fmt: skip


def _place(
    item: Item, who: str, dialled: Endpoint | None, secure: bool | None, bucket: str | None,  # noqa: FBT001
    fields: Mapping[str, Route], spell: Callable[[Endpoint], str],
) -> StorePlace:  # fmt: skip
    """A place, with an explicit scheme before its TLS switch and the port that TLS implies."""
    found = dialled.within(secure) if dialled else None
    return StorePlace(item, who, found, found.secure if found else secure, bucket or None, fields, spell)


def _host_and_port(
    container: look.Container, env: look.Environment, names: tuple[str, str]
) -> Endpoint | None:
    port = _or(env, names[1], "")
    return _dialled(env.value(names[0]), port, container)


def _dialled(name: str | None, port: str | None, container: look.Container) -> Endpoint | None:
    """The endpoint of a host and a port that stand apart; without a port the host may carry its own."""
    found = endpoint.read(name, container.item.ref.namespace)
    if found is None or port is None or not port.isdecimal():
        return found
    return Endpoint(found.host, int(port), found.secure)


def _or(env: look.Environment, name: str, unset: str | None) -> str | None:
    """A variable's value, or what holds when it is surely not set."""
    return unset if env.lacks(name) else env.value(name)


def _env_fields(container: look.Container, env: look.Environment, *names: str) -> dict[str, Route]:
    """The routes of the variables for endpoint, TLS and bucket; `env` as a whole where one is not set."""
    whole = (*container.route, "env")
    found = [
        (part, env.get(name)) for part, name in zip(("endpoint", "secure", "bucket"), names, strict=False)
    ]
    return {part: variable.route if variable else whole for part, variable in found}


def _go_bool(value: str | None, *, unset: bool | None) -> bool | None:
    """What Go's strconv.ParseBool makes of a text."""
    word = (value or "").lower()
    return True if word in _GO_TRUE else False if word in _GO_FALSE else unset


def _host_port(prefix: str, dialled: Endpoint) -> str:
    """The two variables for an endpoint; the port only where it is known."""
    port = "" if dialled.port is None else f", {prefix}_PORT={dialled.port}"
    return f"{prefix}_HOST={dialled.host}{port}"


def _word(on: bool | None) -> str:  # noqa: FBT001 - the value is the subject
    return "true" if on else "false"
