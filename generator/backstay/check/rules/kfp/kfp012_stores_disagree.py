"""One of the places that name the artifact store names another one than the rest.

The API server, the workflow controller, each namespace's artifact-repositories and kfp-launcher, the UI and the
profile controller each have their own spelling of endpoint, TLS and bucket. What they say is compared, after
normalising, with the spec's store, where there is a spec; else with what the API server says; where it says
nothing, with what most of them say.

A kfp-launcher whose pipeline root lies in another bucket as well is taken for a namespace's own store, which may
be meant: a warning.

Not judged: parts that a place leaves open or takes from a Secret, overrides for particular buckets, and endpoints
with unexpanded variables in them. A kfp-launcher that states no endpoint is KFP009's matter.

Breaks: steps write where nobody reads: previews, logs and caching fail, or runs end in connection errors.
Bad:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: ml-pipeline, namespace: kubeflow}
    spec:
      template:
        spec:
          containers:
            - name: ml-pipeline-api-server
              env:
                - {name: OBJECTSTORECONFIG_HOST, value: minio.storage}
                - {name: OBJECTSTORECONFIG_PORT, value: "9000"}
                - {name: OBJECTSTORECONFIG_SECURE, value: "false"}
                - {name: OBJECTSTORECONFIG_BUCKETNAME, value: mlpipeline}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: workflow-controller-configmap, namespace: kubeflow}
    data:
      artifactRepository: |
        s3: {endpoint: minio-service.kubeflow:9000, insecure: true, bucket: mlpipeline}
Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: ml-pipeline, namespace: kubeflow}
    spec:
      template:
        spec:
          containers:
            - name: ml-pipeline-api-server
              env:
                - {name: OBJECTSTORECONFIG_HOST, value: minio.storage}
                - {name: OBJECTSTORECONFIG_PORT, value: "9000"}
                - {name: OBJECTSTORECONFIG_SECURE, value: "false"}
                - {name: OBJECTSTORECONFIG_BUCKETNAME, value: mlpipeline}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: workflow-controller-configmap, namespace: kubeflow}
    data:
      artifactRepository: |
        s3: {endpoint: minio.storage:9000, insecure: true, bucket: mlpipeline}
Source: kubeflow/pipelines#11301, kubeflow/pipelines#9689
"""

from collections.abc import Iterator, Mapping, Sequence

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import endpoint, launcher
from backstay.check.rules.kfp.endpoint import Endpoint
from backstay.check.rules.kfp.places import StorePlace, of_spec, places
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fix import Edit, Fix, unsafe

RULE = rule(__doc__, "KFP012", "stores-disagree")


_Said = Endpoint | bool | str
_Reference = Mapping[str, tuple[_Said, str]]
"""What holds for `endpoint`, `secure` and `bucket`, and which place says so."""
_SPEC = "the spec"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Compare every place with the reference; one finding a place."""
    found = [(place, _said(place)) for place in places(ctx)]
    reference = _reference(ctx, found)
    for place, said in found:
        differing = dict(_differing(ctx, said, reference))
        if differing:
            message = f"{place.who} names another store: {'; '.join(differing.values())}"
            route = place.fields[next(iter(differing))]
            help_ = _help(place, reference, differing)
            fix = _agreeing(place, reference, differing)
            yield ctx.report(RULE, place.item, route, message, help_, _severity(place, reference), fix)


def _said(place: StorePlace) -> dict[str, _Said]:
    parts = {"endpoint": place.endpoint, "secure": place.secure, "bucket": place.bucket}
    return {part: value for part, value in parts.items() if value is not None}


def _reference(ctx: Context, found: Sequence[tuple[StorePlace, Mapping[str, _Said]]]) -> _Reference:
    """By part: what the spec or the API server says; else the first of the answers that most places give."""
    if ctx.cluster is not None and ctx.cluster.storage is not None:
        store = ctx.cluster.storage.store
        return {
            "endpoint": (of_spec(store), _SPEC),
            "secure": (store.secure.value, _SPEC),
            "bucket": (store.bucket.value, _SPEC),
        }
    reference: dict[str, tuple[_Said, str]] = {}
    for part in ("endpoint", "secure", "bucket"):
        answers = [(place, said[part], _key(ctx, said[part])) for place, said in found if part in said]
        keys = [key for *_, key in answers]
        if answers:
            place, value, _ = max(answers, key=lambda answer: (answer[0].leads, keys.count(answer[2])))
            reference[part] = value, place.who
    return reference


def _key(ctx: Context, value: _Said) -> object:
    return endpoint.key(ctx, value) if isinstance(value, Endpoint) else value


def _differing(ctx: Context, said: Mapping[str, _Said], reference: _Reference) -> Iterator[tuple[str, str]]:
    """The parts in which a place differs, each with both values in words."""
    for part, own in said.items():
        value, who = reference[part]
        if not _alike(ctx, own, value):
            yield part, f"{part if part != 'secure' else 'TLS'} {_word(own)}, in {who} {_word(value)}"


def _alike(ctx: Context, one: _Said, other: _Said) -> bool:
    if isinstance(one, Endpoint) and isinstance(other, Endpoint):
        return endpoint.same(ctx, one, other)
    return one == other


def _word(value: _Said) -> str:
    return f"`{value}`" if not isinstance(value, bool) else "on" if value else "off"


def _severity(place: StorePlace, reference: _Reference) -> Severity | None:
    root = launcher.root_of(place.item) if place.item.ref.name == launcher.NAME else None
    of_its_own = root is not None and "bucket" in reference and root.bucket != reference["bucket"][0]
    return Severity.WARNING if of_its_own else None


def _agreeing(place: StorePlace, reference: _Reference, differing: Mapping[str, str]) -> Fix | None:
    """The reference's values where a place has a field of its own for each that differs."""
    edits = [_edit(place, part, reference[part][0]) for part in differing]
    written = [one for one in edits if one is not None]
    title = "write " + " and ".join(f"`{one.route[-1]}: {one.value}`" for one in written)
    return unsafe(title, *written) if len(written) == len(edits) else None


def _edit(place: StorePlace, part: str, value: _Said) -> Edit | None:
    route = place.fields[part]
    match route[-1], value:
        case "endpoint", Endpoint():
            return Edit(route, str(value))
        case "bucket", str():
            return Edit(route, value)
        case ("insecure", bool()):
            return Edit(route, not value)
    return None


def _help(place: StorePlace, reference: _Reference, differing: Mapping[str, str]) -> str:
    """What to write there, in that place's own spelling."""
    dialled, secure = (reference.get(part, (None, ""))[0] for part in ("endpoint", "secure"))
    if differing.keys() == {"bucket"}:
        return f"name the bucket `{reference['bucket'][0]}`"
    if not isinstance(dialled, Endpoint):
        return f"turn TLS {_word(secure is True)}"
    known = Endpoint(dialled.host, dialled.port, secure if isinstance(secure, bool) else None)
    return place.spell(known) + (
        f"; name the bucket `{reference['bucket'][0]}`" if "bucket" in differing else ""
    )


CHECK = Check(
    RULE, reads=frozenset({"ConfigMap", "Deployment", "Service", "Profile", "Namespace"}), run=check
)
