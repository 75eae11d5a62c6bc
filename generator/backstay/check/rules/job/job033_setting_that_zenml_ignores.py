"""ZenML's configuration says something that ZenML does not read, or that its Kubernetes orchestrator does not do.

Its models keep unknown keys and say nothing; keys of the time before 0.84 are accepted and dead. A retry's delay and
backoff are not supported on Kubernetes, and `max_retries: 0` is refused: no retry is no `retry`. Names of steps that
the pipeline does not have are ignored with a warning.

Not judged: keys where nobody says which ZenML it is; settings of other components; names of steps without a spec.

Breaks: the time-out, the limit or the retry that somebody wrote down does not exist, and no run tells.
Bad:
    # --platform zenml=0.98
    settings: {orchestrator: {max_paralelism: 4}}
Good:
    # --platform zenml=0.98
    settings: {orchestrator: {max_parallelism: 4}}
Source: zenml config/base_settings.py (extra: allow), config/retry_config.py, integrations/kubernetes/flavors/kubernetes_orchestrator_flavor.py
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from backstay.check import look
from backstay.check.context import Context
from backstay.check.look import Part, whole
from backstay.check.rule import Check, rule
from backstay.check.rules.job import zenml
from backstay.check.rules.job.zenml import Run, Settings
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, Fix, Rename, meant, safe
from backstay.model.jobs import Kind
from backstay.upstream import zenml as known
from backstay.upstream.zenml import Key

RULE = rule(__doc__, "JOB033", "setting-that-zenml-ignores")

_STACK = "ZenmlStack"
_FRAME = frozenset({"apiVersion", "kind", "metadata"})
"""What a file among Kubernetes objects says of itself."""
_PODS = ("pod_settings", "orchestrator_pod_settings")
_INSTEAD = {
    "timeout": "`active_deadline_seconds`",
    "pod_startup_timeout": "`active_deadline_seconds`",
    "pod_failure_max_retries": "`retry: {max_retries: ...}`",
    "pod_name_prefix": "`job_name_prefix`",
}


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every run configuration, then every stack."""
    line = ctx.versions.get("zenml")
    for run in zenml.runs(ctx):
        yield from _retries(ctx, run)
        yield from _steps(ctx, run)
        for parts, part in _of_run(run) if line else ():
            yield from _keys(ctx, parts, part, line or "")
    for parts, part in _of_stacks(ctx) if line else ():
        yield from _keys(ctx, parts, part, line or "")


def _of_run(run: Run) -> Iterator[tuple[tuple[str, ...], Part]]:
    """The mappings of a run configuration, each with the models that read it."""
    yield ("run",), run.whole
    for settings in run.all:
        if settings.step:
            yield ("step",), settings.owner
        retry = settings.owner.below("retry")
        if retry is not None:
            yield ("retry",), retry
        yield from _of_settings(settings)


def _of_settings(settings: Settings) -> Iterator[tuple[tuple[str, ...], Part]]:
    if settings.resources is not None:
        yield ("resources",), settings.resources
    for part in settings.orchestrators:
        yield ("orchestrator",), part
        yield from _pods(part)


def _of_stacks(ctx: Context) -> Iterator[tuple[tuple[str, ...], Part]]:
    for item in ctx.of_kind(_STACK):
        for component in whole(item).each("components", "orchestrator"):
            configuration = component.below("configuration")
            if configuration is not None and component.get("flavor") == "kubernetes":
                yield ("component", "orchestrator"), configuration
                yield from _pods(configuration)


def _pods(part: Part) -> Iterator[tuple[tuple[str, ...], Part]]:
    for name in _PODS:
        found = part.below(name)
        if found is not None:
            yield ("pod",), found


def _keys(ctx: Context, models: tuple[str, ...], part: Part, line: str) -> Iterator[Diagnostic]:
    there: dict[str, Key] = {}
    for model in models:
        there |= known.keys(model, line)
    for name in part.value:
        if not part.route and name in _FRAME:
            continue
        if name not in there:
            yield ctx.report(RULE, part.item, part.to(name), f"ZenML {line} does not read `{name}` here, and does not say so",
                             _help(models, name, there, line), fix=_mend(part, name, _near(name, there)))  # fmt: skip
        elif there[name].dead:
            instead = f"write {_INSTEAD[name]} instead" if name in _INSTEAD else "take it out"
            yield ctx.report(
                RULE,
                part.item,
                part.to(name),
                f"ZenML {line} accepts `{name}` and does nothing with it",
                instead,
                fix=None if name in _INSTEAD else safe("take it out", Edit(part.to(name), None)),
            )


def _help(models: Iterable[str], name: str, there: Mapping[str, Key], line: str) -> str:
    since = next((found for model in models if (found := known.newer(model, name, line))), None)
    if since is not None:
        return f"it comes with ZenML {since}"
    near = _near(name, there)
    return f"did you mean `{near}`?" if near else "take it out"


def _near(name: str, there: Mapping[str, Key]) -> str | None:
    return next(iter(get_close_matches(name, [key.name for key in there.values() if not key.dead], 1)), None)


def _mend(part: Part, name: str, near: str | None) -> Fix | None:
    """The name that was clearly meant, where nothing has it yet; `memory` is read nowhere but in some places (JOB032)."""
    if near in (None, "memory") or near in part.value:
        return None
    return meant(f"write `{near}`", name, near, Rename(part.to(name), near))


def _retries(ctx: Context, run: Run) -> Iterator[Diagnostic]:
    for settings in run.all:
        retry = settings.owner.below("retry")
        if retry is None:
            continue
        tries = retry.get("max_retries")
        if isinstance(tries, int) and tries < 1:
            yield ctx.report(RULE, retry.item, retry.to("max_retries"), f"ZenML refuses `max_retries: {int(tries)}`",
                             "leave `retry` out where nothing is to be tried again")  # fmt: skip
        for name in ("delay", "backoff"):
            if retry.get(name):
                yield ctx.report(RULE, retry.item, retry.to(name), f"the Kubernetes orchestrator does not support the `{name}` of a retry",
                                 "take it out: the step's Job waits 10s before its first retry, and twice as long before each other",
                                 fix=safe("take it out", Edit(retry.to(name), None)))  # fmt: skip


def _steps(ctx: Context, run: Run) -> Iterator[Diagnostic]:
    """Names of steps against those of the spec's pipeline that the file is for."""
    pipelines = ctx.cluster.jobs.of_kind(Kind.ZENML) if ctx.cluster else ()
    name = look.text(run.whole.item.ref.name) or ""
    named = next(({step.name for step in one.steps} for one in pipelines if name == f"run-{one.name}"), set())
    for settings in run.steps:
        if named and settings.step not in named:
            near = get_close_matches(settings.step, named, 1)
            yield ctx.report(RULE, run.whole.item, ("steps", settings.step), f"the pipeline has no step `{settings.step}`, so what is said of it is ignored",
                             f"did you mean `{near[0]}`?" if near else f"its steps are {', '.join(sorted(named))}")  # fmt: skip


CHECK = Check(RULE, reads=frozenset({zenml.RUN, _STACK}), run=check)
