"""`backstay admission`: print a cluster's admission policies, or the same as Gatekeeper's constraints."""

import sys
from dataclasses import replace
from pathlib import Path

import click

from backstay.claims import reasons
from backstay.claims.baseline import DEFAULTS
from backstay.cli.loading import load
from backstay.cli.outcome import Exit
from backstay.core.fact import Fact
from backstay.core.feature import Feature
from backstay.core.manifest import settle
from backstay.emit.admission import gatekeeper, policies
from backstay.emit.admission import mutating as mutating_policies
from backstay.model.admission import Engine
from backstay.model.cluster import Cluster
from backstay.render.yaml import dump
from backstay.resolve.admission import resolve_admission
from backstay.rules import rules_by_id
from backstay.spec.admission import Admission


@click.command("admission")
@click.argument("specs", type=click.Path(path_type=Path), default="specs")
@click.option(
    "--cluster", "only", multiple=True, help="Only this cluster of SPECS; may be given several times."
)
@click.option(
    "--gatekeeper", "constraints", is_flag=True, help="Print ConstraintTemplates and Constraints instead."
)
@click.option(
    "--mutating", is_flag=True, help="Fill in every default that the baseline has, as `defaults` would."
)
@click.option(
    "--rules", "explained", is_flag=True, help="Print every rule with what its policy tells and what it cannot, and why."
)  # fmt: skip
def command(specs: Path, only: tuple[str, ...], constraints: bool, mutating: bool, explained: bool) -> int:
    """Print the admission policies of the clusters in SPECS as YAML; nothing is written.

    A cluster whose spec has no `admission` section gets what an empty one means.
    """
    if explained:
        return _explain()
    whole = True
    for loaded in load(specs, only):
        cluster = loaded.compiled.cluster if loaded.compiled else None
        if cluster is None:
            click.echo(f"{loaded.file}: see `backstay check {loaded.file}`", err=True)
            whole = False
        else:
            sys.stdout.write(_text(_asking(cluster, constraints=constraints, mutating=mutating)))
    return Exit.CLEAN if whole else Exit.BAD_CALL


def _explain() -> int:
    for id_, rule in rules_by_id().items():
        if id_ in reasons.explained():
            much, rest = reasons.told(id_)
            click.echo(f"{id_} {rule.name}: {much}" + (f"; not: {rest}" if rest else ""))
    return Exit.CLEAN


def _asking(cluster: Cluster, *, constraints: bool, mutating: bool) -> Cluster:
    admission = cluster.admission or resolve_admission(Admission(), [])
    engine = Engine.GATEKEEPER if constraints else admission.engine.value
    defaults = tuple(DEFAULTS) if mutating else admission.defaults.value
    asked = replace(
        admission,
        engine=Fact(engine, admission.engine.origins),
        defaults=Fact(defaults, admission.defaults.origins),
    )
    if defaults and not cluster.has(Feature.MUTATING_POLICIES):
        click.echo(
            f"{cluster.name}: Kubernetes {cluster.kubernetes.value} has no MutatingAdmissionPolicy", err=True
        )
        asked = replace(asked, defaults=Fact((), admission.defaults.origins))
    return replace(cluster, admission=asked)


def _text(cluster: Cluster) -> str:
    made = (*policies.emit(cluster), *gatekeeper.emit(cluster), *mutating_policies.emit(cluster))
    return "".join(f"---\n{dump(settle(one, dump).value)}" for one in made)
