"""The metadata store is started with arguments that it refuses, that lose data, or that drop what its release sets.

Not judged: a server that another program starts, and flags of ML Metadata releases that Pipelines does not ship.

Breaks: metadata-grpc does not start; or it starts on an in-memory database and forgets every run when it restarts; or
large publishes fail with ResourceExhausted.
Bad:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: metadata-grpc-deployment, namespace: kubeflow}
    spec: {template: {spec: {containers: [{name: container, args: [--grpc_port=8080]}]}}}
Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: metadata-grpc-deployment, namespace: kubeflow}
    spec:
      template:
        spec:
          containers:
            - name: container
              args:
                - --grpc_port=8080
                - --mysql_config_host=mysql
                - --mysql_config_port=3306
                - --mysql_config_database=metadb
Source: google/ml-metadata ml_metadata/metadata_store/metadata_store_server_main.cc; kubeflow/pipelines manifests/kustomize/base/metadata, pull request 13986 (3.0 has no metadata store)
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import metadata
from backstay.check.rules.kfp.metadata import Server
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.route import Route
from backstay.upstream.metadata_server import FLAGS, LIBRARY_FLAGS, MYSQL_FLAGS
from backstay.upstream.pipelines import RELEASES

RULE = rule(__doc__, "KFP030", "metadata-server-arguments")

_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1
_GONE = (metadata.DEPLOYMENT, "metadata-envoy-deployment", "metadata-writer")
_FILE, _TYPE, _CHANNEL = (
    "metadata_store_server_config_file",
    "metadata_source_config_type",
    "grpc_channel_arguments",
)
_UP, _DOWN = "enable_database_upgrade", "downgrade_db_schema_version"
_POSTGRES = "postgres_config_"

Fault = tuple[Route, str, str]


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every metadata store server, or that there is one at all."""
    if "pipelines" in ctx.versions and not ctx.has(Feature.METADATA_STORE):
        for item in (found for name in _GONE for found in ctx.named("Deployment", name)):
            yield ctx.report(RULE, item, ("metadata", "name"),
                             f"Pipelines {ctx.versions['pipelines']} has no metadata store", f"remove {item.ref}")  # fmt: skip
        return
    for server in metadata.servers(ctx):
        for route, message, help_ in (
            *_unknown(server),
            *_channel(server),
            *_database(server),
            *_dropped(ctx, server),
        ):
            yield ctx.report(RULE, server.item, route, message, help_)


def _unknown(server: Server) -> Iterator[Fault]:
    known = FLAGS.get(server.release)
    if known is None:
        return
    for flag in server.flags:
        if flag.name not in known | LIBRARY_FLAGS:
            message = f"ML Metadata {server.release} does not know `--{flag.name}` and does not start"
            yield (
                flag.route,
                message,
                "remove it; known are " + ", ".join(f"--{name}" for name in sorted(known)),
            )


def _channel(server: Server) -> Iterator[Fault]:
    for argument in server.channel:
        number = argument.number
        if argument.value is None:
            yield (
                argument.route,
                f"channel argument `{argument.key}` has no value, and the server crashes on it",
                "write `name=value`",
            )
        elif argument.more:
            yield (
                argument.route,
                f"what stands behind the second `=` of `{argument.key}` is lost",
                "write one `=` for each name",
            )
        elif number is not None and not _INT_MIN <= number <= _INT_MAX:
            yield (
                argument.route,
                f"`{argument.key}` is {number}, and the server takes it modulo 2^32",
                f"write at most {_INT_MAX}",
            )


def _database(server: Server) -> Iterator[Fault]:
    """The database that the flags lead to."""
    kind = server.text(_TYPE) or "default"
    others = [flag for flag in server.flags if flag.name.startswith(_POSTGRES)]
    if kind == "postgresql":
        yield from _postgres(server)
    elif others:
        yield (
            others[0].route,
            f"`--{others[0].name}` is ignored without --{_TYPE}=postgresql",
            f"add --{_TYPE}=postgresql",
        )
    if kind == "mysql" or (kind == "default" and not server.text(_FILE)):
        yield from _mysql(server)
    if kind != "config_file" and not server.text(_FILE) and _both_ways(server):
        yield (
            server.route,
            f"--{_UP} and --{_DOWN} are both set, and the server does not start",
            "keep one of them",
        )


def _mysql(server: Server) -> Iterator[Fault]:
    lacking = [name for name in MYSQL_FLAGS if server.text(name) in {"", "0"}]
    if len(lacking) == len(MYSQL_FLAGS) and server.text(_TYPE) in {"", "default"}:
        yield server.route, "no database is named, so the server keeps everything in memory", _add(lacking)
    elif lacking:
        yield server.route, "MySQL is named in part, and the server does not start", _add(lacking)


def _postgres(server: Server) -> Iterator[Fault]:
    hosts = [name for name in ("host", "hostaddr") if server.text(_POSTGRES + name)]
    lacking = [_POSTGRES + name for name in ("port", "user", "dbname") if not server.text(_POSTGRES + name)]
    if len(hosts) != 1:
        yield (
            server.route,
            f"--{_TYPE}=postgresql takes exactly one of --{_POSTGRES}host and --{_POSTGRES}hostaddr",
            "give one of them",
        )
    if lacking:
        yield server.route, "PostgreSQL is named in part, and the server does not start", _add(lacking)


def _both_ways(server: Server) -> bool:
    up, down = server.text(_UP).lower(), server.text(_DOWN)
    return up in {"true", "t", "1", "yes", "y"} and down.isdecimal()


def _add(names: list[str]) -> str:
    return "add " + ", ".join(f"--{name}=..." for name in names)


def _dropped(ctx: Context, server: Server) -> Iterator[Fault]:
    """Channel arguments of the release that a list of arguments leaves out; patches replace the whole list."""
    release = RELEASES.get(ctx.versions.get("pipelines", ""))
    shipped = release.channel if release else ()
    lost = [f"{key}={value}" for key, value in shipped if server.argument(key) is None]
    if lost:
        flag = server.get(_CHANNEL)
        message = f"channel arguments that this Pipelines ships are dropped: {', '.join(lost)}"
        yield flag.route if flag else server.route, message, f"add them to --{_CHANNEL}"


CHECK = Check(RULE, reads=frozenset({"Deployment"}), run=check)
