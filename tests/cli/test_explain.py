"""`backstay explain`: both directions, in words and as JSON, and what it says of things that are not there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "explain"
INBOUND = "overlays/north/component/mesh/envoyfilter-keepalive-inbound-metadata-kubeflow.yaml"
INTERVAL = (
    "spec.configPatches[0].patch.value.typed_config.http2_protocol_options.connection_keepalive.interval"
)
CALLERS = "overlays/south/component/mesh/envoyfilter-keepalive-trainers-to-metadata-team-a.yaml"
UI = "Deployment/ml-pipeline-ui"


@pytest.fixture
def explain(repository):
    """Run `backstay explain` over two small clusters that share a profile; the exit code has to be 0."""
    shutil.copytree(HERE / "specs", repository.root / "specs")

    def told(*arguments, code=0):
        ran = repository.backstay("explain", *arguments)
        assert ran.code == code, ran.err or ran.out
        return ran.out if code == 0 else ran.err

    return told


def test_why_a_number_is_what_it_is(explain):
    """The headline: every bound, what decides, and whom a profile overrides."""
    assert explain(INBOUND, INTERVAL) == (HERE / "why.txt").read_text()


def test_what_a_spec_field_decides(explain):
    """The other headline: its limit and what is tighter, its fields, and what would be without it."""
    assert explain("network.calls[0].silentFor", "--cluster", "north") == (HERE / "what.txt").read_text()


@pytest.mark.parametrize(
    "target",
    [
        "/somewhere/out/north/component/mesh/envoyfilter-keepalive-inbound-metadata-kubeflow.yaml",
        "component/mesh/envoyfilter-keepalive-inbound-metadata-kubeflow.yaml",
        "envoyfilter-keepalive-inbound-metadata-kubeflow.yaml",
        "EnvoyFilter/keepalive-inbound-metadata",
        "envoyfilter/kubeflow/keepalive-inbound-metadata",
    ],
)
@pytest.mark.parametrize("field", [INTERVAL, "interval", "connection_keepalive.interval"])
def test_files_objects_and_fields_go_by_any_name_that_is_unique(explain, target, field):
    """A path under any folder, a file's name, an object; a whole way or its end."""
    assert explain(target, field) == explain(INBOUND, INTERVAL)


@pytest.mark.parametrize(
    "field", ["MINIO_HOST.value", "env[MINIO_HOST].value", "env[0].value", "containers[0].env.0.value"]
)
def test_items_of_lists_go_by_name_or_index(explain, field):
    """Who looks for an environment variable knows its name."""
    assert "storage.artifacts.url: http://minio.store.svc.cluster.local:9000" in explain(UI, field)


def test_a_container_stands_for_what_is_in_it(explain):
    """An environment variable: its name is the emitter's own word, its value is not."""
    told = explain(UI, "MINIO_HOST")
    assert "MINIO_HOST.value: minio.store.svc.cluster.local" in told
    assert "MINIO_PORT" not in told
    assert "in the shape that kubeflow/pipelines frontend/server/configs.ts prescribes" in told


def test_without_a_field_all_fields_of_a_file_are_told_by_their_origin(explain):
    """Presets with what chose them, solved numbers with what decides them, fixed words last."""
    told = explain(INBOUND)
    assert (
        "preset kfp-metadata-grpc: the port of its Service\n  network.services.metadata.preset: kfp-metadata-grpc"
        in told
    )
    assert "what decides:\n    at most 1m26.956s" in told
    assert told.index("interval: 60s") < told.index("backstay's own word") < told.index("applyTo, context")


def test_yaml_inside_a_text_is_explained_leaf_by_leaf(explain):
    """The field goes on into the text, and only what is behind that leaf is told."""
    told = explain(
        "ConfigMap/workflow-controller-configmap", "data.artifactRepository.s3.bucket", "--cluster", "north"
    )
    assert "storage.artifacts.bucket: artifacts" in told
    assert "storage.artifacts.url" not in told


def test_a_version_fact_names_the_line_that_states_the_version(explain):
    """And the profile's line that this one overrides."""
    told = explain(UI, "ARGO_KEYFORMAT.value")
    assert "Kubeflow Pipelines 2.15: where the release's controller keeps logs" in told
    lines = [" ".join(line.split()) for line in told.splitlines()]
    stated = lines.index("platform.pipelines: 2.15 specs/clusters/north.yaml:7:14")
    assert lines[stated + 1] == "in place of 2.16 specs/profiles/halls.yaml:5:14 (profile)"


def test_what_the_fleet_folder_holds_is_explained_too(explain):
    """Its files belong to one cluster each."""
    assert "gitops.repository: https://git.example/p.git" in explain(
        "overlays/fleet/application-north.yaml", "repoURL"
    )


