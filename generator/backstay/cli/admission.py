"""`backstay admission`: print a cluster's admission policies, or the same as Gatekeeper's constraints."""

import sys
from dataclasses import replace
from pathlib import Path

import click

from backstay.cli.loading import load
from backstay.cli.outcome import Exit
from backstay.core.fact import Fact
from backstay.core.manifest import settle
from backstay.emit.admission import gatekeeper, policies
from backstay.model.admission import Engine
from backstay.model.cluster import Cluster
from backstay.render.yaml import dump
from backstay.resolve.admission import resolve_admission
from backstay.spec.admission import Admission


@click.command("admission")
@click.argument("specs", type=click.Path(path_type=Path), default="specs")
@click.option(
    "--cluster", "only", multiple=True, help="Only this cluster of SPECS; may be given several times."
)
@click.option(
    "--gatekeeper", "constraints", is_flag=True, help="Print ConstraintTemplates and Constraints instead."
)
def command(specs: Path, only: tuple[str, ...], constraints: bool) -> int:
    """Print the admission policies of the clusters in SPECS as YAML; nothing is written.

    A cluster whose spec has no `admission` section gets what an empty one means.
    """
    whole = True
    for loaded in load(specs, only):
        cluster = loaded.compiled.cluster if loaded.compiled else None
        if cluster is None:
            click.echo(f"{loaded.file}: see `backstay check {loaded.file}`", err=True)
            whole = False
        else:
            sys.stdout.write(_text(_asking(cluster, constraints=constraints)))
    return Exit.CLEAN if whole else Exit.BAD_CALL


def _asking(cluster: Cluster, *, constraints: bool) -> Cluster:
    admission = cluster.admission or resolve_admission(Admission(), [])
    engine = Engine.GATEKEEPER if constraints else admission.engine.value
    return replace(cluster, admission=replace(admission, engine=Fact(engine, admission.engine.origins)))


def _text(cluster: Cluster) -> str:
    made = (*policies.emit(cluster), *gatekeeper.emit(cluster))
    return "".join(f"---\n{dump(settle(one, dump).value)}" for one in made)
