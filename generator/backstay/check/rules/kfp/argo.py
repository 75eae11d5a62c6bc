"""The workflow controller's configuration and every retry strategy in sight, taken apart once for all rules.

Routes go on inside YAML texts, so that a finding names the field: `data.artifactRepository.s3.endpoint`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.look import Part

CONTROLLER_CONFIG = "workflow-controller-configmap"
REPOSITORIES = "artifact-repositories"
KINDS = frozenset({"ConfigMap", "Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"})
"""Where retry strategies and step containers are found."""

_SPECS: Mapping[str, tuple[str, ...]] = {
    "Workflow": ("spec",),
    "WorkflowTemplate": ("spec",),
    "ClusterWorkflowTemplate": ("spec",),
    "CronWorkflow": ("spec", "workflowSpec"),
}


@dataclass(frozen=True, slots=True)
class Strategy:
    """A retryStrategy; `default` says that it is merged into every template, `all_workflows` into those of all."""

    part: Part
    default: bool = False
    all_workflows: bool = False


def setting(ctx: Context, name: str) -> Iterator[Part]:
    """A top-level field of each workflow-controller-configmap that sets it to a mapping, however it is spelled."""
    for item in ctx.named("ConfigMap", CONTROLLER_CONFIG):
        found = controller_config(ctx, item).below(name)
        if found is not None:
            yield found


def controller_config(ctx: Context, item: Item) -> Part:
    """What a workflow-controller-configmap says, its texts read; nothing when its `config` is not readable."""
    data = look.data(item)
    if "config" not in data:
        return Part(item, {key: ctx.nested(value) for key, value in data.items()}, ("data",))
    return Part(item, look.mapping(ctx.nested(data["config"])), ("data", "config"))


def s3_repositories(ctx: Context) -> Iterator[Part]:
    """The S3 stores that Argo writes to: the controller's own and those of `artifact-repositories`."""
    for part in (*setting(ctx, "artifactRepository"), *_namespaced(ctx)):
        found = part.below("s3")
        if found is not None:
            yield found


def _namespaced(ctx: Context) -> Iterator[Part]:
    for item in ctx.named("ConfigMap", REPOSITORIES):
        for key, text in look.data(item).items():
            yield Part(item, look.mapping(ctx.nested(text)), ("data", key))


def strategies(ctx: Context) -> Iterator[Strategy]:
    """Every retryStrategy: the controller's defaults first, then those of workflows and their templates."""
    for defaults in setting(ctx, "workflowDefaults"):
        spec = defaults.below("spec")
        yield from _of_spec(spec, all_workflows=True) if spec else ()
    for spec in workflow_specs(ctx):
        yield from _of_spec(spec)


def main_containers(ctx: Context) -> Iterator[Part]:
    """What steps run: the controller's settings for all of them, then the containers of templates."""
    yield from setting(ctx, "mainContainer")
    for spec in workflow_specs(ctx):
        for template in _templates(spec):
            for kind in ("container", "script"):
                found = template.below(kind)
                if found is not None:
                    yield found


def workflow_specs(ctx: Context) -> Iterator[Part]:
    """The workflow specs in objects of all kinds that have one."""
    for kind, route in _SPECS.items():
        for item in ctx.of_kind(kind):
            spec = Part(item, item.value, ()).below(*route)
            if spec is not None:
                yield spec


def _of_spec(spec: Part, *, all_workflows: bool = False) -> Iterator[Strategy]:
    common = spec.below("templateDefaults", "retryStrategy")
    if common is not None:
        yield Strategy(common, default=True, all_workflows=all_workflows)
    for part in (spec, *_templates(spec)):
        found = part.below("retryStrategy")
        if found is not None:
            yield Strategy(found, all_workflows=all_workflows)


def _templates(spec: Part) -> Iterator[Part]:
    for value, route in look.entries(spec.value.get("templates"), (*spec.route, "templates")):
        yield Part(spec.item, value, route)