def test_a_pinned_number_is_told_with_what_solving_would_give(explain):
    """The pin states the value, the derivation is what it is held against."""
    told = explain(CALLERS, "interval")
    assert told.startswith("interval: 40s\n")
    assert "It is pinned by\n  network.overrides.metadata.keepaliveInterval: 40s" in told
    assert "Solved, how often the callers' sidecars ping metadata would be 2m" in told
    limits = explain("network.boxes.firewall.idle", "--cluster", "south")
    assert "2m (pinned by network.overrides.metadata.keepaliveInterval all the same)" in limits


def test_a_number_made_of_a_number_is_told_with_it(explain):
    """The server tolerates half of what its callers' sidecars do, and that is solved in turn."""
    told = explain("Deployment/metadata-grpc-deployment", "args[7]")
    assert "20s is solved. It is the shortest time between two pings that metadata puts up with" in told
    assert "Solved, how often the callers' sidecars ping metadata would be 2m" in told


def test_a_spec_field_of_several_clusters_is_told_for_each(explain):
    """Shortly; one cluster's whole story is an option away."""
    told = explain("network.boxes.firewall.idle")
    north, south = told.split("cluster south\n")
    assert "240s" in north
    assert "in place of 300s" in north
    assert "without it nothing would change" in north
    assert "and decides it; without it 2 files would go" in " ".join(south.split())
    assert told.endswith("name one cluster with --cluster to see its whole story\n")


def test_a_spec_file_is_told_line_by_line(explain):
    """The profile's lines that count, for each cluster that builds on it, and no others."""
    told = explain("specs/profiles/halls.yaml")
    north, south = told.split("cluster south\n")
    assert "platform.pipelines" not in north
    assert "platform.pipelines: 2.16" in south
    assert "platform.kubernetes" not in told


def test_a_spec_file_narrows_a_field_down_to_its_cluster(explain):
    """The same field of the other cluster is left out."""
    whole = explain("specs/clusters/north.yaml", "network.calls[0].silentFor")
    assert whole == explain("network.calls[0].silentFor", "--cluster", "north")


def test_a_default_that_nobody_wrote_can_be_asked_about(explain):
    """It limits numbers like a written one."""
    told = explain("network.calls[0].roundTrip", "--cluster", "north")
    assert told.startswith("network.calls[0].roundTrip: 50ms\nThe 99th percentile of a round trip.\n")
    assert "nobody wrote it for cluster north: the spec's own default, 50ms, counts" in told
    assert "three round trips of 50ms" in told
    assert "would only matter above 20s" in told


def test_what_exists_only_because_of_a_field_is_found_by_doing_without(explain):
    """No output is made of `via`, and yet an object depends on it."""
    told = explain("network.calls[0].via", "--cluster", "south")
    assert f"Without it:\n  {CALLERS} would not be there\n" in told


def test_an_overridden_line_counts_when_the_upper_one_goes(explain):
    """Doing without a cluster's line is not doing without the value."""
    told = explain("platform.pipelines", "--cluster", "north")
    assert "Without it, 2.16 of specs/profiles/halls.yaml:5:14 (profile) would count:" in told
    assert "versions.pipelines: 2.16 instead of 2.15" in told


def test_what_cannot_be_left_out_is_left_out_with_what_is_around_it(explain):
    """A call without its service is no call."""
    told = explain("network.calls[0].to", "--cluster", "north")
    assert "It cannot be left out by itself: `to` is missing.\nWithout all of network.calls[0]:" in told
    assert f"  {INBOUND} would not be there" in told


def test_a_choice_that_says_what_the_default_says_is_told_by_the_other_choices(explain):
    """Leaving `stream` out changes nothing where it is unwritten; another value shows what it is about."""
    told = explain("platform.istio.dataPlane", "--cluster", "north")
    assert "With none in its place:" in told
    assert f"  {INBOUND} would not be there" in told
    assert "With sidecar" not in told


def test_a_field_that_decides_nothing_says_so_and_why(explain):
    """Nothing is made of a lost node here: there are no workloads that it could take along."""
    told = explain("termination.nodeLoss.podStart")
    assert (
        "Without it, nothing in the output would change: no part of `termination` is in this cluster's output."
        in told
    )


def test_an_overridden_line_may_say_what_changes_nothing_either(explain):
    """Another profile's box forgets later, and something else decides."""
    told = explain("network.boxes.firewall.idle", "--cluster", "north")
    assert (
        "300s of specs/profiles/halls.yaml:9:40 (profile) would count, and nothing in the output would change."
        in told
    )


