"""Rule cases: `<ID>.yaml` files read, and specs and objects turned into what a rule sees."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from backstay.check.context import Context, Item, item_of
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Fix, Rename
from backstay.core.manifest import Role, ref_of
from backstay.core.place import Place
from backstay.core.route import show
from backstay.model.cluster import NO_CALLERS
from backstay.text.yaml import parse
from backstay.upstream.catalog import SYSTEMS, features
from support.compiler import compile_spec
from support.modelling import model

FOLDER = Path(__file__).parents[1] / "rules"
_SYSTEMS = set(SYSTEMS)
_BARE = {
    "platform": {"istio": None, "pipelines": None},
    **dict.fromkeys(("network", "storage", "retries", "gitops")),
}


@dataclass(frozen=True)
class Case:
    """One case: versions and objects, or a spec to lay over the base; and the findings it must give.

    With both, the objects are somebody else's beside the spec's model, or those that it is `observed` in. `before` are
    the objects that `objects` come in place of, for rules about changes.
    """

    rule: str
    name: str
    platform: Mapping
    objects: list | None
    spec: Mapping | None
    findings: list
    before: list | None = None
    observed: bool = False

    @property
    def id(self) -> str:
        return f"{self.rule}: {self.name}"


def cases() -> Iterator[Case]:
    """Every case of every file."""
    for file in sorted(FOLDER.glob("[A-Z]*.yaml")):
        yield from cases_in(file)


def cases_in(file: Path) -> Iterator[Case]:
    """The cases of one file; unknown words in it are refused, so that none is ignored."""
    book = parse(file.read_text(encoding="utf-8"))
    assert set(book) == {"rule", "cases"}, f"{file.name}: a case file has `rule` and `cases`"
    for case in book["cases"]:
        assert set(case) <= {"name", "platform", "before", "objects", "spec", "observed", "findings"}, (
            f"{file.name}: {case}"
        )
        assert "objects" in case or ("spec" in case and "before" not in case), (
            f"{file.name}: {case['name']}: objects or a spec"
        )
        assert "observed" not in case or {"objects", "spec"} <= set(case), (
            f"{file.name}: {case['name']}: a model is observed in objects"
        )
        assert not ("platform" in case and "spec" in case), (
            f"{file.name}: {case['name']}: a spec has its own platform"
        )
        yield Case(book["rule"], case["name"], case.get("platform") or {}, case.get("objects"),
                   case.get("spec"), case["findings"], case.get("before"), case.get("observed") is True)  # fmt: skip


def context(case: Case, context_type: type[Context] = Context) -> Context:
    """What a rule sees of a case with objects."""
    return _context(case, case.objects, context_type)


def change(case: Case, context_type: type[Context] = Context) -> tuple[Context, Context]:
    """What a rule about changes sees of a case: before and after."""
    return _context(case, case.before, context_type), _context(case, case.objects, context_type)


def compiled(case: Case) -> Context | None:
    """What a rule sees of a case that is a spec; None where the spec is refused before it is judged."""
    found = compile_spec(on_base(case.spec))
    if found.cluster is None:
        return None
    settled = sorted((*found.settled, *found.fleet), key=lambda one: one.role is Role.BUNDLE)
    return Context(
        [item_of(one) for one in settled], found.cluster.features, found.cluster.versions, found.cluster
    )


def seen(case: Case) -> tuple[Context, ...]:
    """What the case's rule sees: two contexts where it judges a change, none where the spec is refused before."""
    if case.before is not None:
        return change(case)
    if case.objects is not None:
        return (context(case),)
    found = compiled(case)
    return () if found is None else (found,)


def sparse(rule: str) -> Iterator[Case]:
    """Cases of any rule in which there is nothing to find: no model and no object, and a cluster that is little but a name."""
    yield Case(rule, "nothing at hand", {}, [], None, [])
    yield Case(rule, "a bare cluster", {}, None, _BARE, [])


def _context(case: Case, objects: list, context_type: type[Context]) -> Context:
    assert set(case.platform) <= _SYSTEMS, f"{case.id}: multi-user and the like are seen in the objects"
    items = [item(entry, f"{index}.yaml") for index, entry in enumerate(objects)]
    if case.spec is None:
        return context_type(items, features(**case.platform), dict(case.platform))
    cluster = model(on_base(case.spec))
    if case.observed:
        cluster = replace(
            cluster, observed=True, callers=NO_CALLERS, conflicts=(), derivations={}, shutdowns=()
        )
    return context_type(items, cluster.features, cluster.versions, cluster)


def on_base(over: Mapping) -> dict:
    """A spec laid over the base spec, mapping by mapping; lists are replaced, null takes a key away."""
    return _merged(parse((FOLDER / "base_spec.yaml").read_text(encoding="utf-8")), over)


def _merged(base: object, over: object) -> object:
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    both = {key: _merged(base.get(key), over[key]) if key in over else base[key] for key in {**base, **over}}
    return {key: value for key, value in both.items() if not (value is None and key in over)}


def item(entry: Mapping, file: str) -> Item:
    """An object as a manifest has it; `{partial: true, object: {...}}` is a patch."""
    partial = entry.get("partial") is True
    value = entry["object"] if partial else entry
    return Item(ref_of(value), value, partial, file, lambda route: Place(file, 0, 0, route))


def differences(found: list[Diagnostic], expected: list) -> list[str]:
    """Where findings are not what the case says, in words."""
    wrong = [f"{len(found)} findings, not {len(expected)}"] if len(found) != len(expected) else []
    for index, (got, want) in enumerate(zip(found, expected, strict=False)):
        wrong += [f"findings[{index}].{part}: {told}" for part, told in _wrong_parts(got, want)]
    return [*wrong, *map(str, found)] if wrong else []


def _wrong_parts(got: Diagnostic, want: Mapping) -> Iterator[tuple[str, str]]:
    """`message` and `help` are pieces of the words, `says` and `advises` the whole of them."""
    told = {
        "object": str(got.object),
        "field": got.field,
        "severity": str(got.severity),
        "place": got.place.path,
        "related": [one.place.path for one in got.related],
        "fix": _repair(got.fix),
        "says": got.message,
        "advises": got.help,
    }
    for part, value in want.items():
        if part in {"message", "help"}:
            if value not in getattr(got, part):
                yield part, f"`{getattr(got, part)}` lacks `{value}`"
        elif told[part] != value:
            yield part, f"`{told[part]}`, not `{value}`"


def _repair(fix: Fix | None) -> object:
    """A repair as cases state it: how safe it is, and each route with its new value (null: taken away), or its new key."""
    if fix is None:
        return None
    made = {
        show(one.route): {"renamed": one.key} if isinstance(one, Rename) else one.value for one in fix.edits
    }
    return {"safe" if fix.safe else "unsafe": made}
