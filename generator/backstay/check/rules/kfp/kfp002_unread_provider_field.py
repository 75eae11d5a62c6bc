"""`providers` of kfp-launcher holds something that the launcher does not understand.

Its reader is lenient: a field that it does not know, or does not know yet, is passed over in silence. A value of
the wrong type, or a text that is no YAML mapping, fails every run that reads it. Plain `yes`, `no`, `on` and
`off` are fine: that reader follows YAML 1.1.

Breaks: the setting has no effect (artifacts go to another endpoint than the one written down), or each run fails
at its root driver with "failed to unmarshall kfp bucket providers".
Bad:
    # --platform pipelines=2.17
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        minio: {default: {endpointUrl: minio.storage:9000, credentials: {fromEnv: true}}}
Good:
    # --platform pipelines=2.17
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        minio: {default: {endpoint: minio.storage:9000, credentials: {fromEnv: true}}}
Source: kubeflow/pipelines backend/src/v2/config/s3.go, gcs.go and env.go; kubeflow/pipelines#11246, #12281
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import launcher
from backstay.check.rules.kfp.launcher import Node
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.fix import Edit, Fix, Rename, meant, safe, unsafe
from backstay.core.route import Route, show
from backstay.text.yaml import parse

RULE = rule(__doc__, "KFP002", "unread-provider-field")

_Fields = Mapping[str, object]

_S3_SECRET: _Fields = {"secretName": str, "accessKeyKey": str, "secretKeyKey": str}
_S3: _Fields = {
    "endpoint": str, "region": str, "disableSSL": bool, "forcePathStyle": bool, "maxRetries": int,
    "credentials": {"fromEnv": bool, "secretRef": _S3_SECRET},
}  # fmt: skip
_GS: _Fields = {"credentials": {"fromEnv": bool, "secretRef": {"secretName": str, "tokenKey": str}}}
_WHERE: _Fields = {"bucketName": str, "keyPrefix": str}
_SHAPES = {
    scheme: {"default": part, "overrides": [{**part, **_WHERE}]}
    for scheme, part in (("minio", _S3), ("s3", _S3), ("gs", _GS))
}
_SINCE = {
    "forcePathStyle": (Feature.LAUNCHER_FORCE_PATH_STYLE, "2.4"),
    "maxRetries": (Feature.LAUNCHER_MAX_RETRIES, "2.15"),
}
_NAMES = {
    bool: "true or false without quotes", int: "a whole number without quotes",
    str: "a text", dict: "a mapping", list: "a list",
}  # fmt: skip
_YAML_1_1_BOOLEANS = {"y", "n", "yes", "no", "on", "off"}


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the `providers` of every kfp-launcher against what the release's reader knows."""
    if "pipelines" in ctx.versions and not ctx.has(Feature.LAUNCHER_PROVIDERS):
        return
    for item in launcher.launchers(ctx):
        node = launcher.providers_node(ctx, item)
        if node is not None:
            yield from _fields(ctx, item, node, _SHAPES)
        elif _fails_to_read(look.data(item).get("providers")):
            yield ctx.report(
                RULE, item, ("data", "providers"), "`providers` is no YAML mapping, and the launcher fails on it",
                "write a mapping with `minio`, `s3` or `gs` at its top",
            )  # fmt: skip


def _fails_to_read(text: object) -> bool:
    """Whether a text without a mapping in it is wrong; empty texts, comments and null are not."""
    if not isinstance(text, str):
        return False
    try:
        return parse(text) is not None
    except ValueError:
        return True


def _fields(ctx: Context, item: Item, node: Node, fields: _Fields) -> Iterator[Diagnostic]:
    for key, value in node.value.items():
        name = next((field for field in fields if field.lower() == key.lower()), None)
        route = (*node.route, key)
        if name is None:
            yield ctx.report(RULE, item, route, *_unknown(key, fields), fix=_renamed(ctx, node, key, fields))
        elif early := _too_early(ctx, name):
            yield ctx.report(RULE, item, route, *early, fix=unsafe(f"take `{key}` out", Edit(route, None)))
        elif value is not None:
            yield from _value(ctx, item, value, route, fields[name])


def _unknown(key: str, fields: _Fields) -> tuple[str, str]:
    name = _near(key, fields)
    help_ = f"write `{name}`" if name else f"remove it; what is read here: {', '.join(fields)}"
    return f"the launcher knows no field `{key}` here and passes over it", help_


def _near(key: str, fields: _Fields) -> str | None:
    near = get_close_matches(key.lower(), {field.lower(): field for field in fields}, 1)
    return next((field for field in fields if near and field.lower() == near[0]), None)


def _renamed(ctx: Context, node: Node, key: str, fields: _Fields) -> Fix | None:
    """The field that was meant, unless it is there; what is like none is taken out only when asked."""
    name, route = _near(key, fields), (*node.route, key)
    if name is None:
        return unsafe(f"take `{key}` out", Edit(route, None))
    free = node.key(name) is None and not launcher.ignores(ctx, node, name)
    return meant(f"write `{name}`", key, name, Rename(route, name)) if free else None


def _typed(value: object, shape: object, route: Route) -> Fix | None:
    """A truth value or a number without its quotes."""
    words = value.strip().lower() if isinstance(value, str) else ""
    if shape is bool and words in {"true", "false"}:
        return safe(f"write `{words}`", Edit(route, words == "true"))
    return safe(f"write `{words}`", Edit(route, int(words))) if shape is int and words.isdecimal() else None


def _too_early(ctx: Context, name: str) -> tuple[str, str] | None:
    feature, since = _SINCE.get(name, (None, ""))
    version = ctx.versions.get("pipelines")
    if feature is None or version is None or ctx.has(feature):
        return None
    return (
        f"Pipelines {version} does not read `{name}`, {since} is the first to",
        f"remove `{name}` or upgrade to {since}",
    )


def _value(ctx: Context, item: Item, value: object, route: Route, shape: object) -> Iterator[Diagnostic]:
    """Judge one value by its shape: a mapping of fields, a list of such mappings, or a type."""
    if isinstance(shape, dict) and isinstance(value, dict):
        yield from _fields(ctx, item, Node(look.mapping(value), route), shape)
    elif isinstance(shape, list) and isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _value(ctx, item, entry, (*route, index), shape[0])
    elif not _fits(value, shape):
        wanted = _NAMES[shape if isinstance(shape, type) else type(shape)]
        message = f"`{show(route[2:])}` has to be {wanted}, and the launcher fails on what is there"
        yield ctx.report(RULE, item, route, message, f"write {wanted}", fix=_typed(value, shape, route))


def _fits(value: object, shape: object) -> bool:
    """Whether Go reads a scalar as that type; it turns any scalar into a text."""
    if shape is bool:
        return isinstance(value, bool) or (isinstance(value, str) and value.lower() in _YAML_1_1_BOOLEANS)
    if shape is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return shape is str and isinstance(value, str | bool | int | float)


CHECK = Check(RULE, reads=frozenset({"ConfigMap"}), run=check)