def test_a_default_with_few_other_values_is_told_by_these(explain):
    """Nobody wrote `sidecars`; what it is about shows with the other values."""
    told = explain("network.calls[0].stream", "--cluster", "north")
    assert told.startswith("network.calls[0].stream: none\n")
    assert "With both in its place" in told
    assert "With none in its place" not in told
    shortly = " ".join(explain("platform.pipelines.multiUser").split())
    assert "platform.pipelines.multiUser: false (the spec's own default)" in shortly
    assert "another value would change the output" in shortly


def test_a_choice_that_cannot_be_left_out_is_told_by_the_other_ones(explain):
    """The other engine wants other objects."""
    told = explain("gitops.engine", "--cluster", "south")
    assert "It cannot be left out: `engine` is missing.\nWith argocd in its place:\n" in told
    assert "  overlays/fleet/application-south.yaml would be there\n" in told


def test_another_value_may_be_refused(explain):
    """Credentials come from a Secret or from the environment."""
    told = " ".join(explain("storage.artifacts.credentials.fromEnvironment", "--cluster", "north").split())
    assert "With true in its place, the spec would be refused: credentials name neither" in told


def test_a_field_that_nobody_wrote_and_that_has_no_default_says_so(explain):
    """Nor does it decide anything."""
    told = explain("network.clients.trainers.preset", "--cluster", "south")
    assert "nobody wrote it for cluster south: it has no default" in told
    assert "Nothing in the output is known to come from it" in told


def test_findings_that_a_line_brings_or_spares_are_told(explain, repository):
    """A pin is held against the rules."""
    path = repository.root / "specs/clusters/south.yaml"
    path.write_text(path.read_text().replace("keepaliveInterval: 40s", "keepaliveInterval: 400s"))
    told = explain("network.overrides.metadata.keepaliveInterval")
    assert "  MSH001 ping-too-slow-for-box would not be found: " in told
    answer = json.loads(explain("network.overrides.metadata.keepaliveInterval", "--format", "json"))[
        "answers"
    ][0]
    assert "MSH001" in {one["rule"] for one in answer["without"]["silenced"]}
    assert ["400s", "120s"] in [[one["now"], one["then"]] for one in answer["without"]["changed"]]


def test_an_emitter_s_own_word_names_the_upstream_file(explain):
    """A field that no spec line is behind."""
    told = explain(INBOUND, "applyTo")
    assert (
        "It is\n  backstay's own word, in the shape that istio.io/api networking/v1alpha3/envoy_filter.proto"
        in told
    )


def test_bounds_that_exclude_each_other_are_told_as_broken(explain, repository):
    """A server that answers to no one's arguments, and a box that forgets too soon for it."""
    path = repository.root / "specs/clusters/south.yaml"
    other = (
        "features: {host: f.team-a.svc.cluster.local, port: 1, protocol: grpc, runtime: go, sidecar: false}"
    )
    path.write_text(
        path.read_text()
        .replace("    metadata: {preset: kfp-metadata-grpc, sidecar: false}", f"    {other}")
        .replace("to: metadata", "to: features")
        .replace("    metadata: {keepaliveInterval: 40s}", "    {}")
    )
    told = explain("network.services.features.minPingInterval", "--cluster", "south")
    assert "nobody wrote it" in told
    told = explain("network.boxes.firewall.idle", "--cluster", "south")
    assert "this decides the number" in told
    text = " ".join(explain("EnvoyFilter/keepalive-trainers-to-features", "interval").split())
    assert "at least 5m, which the number breaks" in text
    assert "nothing fits: the bounds exclude each other" in text


def test_profiles_are_asked_about_line_by_line(explain):
    """What `extends` decides is what the profiles say."""
    assert "ask for those lines" in explain("extends[0]", "--cluster", "north")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("network.calls[0].silentfor",), "did you mean:\n  network.calls[0].silentFor"),
        (("netwrk.boxes.firewall.idle",), "did you mean:\n  network.boxes.firewall.idle"),
        (("network.calls[9].silentFor",), "no field `network.calls[9].silentFor` in any spec"),
        (("nothing at all",), "no field `nothing at all` in any spec"),
        (("specs/clusters/north.yaml", "network.nope"), "no field `network.nope` in any spec"),
        ((INBOUND, "intervall"), "did you mean:\n  interval"),
        ((INBOUND, "zzz"), "leave the field out to see all of them"),
        ((INBOUND, "name"), "`name` is the end of 3 fields"),
        ((INBOUND.replace("inbound", "inbuond"),), f"did you mean:\n  {INBOUND.removeprefix('overlays/')}"),
        (
            ("EnvoyFilter/keepalive-inbound-metadat",),
            "did you mean:\n  EnvoyFilter/keepalive-inbound-metadata",
        ),
        (("kustomization.yaml",), "`kustomization.yaml` names 4 files"),
        (("a/b/c/d",), "name a file below the output folder"),
        (("overlays/north/provenance.json",), "it is itself the map"),
        (("overlays/fleet/kustomization.yaml",), "it lists the files beside it"),
        (("platform", "--cluster", "west"), "no spec has the name `west`"),
    ],
)
def test_what_is_not_there_is_a_bad_call_that_names_what_is_near(explain, arguments, said):
    """Exit code 2 and the nearest names."""
    assert said in explain(*arguments, code=2)


