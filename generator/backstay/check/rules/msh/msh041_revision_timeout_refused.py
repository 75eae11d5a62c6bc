"""A Knative revision asks for more time than the installation allows, or cuts its own answers short.

`timeoutSeconds` above `max-revision-timeout-seconds` (of the ConfigMap config-defaults; 600 where it says nothing) is
refused by Knative's webhook. `responseStartTimeoutSeconds` and `idleTimeoutSeconds` above `timeoutSeconds` never count, as
the whole is over before (a warning).

Not judged: revisions that leave `timeoutSeconds` to the defaults.

Breaks: the change cannot be applied, and the service goes on with the timeouts that it had.
Bad:
    apiVersion: serving.knative.dev/v1
    kind: Service
    metadata: {name: model, namespace: prod}
    spec: {template: {spec: {timeoutSeconds: 3600}}}
Good:
    apiVersion: serving.knative.dev/v1
    kind: Service
    metadata: {name: model, namespace: prod}
    spec: {template: {spec: {timeoutSeconds: 3600}}}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: config-defaults, namespace: knative-serving}
    data: {max-revision-timeout-seconds: "3600"}
Source: knative/serving pkg/apis/serving/v1/revision_validation.go (validateTimeoutSeconds), pkg/apis/config/defaults.go
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import way
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.model.callers import RevisionTimes

RULE = rule(__doc__, "MSH041", "revision-timeout-refused")

_GROUP = "serving.knative.dev/"
_SPEC = ("spec", "template", "spec")
_MOST_S = 600
_PARTS = ("responseStartTimeoutSeconds", "idleTimeoutSeconds")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the revisions of every Knative Service."""
    for item in ctx.of_kind("Service"):
        whole = look.at(item.value, *_SPEC, "timeoutSeconds")
        if item.ref.apiVersion.startswith(_GROUP) and isinstance(whole, int):
            yield from _judge(ctx, item, whole)


def _judge(ctx: Context, item: Item, whole: int) -> Iterator[Diagnostic]:
    times = _planned(ctx, item)
    most = _most(ctx, times)
    if whole > most and not (times and way.in_conflict(ctx, times.whole)):
        yield ctx.report(
            RULE, item, (*_SPEC, "timeoutSeconds"),
            f"Knative refuses a revision with {whole}s, as {most}s is the most that it may have",
            f"set `max-revision-timeout-seconds: \"{whole}\"` in the ConfigMap config-defaults, and the activator's grace "
            "period above it" + (f"; then state `network.services.{times.service.name}.knative.maxTimeout: {whole}s`" if times else ""),
        )  # fmt: skip
    for name in _PARTS:
        part = look.at(item.value, *_SPEC, name)
        if isinstance(part, int) and part > whole:
            message = f"{name} of {part}s never counts: the whole request is over after {whole}s"
            yield ctx.report(RULE, item, (*_SPEC, name), message, f"write {whole} or less", Severity.WARNING)


def _planned(ctx: Context, item: Item) -> RevisionTimes | None:
    for times in ctx.cluster.callers.revisions if ctx.cluster else ():
        name = times.service.knative
        if name is not None and (name.value, times.service.namespace) == (item.ref.name, item.ref.namespace):
            return times
    return None


def _most(ctx: Context, times: RevisionTimes | None) -> int:
    """What the installation's ConfigMap says, where it is at hand; else the spec; else Knative's default."""
    installed = look.config_map(ctx, "knative-serving", "config-defaults")
    said = look.text(look.data(installed).get("max-revision-timeout-seconds")) if installed else None
    if said is not None and said.isdecimal():
        return int(said)
    stated = times.service.knative_max if times else None
    return stated.value // 1_000 if stated else _MOST_S


CHECK = Check(RULE, reads=frozenset({"ConfigMap", "Service", "callers"}), run=check)
