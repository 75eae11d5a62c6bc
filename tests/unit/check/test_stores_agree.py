"""KFP012 as a property: however one store is spelled in seven places, they agree; turn one part and it is found."""

from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from backstay.check.context import Context
from backstay.check.rules.kfp import endpoint, kfp012_stores_disagree
from backstay.upstream.catalog import features
from support.casebook import item
from support.examples import times

_LABEL = st.from_regex(r"[a-z][a-z0-9]{1,8}", fullmatch=True)
_SUFFIXES = ("", ".svc", ".svc.cluster.local", ".svc.cluster.local.", ".svc.example.org")


@dataclass(frozen=True)
class Store:
    """A store inside the cluster."""

    name: str
    namespace: str
    port: int
    secure: bool
    bucket: str


_STORES = st.builds(Store, _LABEL, _LABEL, st.integers(1, 65535), st.booleans(), _LABEL)
_TURNS = st.sampled_from(["name", "namespace", "port", "secure", "bucket"])


def hosts(store):
    """The host's many names."""
    return st.sampled_from([f"{store.name}.{store.namespace}{suffix}" for suffix in _SUFFIXES]).flatmap(
        lambda host: st.sampled_from([host, host.upper()])
    )


def addresses(store, *, scheme=False):
    """`host:port`; the port may go where TLS implies it, and a scheme may come."""
    implied = 443 if store.secure else 80
    ports = st.sampled_from([f":{store.port}", ""]) if store.port == implied else st.just(f":{store.port}")
    schemes = st.sampled_from(["", f"http{'s' if store.secure else ''}://"] if scheme else [""])
    return st.builds("{}{}{}".format, schemes, hosts(store), ports)


def words(on):
    """The spellings of a switch."""
    return st.sampled_from(["true", "True", "1"] if on else ["false", "0"])


def deployment(name, container, env):
    """A Deployment with an environment."""
    entries = [{"name": key, "value": value} for key, value in env.items()]
    spec = {"template": {"spec": {"containers": [{"name": container, "env": entries}]}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "kubeflow"},
        "spec": spec,
    }


def config_map(name, namespace, data, **metadata):
    """A ConfigMap."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "data": data,
    }


def repository(draw, store):
    """Argo's spelling."""
    insecure = "" if store.secure and draw(st.booleans()) else f", insecure: {str(not store.secure).lower()}"
    return f"s3: {{endpoint: '{draw(addresses(store))}', bucket: {store.bucket}{insecure}}}"


def api_server(draw, store):
    """HOST and PORT."""
    return deployment("ml-pipeline", "ml-pipeline-api-server", {
        "OBJECTSTORECONFIG_HOST": draw(hosts(store)), "OBJECTSTORECONFIG_PORT": str(store.port),
        "OBJECTSTORECONFIG_SECURE": draw(words(store.secure)), "OBJECTSTORECONFIG_BUCKETNAME": store.bucket,
    })  # fmt: skip


def controller(draw, store):
    """A text inside a ConfigMap, as a key of its own or inside of `config`."""
    text = repository(draw, store)
    whole = {"config": f"artifactRepository: {{{text}}}"}
    return config_map(
        "workflow-controller-configmap",
        "kubeflow",
        draw(st.sampled_from([{"artifactRepository": text}, whole])),
    )


def namespaced(draw, store):
    """The same text under an annotated key."""
    annotations = {"workflows.argoproj.io/default-artifact-repository": "d"}
    return config_map(
        "artifact-repositories", "team-a", {"d": repository(draw, store)}, annotations=annotations
    )


def launcher(draw, store):
    """`disableSSL`, or a scheme."""
    secret = "{secretRef: {secretName: s, accessKeyKey: a, secretKeyKey: b}}"  # noqa: S105 - names of keys
    ssl = "" if store.secure and draw(st.booleans()) else f"disableSSL: {str(not store.secure).lower()}, "
    text = f"minio: {{default: {{endpoint: '{draw(addresses(store, scheme=True))}', {ssl}credentials: {secret}}}}}"
    return config_map(
        "kfp-launcher", "team-a", {"defaultPipelineRoot": f"minio://{store.bucket}/p", "providers": text}
    )


def ui(draw, store):
    """Host and namespace apart, or the whole host."""
    whole = {"MINIO_HOST": draw(hosts(store)), "MINIO_NAMESPACE": ""}
    apart = {"MINIO_HOST": store.name, "MINIO_NAMESPACE": store.namespace}
    return deployment("ml-pipeline-ui", "ml-pipeline-ui", {
        **draw(st.sampled_from([whole, apart])), "MINIO_PORT": str(store.port), "MINIO_SSL": draw(words(store.secure)),
    })  # fmt: skip


def profile_controller(draw, store):
    """A URL."""
    url = f"http{'s' if store.secure else ''}://{draw(addresses(store))}"
    return deployment("kubeflow-pipelines-profile-controller", "profile-controller", {"S3_ENDPOINT_URL": url})


_PLACES = (api_server, controller, namespaced, launcher, ui, profile_controller)
_WITHOUT_BUCKET = (launcher, ui, profile_controller)


def findings(objects):
    """What KFP012 finds in them."""
    ctx = Context(
        [item(value, "o.yaml") for value in objects], features(pipelines="2.17"), {"pipelines": "2.17"}
    )
    return list(kfp012_stores_disagree.CHECK.run(ctx))


@given(st.data(), _STORES)
@times(1.5)
def test_one_store_agrees_with_itself_however_it_is_spelled(data, store):
    """No spelling of the same store is taken for another one."""
    assert findings([place(data.draw, store) for place in _PLACES]) == []


@given(st.data(), _STORES, _TURNS)
@times(1.5)
def test_one_turned_part_in_one_place_is_found_there(data, store, part):
    """And nowhere else; the API server is the one that the others follow."""
    at = data.draw(st.integers(1, len(_PLACES) - 1))
    turned = other(data, store, part)
    objects = [place(data.draw, turned if index == at else store) for index, place in enumerate(_PLACES)]
    found = findings(objects)
    hidden = part == "bucket" and _PLACES[at] in _WITHOUT_BUCKET
    assert [one.object.name for one in found] == ([] if hidden else [objects[at]["metadata"]["name"]])


def other(data, store, part):
    """The store with one part turned into something else that is another store."""
    if part == "secure":
        return replace(store, secure=not store.secure)
    values = st.integers(1, 65535) if part == "port" else _LABEL
    return replace(store, **{part: data.draw(values.filter(lambda value: value != getattr(store, part)))})


@given(_LABEL, _LABEL)
def test_a_single_word_is_read_in_its_namespace(name, namespace):
    """As the resolver's search list does."""
    assert endpoint.host(name, namespace) == endpoint.host(
        f"{name}.{namespace}.svc.cluster.local", "elsewhere"
    )


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text):
    """Whatever is read can be read again."""
    found = endpoint.read(text, "ns")
    assert found is None or endpoint.read(str(found), "ns") == replace(found, secure=None)
