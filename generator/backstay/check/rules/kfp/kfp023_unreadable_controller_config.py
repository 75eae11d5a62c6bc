"""workflow-controller-configmap holds something that the workflow controller does not read.

The controller reads it strictly since 3.4, and again on every change. `config` must be the only key; otherwise
every key is a field of its own, and a value of several lines belongs below its key.

Not judged: fields below types of Kubernetes itself, and below types that newer lines may have extended.

Breaks: the controller exits, or stops reading its configuration, and no workflow moves until somebody reads its log.
Bad:
    # --platform workflows=3.7
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: workflow-controller-configmap, namespace: kubeflow}
    data: {containerRuntimeExecutor: emissary, parallelism: "100"}
Good:
    # --platform workflows=3.7
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: workflow-controller-configmap, namespace: kubeflow}
    data: {parallelism: "100"}
Source: argoproj/argo-workflows config/controller.go (yaml.UnmarshalStrict), config/config.go
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import argo
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.fix import Edit, Fix, Rename, meant, safe, unsafe
from backstay.core.route import Route, show
from backstay.upstream.workflows_config import ROOT, Field, Many, Shape, shape

RULE = rule(__doc__, "KFP023", "unreadable-controller-config")

_RENAMED = {"options": "modifiers"}
_INSTEAD = {"options": "write `modifiers`, which is what the controller reads; upstream's example is wrong"}


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every workflow-controller-configmap for the installed Argo Workflows."""
    if not ctx.has(Feature.STRICT_CONTROLLER_CONFIG):
        return
    for item in ctx.named("ConfigMap", argo.CONTROLLER_CONFIG):
        for route, message, help_ in _spelling(ctx, item):
            yield ctx.report(RULE, item, route, message, help_)
        for route, message, help_, fix in _fields(ctx, item):
            yield ctx.report(RULE, item, route, message, help_, fix=fix)


def _spelling(ctx: Context, item: Item) -> Iterator[tuple[Route, str, str]]:
    """What cannot be read at all, whatever the fields are."""
    data = look.data(item)
    if "config" in data and len(data) > 1:
        yield (
            ("data", "config"),
            "`config` stands beside other keys",
            "keep either `config` alone or one key a field",
        )
    for key, text in data.items():
        if _unreadable(ctx, text):
            yield ("data", key), f"`{key}` is no YAML", "mend the text; keys must not repeat"
        elif key != "config" and _block_in_one_line(ctx, text):
            yield (
                ("data", key),
                f"`{key}` holds fields in one line, which is no YAML behind `{key}: `",
                "write them in braces",
            )


def _unreadable(ctx: Context, text: object) -> bool:
    return (
        isinstance(text, str)
        and bool(text.strip(" \n~"))
        and text.strip() != "null"
        and ctx.nested(text) is None
    )


def _block_in_one_line(ctx: Context, text: object) -> bool:
    block = isinstance(text, str) and "\n" not in text and not text.lstrip().startswith("{")
    return block and isinstance(ctx.nested(text), Mapping)


def _fields(ctx: Context, item: Item) -> Iterator[tuple[Route, str, str, Fix | None]]:
    """Every field that the installed line does not know."""
    line, whole = ctx.versions.get("workflows"), argo.controller_config(ctx, item)
    if line is None:
        return
    for route, name, known in _unknown(whole.value, shape(ROOT), line, ()):
        yield (
            (*whole.route, *route),
            f"`{show(route)}` is no field of Argo Workflows {line}'s configuration, and the controller stops on it",
            _help(name, known, line),
            _mend(whole, route, known, line),
        )


def _unknown(value: object, kind: Shape, line: str, route: Route) -> Iterator[tuple[Route, str, Shape]]:
    for key, below in look.mapping(value).items():
        field = kind.fields.get(key.lower())
        if field is not None and field.known(line):
            yield from _below(below, field, line, (*route, key))
        elif field is not None or not kind.is_open(line):
            yield (*route, key), key, kind


def _below(value: object, field: Field, line: str, route: Route) -> Iterator[tuple[Route, str, Shape]]:
    kind = shape(field.type)
    if field.many is Many.ONE:
        yield from _unknown(value, kind, line, route)
    elif field.many is Many.LIST:
        for below, place in look.entries(value, route):
            yield from _unknown(below, kind, line, place)
    else:
        for name, inner in look.mapping(value).items():
            yield from _unknown(inner, kind, line, (*route, name))


def _mend(whole: look.Part, route: Route, kind: Shape, line: str) -> Fix | None:
    """The name that is meant, where it is free; what the line has given up goes, what it does not have yet may."""
    name, at = str(route[-1]), (*whole.route, *route)
    field = kind.fields.get(name.lower())
    if field is not None:
        title = f"take `{name}` out"
        return safe(title, Edit(at, None)) if field.until else unsafe(title, Edit(at, None))
    near = _RENAMED.get(name) or next(iter(_near(name, kind, line)), None)
    taken = look.mapping(look.at(whole.value, *route[:-1]))
    return meant(f"write `{near}`", name, near, Rename(at, near)) if near and near not in taken else None


def _near(name: str, kind: Shape, line: str) -> list[str]:
    return get_close_matches(name, sorted(one.name for one in kind.fields.values() if one.known(line)), 1)


def _help(name: str, kind: Shape, line: str) -> str:
    field = kind.fields.get(name.lower())
    if field is not None:
        return f"remove it: `{field.name}` is known {f'before {field.until}' if field.until else f'from {field.since} on'}"
    names = sorted(known.name for known in kind.fields.values() if known.known(line))
    near = _near(name, kind, line)
    return _INSTEAD.get(name) or (f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(names)}")


CHECK = Check(RULE, reads=frozenset({"ConfigMap"}), run=check)
