"""What a person names: an output file, an object, or a field of the spec."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from backstay.core.manifest import Plain, Role
from backstay.core.route import Route, look_up, show
from backstay.explain.failure import Unknown, listed
from backstay.explain.sources import written
from backstay.explain.steps import routes
from backstay.explain.subject import Output, ShortForm, Subject

_OBJECT = re.compile(r"[A-Za-z]+(/[a-z0-9.-]+){1,2}\Z")

_NOT_MADE_HERE = (
    ("provenance.json", "it is itself the map from output to spec: name one of the files that it is about"),
    ("fleet/kustomization.yaml", "it lists the files beside it: name one of those"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """An output file of a cluster."""

    subject: Subject
    output: Output


def find_output(subjects: Sequence[Subject], target: str) -> Found:
    """The one file that a person means.

    A path that ends in `<cluster>/<file>`, the file's own path or name, or `Kind/name` or `Kind/namespace/name`.
    Raises `Unknown` when there is none, or several.
    """
    everything = [Found(subject, output) for subject in subjects for output in subject.outputs]
    parts = [part for part in target.replace("\\", "/").split("/") if part not in {"", "."}]
    tails = {"/".join(parts[start:]) for start in range(len(parts))}
    found = [one for one in everything if one.output.path in tails] or _meant(everything, "/".join(parts))
    if len(found) > 1:
        raise Unknown(
            f"`{target}` names {len(found)} files",
            f"name one of them, or add --cluster:{listed(_paths(found))}",
        )
    if not found:
        help_ = next((words for end, words in _NOT_MADE_HERE if "/".join(parts).endswith(end)), "")
        raise Unknown(f"no output file or object `{target}`", help_ or _nearest(everything, target))
    return found[0]


def _meant(everything: list[Found], wanted: str) -> list[Found]:
    named = [one for one in everything if f"/{one.output.path}".endswith(f"/{wanted}")]
    if named or not _OBJECT.match(wanted):
        return named
    return [one for one in everything if wanted.lower() in _names(one.output)]


def _names(output: Output) -> set[str]:
    ref = output.settled.ref
    if output.settled.role in {Role.KUSTOMIZE, Role.BUNDLE} or not ref.kind:
        return set()
    return {f"{ref.kind}/{ref.name}".lower(), f"{ref.kind}/{ref.namespace}/{ref.name}".lower()}


def _paths(found: Iterable[Found]) -> list[str]:
    return [one.output.path for one in found]


def _nearest(everything: list[Found], target: str) -> str:
    refs = [one.output.settled.ref for one in everything]
    objects = dict.fromkeys(f"{ref.kind}/{ref.name}" for ref in refs if ref.kind and ref.name)
    near = difflib.get_close_matches(target, [*_paths(everything), *objects], n=3, cutoff=0.7)
    return (
        f"did you mean:{listed(near)}"
        if near
        else "name a file below the output folder, or an object as `Kind/name`"
    )


def has(spec: Mapping[str, Plain], route: Route, short: ShortForm) -> bool:
    """Whether a spec says something at a route, a short form's scalar included."""
    try:
        look_up(spec, written(spec, route, short))
    except KeyError:
        return False
    return True


def near_routes(specs: Iterable[Mapping[str, Plain]], text: str) -> str:
    """Help for a spec field that does not exist: the nearest ones."""
    known = dict.fromkeys(show(route) for spec in specs for route, _ in routes(spec))
    near = difflib.get_close_matches(text, known, n=3, cutoff=0.7)
    last = text.rsplit(".", 1)[-1]
    near += [name for name in known if name.endswith(f".{last}") and name not in near]
    return f"did you mean:{listed(near)}" if near else "the spec reference lists all fields: docs/reference"
