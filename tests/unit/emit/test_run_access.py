"""What the account that runs steps is allowed, by Pipelines release."""

import pytest

from support.compiler import compile_spec
from support.specs import spec_of, store_for

BY_API_SERVER = {("runs", "get"), ("runs", "list"), ("runs", "update"), ("artifacts", "get"), ("artifacts", "list"),
                 ("artifacts", "create")}  # fmt: skip
ALWAYS = {
    ("configmaps", "get"),
    ("secrets", "get"),
    ("workflowtaskresults", "create"),
    ("workflowtaskresults", "patch"),
}


def rights(version: str) -> set[tuple[str, str]]:
    """Resource and verb of every right that the emitted Role gives."""
    compiled = compile_spec(spec_of({"pipelines": version}, storage={"artifacts": store_for(version)}))
    assert not compiled.stops, compiled.findings
    (role,) = (one.value for one in compiled.settled if one.value.get("kind") == "Role")
    return {(what, verb) for rule in role["rules"] for what in rule["resources"] for verb in rule["verbs"]}


@pytest.mark.parametrize("version", ["2.5", "2.17"])
def test_with_a_metadata_store_steps_read_the_store_and_report_to_argo(version: str):
    """Nothing of the API server's."""
    assert rights(version) == ALWAYS


def test_without_one_they_ask_the_api_server():
    """From 3.0 on runs and artifacts are kept there."""
    assert rights("3.0") == ALWAYS | BY_API_SERVER
