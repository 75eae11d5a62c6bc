"""A typed spec to the model: each section in turn, findings collected, never raised."""

from dataclasses import replace

from backstay.core.diagnostic import Diagnostic, stops
from backstay.model.cluster import Cluster
from backstay.resolve.admission import about_defaults, resolve_admission
from backstay.resolve.callers import judge_pools, resolve_callers
from backstay.resolve.gitops import resolve_gitops
from backstay.resolve.jobs.memory import with_memory
from backstay.resolve.jobs.whole import resolve_jobs
from backstay.resolve.network import resolve_network
from backstay.resolve.observability import resolve_observability
from backstay.resolve.platform import resolve_platform
from backstay.resolve.promises import Promise, conflicts
from backstay.resolve.retries import resolve_retries
from backstay.resolve.routes import resolve_routes
from backstay.resolve.shutdown import resolve_shutdowns
from backstay.resolve.storage import resolve_storage, run_namespaces
from backstay.resolve.termination import resolve_drain
from backstay.spec import cluster as spec
from backstay.spec import termination


def resolve(stated: spec.Cluster) -> tuple[Cluster | None, list[Diagnostic]]:
    """The model of a cluster, or None when a finding leaves nothing sound to build on."""
    platform = resolve_platform(stated.platform)
    findings = list(platform.findings)
    runs = run_namespaces(stated.storage, platform.pipelines)
    promised: list[Promise] = []
    network, numbers = resolve_network(stated.network, platform, runs, findings, promised)
    retries, more_numbers = resolve_retries(stated.retries, platform.workflows)
    drain = resolve_drain(stated.termination.drain)
    jobs, job_numbers = resolve_jobs(stated, platform, retries, drain, findings)
    jobs, memory_numbers = with_memory(jobs, stated, runs)
    judge_pools(stated.network, findings)
    admission = None if stated.admission is None else resolve_admission(stated.admission, findings)
    if admission is not None:
        findings += about_defaults(admission, platform.features, platform.kubernetes.value)
    if stops(findings):
        return None, findings
    routed = resolve_routes(network, retries, platform)
    network = replace(network, routes=routed.routes)
    callers, caller_numbers, of_callers = resolve_callers(stated.network, network, retries.calls)
    watching, watch_numbers = (
        (None, {})
        if stated.observability is None
        else resolve_observability(stated.observability, network, jobs)
    )
    unstated = resolve_drain(termination.Drain())
    assert unstated is not None  # noqa: S101 - a section gives one
    shutdowns, end_numbers = resolve_shutdowns(network, drain or unstated, platform)
    cluster = Cluster(
        stated.metadata.name,
        platform.kubernetes,
        platform.features,
        platform.mesh,
        platform.pipelines,
        platform.workflows,
        network,
        None if stated.storage is None else resolve_storage(stated.storage, platform.pipelines),
        retries,
        drain,
        None if stated.gitops is None else resolve_gitops(stated.gitops),
        numbers
        | more_numbers
        | watch_numbers
        | end_numbers
        | job_numbers
        | memory_numbers
        | caller_numbers
        | routed.derivations,
        watching,
        shutdowns,
        jobs=jobs,
        callers=callers,
        admission=admission,
        conflicts=(*conflicts(promised, routed.system), *of_callers),
    )
    return cluster, findings
