"""The two proofs as the command line shows them: both make reports, each of its own kind."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from backstay.cli.loading import Loaded
from backstay.core.place import Place

_Pictures = Callable[[], Iterable[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A finished proof: its reports in each form, made when asked for; `pictures` are pairs of file name and SVG."""

    text: Callable[[], str]
    json: Callable[[], str]
    pictures: _Pictures
    summary: str
    disproved: bool


def prove_mesh(clusters: Sequence[Loaded], scale: int | None) -> Shown:
    """What becomes of the promises about calls."""
    from backstay.prove.mesh.picture import file_name, picture
    from backstay.prove.mesh.prover import Job, prove_all
    from backstay.prove.mesh.report_json import to_json
    from backstay.prove.mesh.report_text import to_text
    from backstay.prove.mesh.words import located
    from backstay.prove.report import summary
    from backstay.prove.words import Verdict

    compiled = [one.compiled for one in clusters if one.compiled is not None]
    jobs = [Job(one.cluster, one.settled) for one in compiled if one.cluster is not None]
    found = prove_all(jobs, scale, _tell)
    reports = [located(report, _locate(one)) for report, one in zip(found, clusters, strict=True)]
    return Shown(
        lambda: to_text(reports),
        lambda: to_json(reports),
        lambda: ((file_name(one.cluster, c), picture(one.cluster, c)) for one in reports for c in one.calls),
        summary(reports),
        any(report.count(Verdict.DISPROVED) for report in reports),
    )


def prove_jobs(clusters: Sequence[Loaded], scale: int | None, components: Path | None) -> Shown:
    """What becomes of the promises about jobs."""
    from backstay.prove.jobs.picture import file_name, picture
    from backstay.prove.jobs.prover import Job, prove_all
    from backstay.prove.jobs.report_json import to_json
    from backstay.prove.jobs.report_text import to_text
    from backstay.prove.jobs.words import located
    from backstay.prove.report import summary
    from backstay.prove.words import Verdict

    compiled = [one.compiled for one in clusters if one.compiled is not None]
    jobs = [Job(one.cluster, one.settled) for one in compiled if one.cluster is not None]
    found = prove_all(jobs, scale, components, _tell)
    reports = [located(report, _locate(one)) for report, one in zip(found, clusters, strict=True)]
    return Shown(
        lambda: to_text(reports),
        lambda: to_json(reports),
        lambda: (
            (file_name(one.cluster, w), picture(one.cluster, w)) for one in reports for w in one.workloads
        ),
        summary(reports),
        any(report.count(Verdict.DISPROVED) for report in reports),
    )


def _tell(line: str) -> None:
    click.echo(line, err=True)


def _locate(loaded: Loaded) -> Callable[[Place], Place]:
    def locate(place: Place) -> Place:
        found = loaded.merged.place(place.route) if loaded.merged else place
        return replace(found, route=place.route)

    return locate
