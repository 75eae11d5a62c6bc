"""The rules that need more than manifests, judged where a context states the rest."""

from dataclasses import replace

from backstay.audit.context import Stated
from backstay.audit.model import mesh_config, model, service_object
from backstay.audit.objects import Objects
from backstay.audit.unstated import Judged
from backstay.audit.versions import Versions
from backstay.check import engine
from backstay.check.context import Context
from backstay.check.registry import CHECKS
from backstay.core.diagnostic import Diagnostic, Related, Severity
from backstay.core.place import Place
from backstay.model.network import Network

_STATED = frozenset({"calls", "knobs", "gateways", "retries", "drain", "recovery"})
"""Parts of the model that a context states."""
_NO_NETWORK = Network((), (), ())
_FAMILIES = ("MSH", "KFP", "JOB")
_JOBS = tuple(check for check in CHECKS if check.rule.id.startswith("JOB"))
"""Rules that ask who frees the pods of a lost node."""
_WITH = tuple(check for check in CHECKS if check.reads & _STATED and check.rule.id.startswith(_FAMILIES))


def judge_with(stated: Stated, objects: Objects, context: Context, versions: Versions) -> Judged:
    """What the rules that need a context find."""
    cluster, findings = model(stated, objects, context, versions)
    located = [stated.located(one) for one in findings]
    if cluster is None and not findings:
        words = "which Kubernetes runs is not known, and without it the context is not used"
        return Judged([], (f"{words}: give --platform kubernetes=...",))
    if cluster is None:
        return Judged(located, refused=True)
    whole = Context(context.items, versions.features, versions.lines, cluster)
    instead = _JOBS if "termination" in stated.sections else ()
    checks = tuple(check for check in CHECKS if check in _WITH or check in instead)
    found = (one for one in engine.run(whole, checks) if one.severity is not Severity.INFO)
    placed = [*located, *(_about(one, objects, whole, stated) for one in found)]
    return Judged(placed, instead=frozenset(check.rule.id for check in instead))


def _about(found: Diagnostic, objects: Objects, context: Context, stated: Stated) -> Diagnostic:
    """A finding with files and lines. One that only the context's lines show is about the Service that is called."""
    found = (
        found if found.object else replace(found, fix=None)
    )  # it would repair the context, which is no manifest
    called = _called(found.place, objects, context) if found.object is None else None
    if called is not None:
        at = stated.located(found).place
        found = replace(found, place=called, related=(Related(at, "what the context states"), *found.related))
    located = stated.located(objects.located(found))
    return replace(located, related=tuple(_of_mesh(one, objects, context) for one in located.related))


def _called(place: Place, objects: Objects, context: Context) -> Place | None:
    """The ports of the Service that a call or a service of the context is about."""
    network = context.cluster.network if context.cluster else _NO_NETWORK
    match place.route:
        case ("network", "calls", int(index), *_):
            service = next((call.service for call in network.calls if call.index == index), None)
        case ("network", "services" | "overrides", str(name), *_):
            service = next((one for one in network.services if one.name == name), None)
        case _:
            return None
    item = service_object(context, service.host.value) if service else None
    return objects.place(item, ("spec", "ports")) if item else None


def _of_mesh(related: Related, objects: Objects, context: Context) -> Related:
    config = mesh_config(context)
    if config is None or related.place.file or related.place.route[:2] != ("platform", "istio"):
        return related
    return replace(related, place=objects.place_in_file(config, ("data", "mesh")))
