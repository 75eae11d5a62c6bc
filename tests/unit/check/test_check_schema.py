"""What `check.schema` says of single objects: nothing of good ones, and what is wrong with the others."""

from datetime import date

import pytest
from jsonschema_rs import Draft202012Validator

from backstay.check.schema import RULES, SchemaSet, judge
from backstay.check.schemas.words import flaws
from backstay.core.diagnostic import Diagnostic, ObjectRef, Severity
from support.objects import CONFIG_MAP, DEPLOYMENT, DESTINATION_RULE, GOOD, SECRET, item, obj, put, without

CLUSTER = SchemaSet(kubernetes="1.36", istio="1.31", kueue="0.19")
CONTAINER = ("spec", "template", "spec", "containers", 0)


def found(value, **how) -> list[Diagnostic]:
    """What is said of one object."""
    return list(judge(CLUSTER, [item(value, **how)]))


def said(value, **how) -> list[tuple[str, str | None, str]]:
    """Rule, field and message of each finding."""
    return [(finding.rule, finding.field, finding.message) for finding in found(value, **how)]


@pytest.mark.parametrize("value", GOOD, ids=lambda value: f"{value['kind']}.{value['apiVersion']}")
def test_a_good_object_of_each_kind_passes(value):
    """A kind's schema takes what its project documents."""
    assert found(value) == []


@pytest.mark.parametrize("value", GOOD, ids=lambda value: f"{value['kind']}.{value['apiVersion']}")
def test_every_kind_refuses_a_field_it_does_not_know(value):
    """No kind is open at its top, so none is passed without being judged."""
    assert said({**value, "specs": {}}) == [("SCH001", "specs", "unknown field `specs`")]


@pytest.mark.parametrize("value", GOOD, ids=lambda value: f"{value['kind']}.{value['apiVersion']}")
def test_every_kind_knows_its_metadata(value):
    """Custom resources carry Kubernetes' own metadata; kustomize has a smaller one of its own."""
    assert [rule for rule, _, _ in said(put(value, "metadata", "lables", {}))] == ["SCH001"]


def test_a_finding_says_where_and_what_to_do():
    """A misspelt field comes with the object, the field in words, its place and the name that was meant."""
    (finding,) = found(put(DEPLOYMENT, *CONTAINER, "imagePulPolicy", "Always"))
    assert (finding.rule, finding.name, finding.severity) == ("SCH001", "unknown-field", Severity.ERROR)
    assert finding.field == "spec.template.spec.containers[0].imagePulPolicy"
    assert finding.message == "unknown field `spec.template.spec.containers[0].imagePulPolicy`"
    assert finding.help == "did you mean `imagePullPolicy`?"
    assert finding.object == ObjectRef("apps/v1", "Deployment", "", "one")
    assert finding.place.path == finding.field


def test_an_unknown_field_that_is_like_no_other_lists_the_known_ones():
    """Where nothing is near, a short list of what is known helps; a long one is cut."""
    (few,) = found(put(DEPLOYMENT, "spec", "strategy", "canary", {}))
    assert few.help == "known here: `rollingUpdate` and `type`"
    (many,) = found(put(DEPLOYMENT, "spec", "template", "spec", "canary", {}))
    assert many.help.count("`") == 16
    assert many.help.endswith(" more")