def test_specs_that_have_to_be_mended_first_are_shown_with_their_findings(explain, repository):
    """Nothing can be told of a cluster that there is no model of; the other one is told."""
    path = repository.root / "specs/clusters/north.yaml"
    path.write_text(path.read_text().replace("silentFor: 1h", "silentFor: 60"))
    assert "`60` is not a duration" in explain(INBOUND, "interval", code=1)
    assert explain("network.overrides", "--cluster", "south")


def test_specs_that_cannot_be_read_at_all_are_a_bad_call(repository):
    """As for every command."""
    ran = repository.backstay("explain", "network.calls")
    assert (ran.code, ran.out) == (2, "")


def test_a_spec_with_errors_of_the_rules_is_still_explained(explain, repository):
    """Who is told that a number is wrong wants to know where it comes from."""
    path = repository.root / "specs/clusters/south.yaml"
    path.write_text(path.read_text().replace("keepaliveInterval: 40s", "keepaliveInterval: 400s"))
    assert repository.backstay("check").code == 1
    assert "Solved, how often the callers' sidecars ping metadata would be 2m" in explain(CALLERS, "interval")


def test_json_has_the_whole_story_of_an_output_field(explain):
    """Versioned, with every bound and place."""
    told = json.loads(explain(INBOUND, "interval", "--format", "json"))
    (answer,) = told.pop("answers")
    assert told == {"version": 1, "explains": "output"}
    assert (answer["cluster"], answer["file"], answer["field"], answer["value"]) == (
        "north",
        INBOUND,
        INTERVAL,
        "60s",
    )
    assert answer["object"]["kind"] == "EnvoyFilter"
    (number,) = answer["numbers"]
    assert (number["value"], number["unit"], number["pin"]) == (60_000, "ms", None)
    deciding = [bound for bound in number["bounds"] if bound["decides"]]
    assert [(bound["relation"], bound["limit"], bound["rule"]) for bound in deciding] == [
        ("<=", 86_956, "MSH004")
    ]
    (said,) = deciding[0]["sources"][0]["said"]
    assert said == {
        "value": "2m",
        "place": {"file": "specs/clusters/north.yaml", "line": 13, "column": 94, "path": "network.calls[0].detectDeadPeerIn"},
        "profile": False,
    }  # fmt: skip


def test_json_has_the_whole_story_of_a_spec_field(explain):
    """For every cluster, effects included."""
    told = json.loads(explain("network.boxes.firewall.idle", "--format", "json"))
    assert (told["version"], told["explains"]) == (1, "spec")
    north, south = told["answers"]
    assert [word["value"] for word in north["said"]] == ["240s", "300s"]
    assert [bound["matters"] for bound in north["numbers"][0]["bounds"]] == ["would only matter below 1m"] * 2
    assert north["files"] == [{"file": INBOUND, "fields": [{"field": INTERVAL, "value": "60s"}]}]
    assert north["without"]["instead"]["value"] == "300s"
    assert south["without"]["gone"][0] == CALLERS
    assert south["numbers"][0]["pin"] == "network.overrides.metadata.keepaliveInterval"


def test_secrets_that_a_spec_overrides_are_not_repeated(explain, repository):
    """The findings never see an overridden word; neither may a reader."""
    key = "AKIA" + "ABCDEFGHIJKLMNOP"
    path = repository.root / "specs/profiles/halls.yaml"
    path.write_text(path.read_text() + f"storage:\n  artifacts: {{bucket: {key}}}\n")
    for form in ("text", "json"):
        told = explain("storage.artifacts.bucket", "--cluster", "north", "--format", form)
        assert key not in told
        assert "(hidden: it looks like an AWS access key id)" in told


def test_a_hostile_name_does_not_drive_the_terminal(explain, repository):
    """Keys that people choose may hold anything."""
    path = repository.root / "specs/clusters/north.yaml"
    path.write_text(
        path.read_text().replace("{name: north}", '{name: north, labels: {"\\e]0;x\\a": "\\e[2J"}}')
    )
    told = explain("specs/clusters/north.yaml")
    assert "\x1b" not in told
    assert "\\x1b]0;x\\x07" in told
