"""Memory is written in the units of another system.

Kubernetes knows `8Gi` and `8G`, ZenML's ResourceSettings `8GiB` and `8GB`: each refuses the other's. `8GB` in a pod template is
no quantity at all, and `8m` are eight thousandths of a byte.

Breaks: the API server refuses the pods ("quantities must match the regular expression") when the Job makes them, or the pipeline
does not even start.
Bad:
    apiVersion: v1
    kind: Pod
    metadata: {name: train, namespace: team-a}
    spec: {containers: [{name: main, resources: {limits: {memory: 8GiB}}}]}
Good:
    apiVersion: v1
    kind: Pod
    metadata: {name: train, namespace: team-a}
    spec: {containers: [{name: main, resources: {limits: {memory: 8Gi}}}]}
Source: kubernetes/apimachinery pkg/api/resource/quantity.go, zenml config/resource_settings.py (MEMORY_REGEX)
"""

import re
from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.look import Part, whole
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods, zenml
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, Fix, safe, unsafe
from backstay.core.route import Route

RULE = rule(__doc__, "JOB034", "memory-in-foreign-units")

_QUANTITY = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E|m|u|n|[eE][+-]?\d+)?")
_OF_ZENML = re.compile(r"\d+(KB|KiB|MB|MiB|GB|GiB|TB|TiB|PB|PiB)")
_PARTS = re.compile(r"(\d+)\s*([kKMGTP]?)(i?)[bB]?")
_SMALL = ("m", "u", "n")
_HARD = ("memory", "requests.memory", "limits.memory")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the memory of containers, quotas and limit ranges, then both places of ZenML's run configurations."""
    for found in (*pods.of_jobs(ctx), *pods.of_services(ctx)):
        for container in (*found.spec.each("initContainers"), *found.containers()):
            for key in ("requests", "limits"):
                yield from _quantity(ctx, container.down("resources", key), "memory")
    for item in ctx.of_kind("ResourceQuota"):
        for key in _HARD:
            yield from _quantity(ctx, whole(item).down("spec", "hard"), key)
    for item in ctx.of_kind("LimitRange"):
        for limit in whole(item).down("spec").each("limits"):
            for _, values in limit.values():
                yield from _quantity(ctx, values, "memory")
    yield from _zenml(ctx)


def _zenml(ctx: Context) -> Iterator[Diagnostic]:
    for run in zenml.runs(ctx):
        for settings in run.all:
            for part in settings.pod_resources():
                yield from _quantity(ctx, part, "memory")
            asked = settings.resources
            value = asked.value.get("memory") if asked else None
            if asked and value is not None and not _OF_ZENML.fullmatch(str(value)):
                yield ctx.report(
                    RULE, asked.item, (*asked.route, "memory"),
                    f"`{value}` is no size of ZenML's ResourceSettings", f"write {_spelled(str(value), 'B')}",
                    fix=_mend((*asked.route, "memory"), _spelled(str(value), "B")),
                )  # fmt: skip


def _quantity(ctx: Context, part: Part, key: str) -> Iterator[Diagnostic]:
    value = part.value.get(key)
    if value is None:
        return
    text = str(value)
    if not _QUANTITY.fullmatch(text):
        yield ctx.report(RULE, part.item, (*part.route, key), f"`{text}` is no Kubernetes quantity",
                         f"write {_spelled(text, '')}", fix=_mend((*part.route, key), _spelled(text, "")))  # fmt: skip
    elif text.endswith(_SMALL):
        yield ctx.report(RULE, part.item, (*part.route, key), f"`{text}` is less than a byte: `{text[-1]}` is a part of one",
                         f"write `{text[:-1]}{'Mi' if text[-1] == 'm' else ''}`",
                         fix=unsafe("write Mi", Edit((*part.route, key), f"{text[:-1]}Mi")) if text[-1] == "m" else None)  # fmt: skip


def _mend(route: Route, words: str) -> Fix | None:
    """The same size in the right units."""
    return safe(f"write {words}", Edit(route, words.strip("`"))) if words.startswith("`") else None


def _spelled(text: str, end: str) -> str:
    """The same size in the right units, where it can be guessed."""
    found = _PARTS.fullmatch(text)
    if found is None or not (found[2] or not end):
        return "a number with " + ("KiB, MiB, GiB or TiB" if end else "Ki, Mi, Gi or Ti")
    number, unit, binary = found.groups()
    if unit in {"k", "K"}:
        unit = "K" if binary else "k"
    return f"`{number}{unit.upper() if end else unit}{binary}{end}`"


CHECK = Check(
    RULE, reads=pods.KINDS | pods.SERVICE_KINDS | {"ResourceQuota", "LimitRange", zenml.RUN}, run=check
)