@pytest.mark.parametrize(
    ("route", "value", "message"),
    [
        (("spec", "replicas"), "3", "`spec.replicas` must be an integer, found text"),
        (("spec", "replicas"), 1.5, "`spec.replicas` must be an integer, found a number"),
        (("spec", "replicas"), 2**31, "`spec.replicas` must be at most 2147483647, found `2147483648`"),
        (("spec", "paused"), "yes", "`spec.paused` must be true or false, found text"),
        (("spec", "selector"), [], "`spec.selector` must be a mapping, found a list"),
        (("metadata", "annotations"), {"a": True}, "`metadata.annotations.a` must be text, found true or false"),
        (
            ("metadata", "creationTimestamp"),
            "yesterday",
            "`metadata.creationTimestamp` must be a time such as 2026-01-31T12:00:00Z, found `yesterday`",
        ),
        (
            (*CONTAINER, "resources"),
            {"limits": {"memory": "8GB"}},
            (
                "`spec.template.spec.containers[0].resources.limits.memory` must be a quantity "
                "such as `500m` or `8Gi`, found `8GB`"
            ),
        ),
        (
            (*CONTAINER, "ports"),
            [{"containerPort": "http"}],
            "`spec.template.spec.containers[0].ports[0].containerPort` must be an integer, found text",
        ),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_what_was_expected(route, value, message):
    """Types, ranges, times and quantities, as the API server decodes them."""
    assert [text for rule, _, text in said(put(DEPLOYMENT, *route, value)) if rule == "SCH002"] == [message]


@pytest.mark.parametrize("quantity", ["500m", "8Gi", ".5", "1e3", "-1", "+2.Ki", 1, 0.5])
def test_quantities_are_taken_in_every_form(quantity):
    """The grammar of k8s.io/apimachinery api/resource/quantity.go."""
    assert found(put(DEPLOYMENT, *CONTAINER, "resources", {"limits": {"cpu": quantity}})) == []


@pytest.mark.parametrize("quantity", ["8GB", "1 Gi", "Gi", "", "0x10", "1,5Gi"])
def test_what_is_no_quantity_is_refused(quantity):
    """As above: a byte count has no B, no blank and a dot."""
    assert [
        rule for rule, _, _ in said(put(DEPLOYMENT, *CONTAINER, "resources", {"limits": {"cpu": quantity}}))
    ] == ["SCH002"]


def test_an_unquoted_scalar_gets_the_obvious_help():
    """YAML's bare `true` and `1` where text is due need quotes, nothing else."""
    (finding,) = found(put(CONFIG_MAP, "data", "a", 1))
    assert finding.help == "put the value in quotes"


def test_a_missing_field_is_named():
    """The field itself is the place, so that an editor can go there."""
    assert said(without(DEPLOYMENT, "spec", "selector")) == [
        ("SCH003", "spec.selector", "`spec.selector` is missing")
    ]


def test_nothing_behind_a_key_is_judged_as_server_side_apply_does():
    """Kubernetes' own kinds take a null for an optional field; custom resources do not, unless they say so."""
    assert found(put(DEPLOYMENT, "spec", "replicas", None)) == []
    (finding,) = found(put(DESTINATION_RULE, "spec", "trafficPolicy", None))
    assert finding.message == "`spec.trafficPolicy` must be a mapping, found nothing"
    assert finding.help == "give it a value or leave it out"


def test_nothing_in_a_list_is_wrong():
    """A list keeps its nulls, so they are judged."""
    hosts = obj("networking.istio.io/v1", "ServiceEntry", spec={"hosts": [None]})
    assert said(hosts) == [("SCH002", "spec.hosts[0]", "`spec.hosts[0]` must be text, found nothing")]


def test_fields_that_exclude_each_other_are_named():
    """Protobuf's oneof, as Istio's schemas write it."""
    policy = {"loadBalancer": {"simple": "RANDOM", "consistentHash": {"useSourceIp": True}}}
    (finding,) = found(put(DESTINATION_RULE, "spec", "trafficPolicy", policy))
    assert (finding.rule, finding.field) == ("SCH002", "spec.trafficPolicy.loadBalancer")
    assert finding.message == (
        "`spec.trafficPolicy.loadBalancer` may have only one of `simple` and `consistentHash`"
    )
    assert finding.help == "keep one of them"


def test_a_value_that_fits_no_alternative_is_told():
    """An address of a Gateway that says it is an IP address and is none."""
    listener = {"name": "mesh", "port": 15008, "protocol": "HBONE"}
    spec = {"gatewayClassName": "one", "listeners": [listener]}
    gateway = obj("gateway.networking.k8s.io/v1", "Gateway", spec=spec)
    assert found(put(gateway, "spec", "addresses", [{"type": "IPAddress", "value": "10.0.0.1"}])) == []
    assert said(put(gateway, "spec", "addresses", [{"type": "IPAddress", "value": "ten"}])) == [
        ("SCH002", "spec.addresses[0]", "`spec.addresses[0]` fits none of the forms that its schema allows")
    ]


@pytest.mark.parametrize(
    ("spec", "end"),
    [
        ({"host": "a", "exportTo": [""] * 4097}, ""),
        (
            {"host": "a", "trafficPolicy": {"portLevelSettings": [{}] * 4097}},
            "have at most 4096 entries, found 4097",
        ),
        ({"host": "a", "trafficPolicy": {"retryBudget": {"percent": 101}}}, "be at most 100, found `101`"),
        ({"host": "a", "trafficPolicy": {"retryBudget": {"percent": -1}}}, "be at least 0, found `-1`"),
    ],
)
def test_sizes_and_ranges_are_told(spec, end):
    """How much there may be, and how much there is."""
    messages = [
        message for _, _, message in said(obj("networking.istio.io/v1", "DestinationRule", spec=spec))
    ]
    assert [message.endswith(end) for message in messages] == ([True] if end else [])


def test_lengths_and_patterns_are_told():
    """Text that is too short, too long or of another form."""
    store = {"secretStoreRef": {"name": "A_B"}}
    (pattern,) = said(obj("external-secrets.io/v1", "ExternalSecret", spec={**store, "data": []}))
    assert "must match `" in pattern[2]
    flavor = obj("kueue.x-k8s.io/v1beta1", "LocalQueue", spec={"clusterQueue": "x" * 254})
    (length,) = said(flavor)
    assert length[2] == "`spec.clusterQueue` must have at most 253 characters, found 254"


def test_a_key_of_digits_is_not_an_index():
    """Ports are popular keys; the field is written as a key."""
    assert said(put(CONFIG_MAP, "data", {"8080": 1, "0080": "a"}))[0][:2] == ("SCH002", 'data["8080"]')
    assert said(put(CONFIG_MAP, "data", {"0080": 1}))[0][:2] == ("SCH002", 'data["0080"]')


def test_an_enum_lists_its_words():
    """What may stand there is short enough to be said."""
    policy = {"connectionPool": {"http": {"h2UpgradePolicy": "UPGRADED"}}}
    ((rule, field, message),) = said(put(DESTINATION_RULE, "spec", "trafficPolicy", policy))
    assert (rule, field) == ("SCH002", "spec.trafficPolicy.connectionPool.http.h2UpgradePolicy")
    assert message.endswith("must be `DEFAULT`, `DO_NOT_UPGRADE` or `UPGRADE`, found `UPGRADED`")


def test_a_mistyped_value_is_told_once():
    """What else the schema would say of a value of the wrong type is not said."""
    assert [
        rule for rule, _, _ in said(put(DESTINATION_RULE, "spec", "trafficPolicy", "loadBalancer", []))
    ] == ["SCH002"]


def test_all_flaws_are_told_in_one_run():
    """One finding a flaw, not only the first."""
    broken = put(put(DEPLOYMENT, "spec", "replicas", "3"), "spec", "paussed", "x")
    assert sorted(rule for rule, _, _ in said(broken)) == ["SCH001", "SCH002"]


def test_secrets_are_never_shown():
    """A Secret's values, values under telling names and addresses with a password in them stay unsaid."""
    (plain,) = found(put(SECRET, "data", "key", "hunter2!"))
    assert plain.message == "`data.key` must be base64 text, found a value that is not shown"
    repository = obj(
        "source.toolkit.fluxcd.io/v1", "GitRepository", spec={"interval": "1m", "url": "git://me:hunter2@x"}
    )
    store = obj("external-secrets.io/v1", "ExternalSecret", spec={"secretStoreRef": {"name": "hunter2!"}})
    for value in (repository, store):
        findings = found(value)
        assert [finding.rule for finding in findings] == ["SCH002"]
        assert "hunter2" not in str(findings)


def test_base64_is_read_as_go_reads_it():
    """Line breaks are passed over (encoding/base64); letters outside of the alphabet and wrong lengths are not."""
    assert found(put(SECRET, "data", "key", "aGVs\nbG8=\r\n")) == []
    assert [rule for rule, _, _ in said(put(SECRET, "data", "key", "aGVsbG8"))] == ["SCH002"]


def test_long_values_are_cut():
    """A message stays a line."""
    (finding,) = found(put(DEPLOYMENT, *CONTAINER, "resources", {"limits": {"cpu": "x" * 500}}))
    assert len(finding.message) < 250
    assert "…" in finding.message


def test_what_json_cannot_carry_is_told():
    """Hand-written YAML has keys that are numbers and values that are dates."""
    assert said(put(CONFIG_MAP, "data", 8080, "a")) == [
        ("SCH002", "data", "`data` has the key `8080`, which is not text")
    ]
    dated = put(CONFIG_MAP, "binaryData", "a", [date(2026, 1, 31)])
    assert said(dated) == [
        ("SCH002", "binaryData.a[0]", "`binaryData.a[0]` is a date, for which JSON has no form")
    ]


@pytest.mark.parametrize("field", ["apiVersion", "kind"])
def test_an_object_without_its_type_is_told_so(field):
    """Nothing can be looked up without both words."""
    assert said(without(CONFIG_MAP, field)) == [("SCH003", field, f"`{field}` is missing")]


def test_a_kustomization_may_leave_its_type_out():
    """The tool fills both words in, by the file's name (api/types/kustomization.go)."""
    assert found({"resources": ["a.yaml"]}, file="overlays/one/kustomization.yaml") == []
    assert said({"resorces": ["a.yaml"]}, file="kustomization.yml") == [
        ("SCH001", "resorces", "unknown field `resorces`")
    ]
    assert [rule for rule, _, _ in said({"resources": []}, file="a.yaml")] == ["SCH003"]


def test_every_rule_says_why_and_names_its_source():
    """The family's table is complete, and its ids are its own."""
    assert [rule.id for rule in RULES] == [f"SCH00{number}" for number in range(1, 7)]
    assert all(rule.why and rule.source and rule.name for rule in RULES)


def test_a_keyword_without_words_of_its_own_is_named():
    """Whatever a later schema asks for, its finding says which keyword was not satisfied."""
    schema = {"properties": {"a": {"uniqueItems": True}}}
    value = {"a": [1, 1]}
    (flaw,) = flaws(schema, value, Draft202012Validator(schema).iter_errors(value))
    assert flaw.message == "`a` must satisfy `uniqueItems` of its schema, found `[1, 1]`"
