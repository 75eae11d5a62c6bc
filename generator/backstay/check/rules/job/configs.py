"""Controllers' own configurations: a `Configuration` by itself, as in the bundle, or inside a ConfigMap's text."""

from collections.abc import Iterator, Mapping

from backstay.check import look
from backstay.check.context import Context
from backstay.check.look import Part

KUEUE = "config.kueue.x-k8s.io"
TRAINER = "config.trainer.kubeflow.org"
JOBSET = "config.jobset.x-k8s.io"
KINDS = frozenset({"Configuration", "ConfigMap"})
"""Where configurations are found."""


def configurations(ctx: Context, group: str) -> Iterator[Part]:
    """Every configuration of one API group in sight, routes from the root of the object that holds it."""
    for item in ctx.of_kind("Configuration"):
        if _is_of(item.value, group):
            yield Part(item, item.value, ())
    for item in ctx.of_kind("ConfigMap"):
        for key, text in look.data(item).items():
            # Only a text that names the group is worth parsing: ConfigMaps hold anything.
            value = ctx.nested(text) if isinstance(text, str) and group in text else None
            if isinstance(value, Mapping) and _is_of(value, group):
                yield Part(item, look.mapping(value), ("data", key))


def gate(config: Part, name: str) -> bool:
    """Whether a configuration turns a feature gate on."""
    return look.at(config.value, "featureGates", name) is True


def _is_of(value: Mapping[str, object], group: str) -> bool:
    return (look.text(value.get("apiVersion")) or "").partition("/")[0] == group
