"""One of the places that name the artifact store names another one than the rest.

The API server, the workflow controller, each namespace's artifact-repositories and kfp-launcher, the UI and the
profile controller each have their own spelling of endpoint, TLS and bucket. What they say is compared, after
normalising, with what the API server says; where it says nothing, with what most of them say.

A kfp-launcher whose pipeline root lies in another bucket as well is taken for a namespace's own store, which may
be meant: a warning.

Not judged: parts that a place leaves open or takes from a Secret, overrides for particular buckets, and endpoints
with unexpanded variables in them. A kfp-launcher that states no endpoint is KFP009's matter.

Breaks: steps write where nobody reads: previews, logs and caching fail, or runs end in connection errors.
Bad:
    workflow-controller-configmap: {artifactRepository: "s3: {endpoint: 'minio.storage:80', insecure: true, ...}"}
    ml-pipeline:                   {OBJECTSTORECONFIG_HOST: minio-service.kubeflow, OBJECTSTORECONFIG_PORT: "9000"}
Good:
    workflow-controller-configmap: {artifactRepository: "s3: {endpoint: 'minio.storage:80', insecure: true, ...}"}
    ml-pipeline:                   {OBJECTSTORECONFIG_HOST: minio.storage, OBJECTSTORECONFIG_PORT: "80"}
Source: kubeflow/pipelines#11301, kubeflow/pipelines#9689
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import endpoint, launcher
from backstay.check.rules.kfp.endpoint import Endpoint
from backstay.check.rules.kfp.places import StorePlace, places
from backstay.core.diagnostic import Diagnostic, Severity

RULE = rule(__doc__, "KFP012", "stores-disagree")


@dataclass(frozen=True, slots=True)
class _Reference:
    """What holds, and which place says so, for the endpoint, TLS and the bucket."""

    endpoint: StorePlace | None
    secure: StorePlace | None
    bucket: StorePlace | None


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Compare every place with the reference; one finding a place."""
    found = list(places(ctx))
    reference = _reference(ctx, found)
    for place in found:
        differing = dict(_differing(ctx, place, reference))
        if differing:
            message = f"{place.who} names another store: {'; '.join(differing.values())}"
            route = place.fields[next(iter(differing))]
            yield ctx.report(RULE, place.item, route, message, _help(place, reference), _severity(place, reference))


def _reference(ctx: Context, found: Sequence[StorePlace]) -> _Reference:
    return _Reference(
        _most(found, lambda place: place.endpoint and endpoint.key(ctx, place.endpoint)),
        _most(found, lambda place: place.secure),
        _most(found, lambda place: place.bucket),
    )


def _most(found: Sequence[StorePlace], part: Callable[[StorePlace], object]) -> StorePlace | None:
    """The API server if it says; else the first place whose answer most places give."""
    said = [(place, answer) for place in found if (answer := part(place)) is not None]
    answers = [answer for _, answer in said]
    return max(said, key=lambda pair: (pair[0].leads, answers.count(pair[1])), default=(None, None))[0]


def _differing(ctx: Context, place: StorePlace, reference: _Reference) -> Iterator[tuple[str, str]]:
    """The parts in which a place differs, each with both values in words."""
    there = reference.endpoint
    if place.endpoint and there and there.endpoint and not endpoint.same(ctx, place.endpoint, there.endpoint):
        yield "endpoint", f"endpoint `{place.endpoint}`, in {there.who} `{there.endpoint}`"
    if place.secure is not None and reference.secure and place.secure != reference.secure.secure:
        yield "secure", f"TLS {_on(place)}, in {reference.secure.who} {_on(reference.secure)}"
    if place.bucket and reference.bucket and place.bucket != reference.bucket.bucket:
        yield "bucket", f"bucket `{place.bucket}`, in {reference.bucket.who} `{reference.bucket.bucket}`"


def _on(place: StorePlace) -> str:
    return "on" if place.secure else "off"


def _severity(place: StorePlace, reference: _Reference) -> Severity | None:
    root = launcher.root_of(place.item) if place.item.ref.name == launcher.NAME else None
    of_its_own = root is not None and reference.bucket is not None and root.bucket != reference.bucket.bucket
    return Severity.WARNING if of_its_own else None


def _help(place: StorePlace, reference: _Reference) -> str:
    """What to write there, in that place's own spelling."""
    dialled = reference.endpoint.endpoint if reference.endpoint else place.endpoint
    secure = reference.secure.secure if reference.secure else None
    steps = [place.spell(Endpoint(dialled.host, dialled.port, secure))] if dialled else []
    if place.bucket and reference.bucket and place.bucket != reference.bucket.bucket:
        steps.append(f"name the bucket `{reference.bucket.bucket}`")
    return "; ".join(steps)


CHECK = Check(RULE, reads=frozenset({"ConfigMap", "Deployment", "Service", "Profile", "Namespace"}), run=check)
