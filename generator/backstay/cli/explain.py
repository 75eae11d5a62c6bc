"""`backstay explain`: where a value comes from, or what a spec field decides."""

import sys
from pathlib import Path, PurePath

import click

from backstay.cli.asking import Asked, asked, known_specs, not_found
from backstay.cli.explaining import name_of, subject_of
from backstay.cli.loading import Loaded
from backstay.cli.outcome import Exit
from backstay.cli.pictures import make_folder, write_pictures
from backstay.cli.printing import color_option, paint_for, show_findings
from backstay.explain.failure import Unknown
from backstay.explain.json_form import what_json, why_json
from backstay.explain.subject import Subject
from backstay.explain.target import find_output
from backstay.explain.timeline.moments import Event
from backstay.explain.timeline.picture import file_name
from backstay.explain.timeline.picture import picture as draw
from backstay.explain.timeline.tell import subjects as subjects_of
from backstay.explain.timeline.tell import timelines
from backstay.explain.timeline.told import Told, as_json
from backstay.explain.timeline.told import text as timeline_text
from backstay.explain.what import what
from backstay.explain.what_text import what_text
from backstay.explain.why import why
from backstay.explain.why_text import why_text
from backstay.load.profiles import Merged

EVENTS = tuple(event.value for event in Event)


@click.command("explain")
@click.argument("target", required=False)
@click.argument("field", required=False)
@click.option(
    "--cluster", "clusters", multiple=True, metavar="NAME", help="Only this cluster (again for more)."
)
@click.option(
    "--specs", type=click.Path(path_type=Path), default="specs", show_default=True, help="Where specs are."
)
@click.option("--out", default="overlays", show_default=True, help="Where overlays go, as paths are printed.")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", help="How it is told.")
@click.option("--timeline", is_flag=True, help="What happens when after a node, a pod or a step ends.")
@click.option(
    "--event",
    "events",
    multiple=True,
    type=click.Choice(EVENTS),
    help="Only timelines of this (again for more); needs --timeline.",
)
@click.option(
    "--picture",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Draw each timeline (SVG) there; needs --timeline.",
)
@color_option
def command(
    target: str | None, field: str | None, clusters: tuple[str, ...], specs: Path, out: str, form: str,
    *, timeline: bool, events: tuple[str, ...], picture: Path | None,
) -> int:  # fmt: skip
    """Say where an output value comes from, or what a field of the spec decides.

    TARGET is an output file, or an object as Kind/name, and FIELD a field in it: its way from the root, or any
    end of that which is unique in the file, such as `interval`. Without FIELD the whole file is told.

    Or TARGET is a field of the spec, such as `network.calls[0].silentFor`; or a spec file, and FIELD the field.

    With --timeline TARGET is a workload or a service (default: all): second by second what happens after its node is
    lost, its pod is evicted, killed for its memory or told to go, and which knob decides when.

    Exit codes: 0 told, 1 the spec has to be mended first, 2 no such thing, or several.
    """
    known = known_specs(specs, clusters)
    if timeline:
        return _timelines(known, target or "", events, form, picture)
    if target is None or events or picture:
        raise click.UsageError(
            "TARGET is missing" if target is None else "--event and --picture need --timeline"
        )
    try:
        fields = asked(known, target, field)
        if not fields and not _may_be_output(target):
            raise not_found(known, target)
        subjects = _Subjects()
        text = (
            _spec(subjects, fields, form, out)
            if fields
            else _output(subjects, known, target, field, form, out)
        )
    except Unknown as unknown:
        help_ = f"\nhelp: {unknown.help}" if unknown.help else ""
        raise click.ClickException(unknown.message + help_) from unknown
    sys.stdout.write(text)
    return Exit.FINDINGS if subjects.broken else Exit.CLEAN


def _timelines(
    known: list[Merged], target: str, events: tuple[str, ...], form: str, picture: Path | None
) -> int:
    subjects = _Subjects()
    compiled = [subject for one in known if (subject := subjects.of(one)) is not None]
    asked_for = [Event(event) for event in events or EVENTS]
    told = [
        Told(one.cluster.name, timeline, one)
        for one in compiled
        for timeline in timelines(one.cluster, asked_for, target)
    ]
    if target and compiled and not told:
        names = sorted({name for one in compiled for name in subjects_of(one.cluster)})
        raise click.ClickException(
            f"no workload or service `{target}`\nhelp: there are {', '.join(names) or 'none'}"
        )
    if picture is not None:
        make_folder(picture)
        drawn = ((file_name(one.cluster, one.timeline), draw(one.cluster, one.timeline)) for one in told)
        write_pictures(picture, drawn)
    sys.stdout.write(as_json(told) if form == "json" else timeline_text(told, paint_for(sys.stdout)))
    return Exit.FINDINGS if subjects.broken else Exit.CLEAN


class _Subjects:
    """Compiles clusters to explain them, and prints what is wrong with those that cannot be."""

    def __init__(self) -> None:
        self.broken = False

    def of(self, merged: Merged) -> Subject | None:
        loaded = Loaded.of(merged)
        subject = subject_of(loaded)
        if subject is None:
            self.broken = True
            show_findings(loaded.findings, "text", sys.stderr)
        return subject


def _spec(subjects: _Subjects, fields: list[Asked], form: str, out: str) -> str:
    told = [
        what(subject, route)
        for one in fields
        if (subject := subjects.of(one.merged)) is not None
        for route in one.routes
    ]
    if form == "json":
        return what_json(told, out)
    return what_text(told, out, paint_for(sys.stdout)) if told else ""


def _output(
    subjects: _Subjects, known: list[Merged], target: str, field: str | None, form: str, out: str
) -> str:
    named = [one for one in known if name_of(one) in PurePath(target).parts]
    compiled = [subject for one in named or known if (subject := subjects.of(one)) is not None]
    if not compiled:
        return ""
    told = why(find_output(compiled, target), field)
    return why_json(told, out) if form == "json" else why_text(told, out, paint_for(sys.stdout))


def _may_be_output(target: str) -> bool:
    """Whether a target looks like a file or an object rather than like a field of the spec."""
    return "/" in target or PurePath(target).suffix in {".yaml", ".json"}
