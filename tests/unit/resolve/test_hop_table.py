"""Who keeps a silent stream open: a box that forgets after 2 s, a stream that is silent for 6 s, twelve ways to ping.

The same rows are run for real in tests/e2e/test_prove_mesh.py; here the rules judge them.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.core.diagnostic import Severity
from backstay.core.fact import Fact
from backstay.model.network import Keepalive
from support.hop_table import ROWS, spec, turned
from support.modelling import findings, model

ON_SCALE = {"MSH011"}  # a second is below every floor, and the table's times are seconds
VERDICTS = {frozenset(): "survives", frozenset({"MSH002"}): "reset", frozenset({"MSH010"}): "goaway"}


def errors(cluster):
    """The rules that find an error in a model, but for those that mind the table's scale."""
    found = [f for f in findings(cluster) if f.severity is Severity.ERROR]
    return frozenset(f.rule for f in found) - ON_SCALE


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_rules_say_what_happened(row):
    """No error where the stream survived, MSH002 where it was reset, MSH010 where the server sent GOAWAY."""
    cluster = turned(model(spec(row.sidecars)), row)
    assert VERDICTS[errors(cluster)] == row.outcome


@pytest.mark.parametrize(("sidecars", "hops", "crossing"), [("both", 3, 1), ("server", 2, 0), ("none", 1, 0)])
def test_every_stretch_between_two_ends_is_a_hop(sidecars, hops, crossing):
    """Only the one between the pods sees the box."""
    [call] = model(spec(sidecars)).network.calls
    assert len(call.hops) == hops
    assert [hop.index for hop in call.hops if hop.boxes] == [crossing]
    assert call.crossings == (call.hops[crossing],)


def test_useless_server_arguments_are_called_that():
    """The reset is explained by what the arguments do reach."""
    row = ROWS[10]
    [found] = [
        f
        for f in findings(turned(model(spec("server")), row))
        if f.severity is Severity.ERROR and f.rule == "MSH002"
    ]
    assert "arguments of metadata ping only its own sidecar" in found.message


@given(interval=st.integers(1, 20_000), idle=st.integers(1, 20), silence=st.integers(1, 60))
def test_the_rules_agree_with_a_box_that_is_simulated(interval, idle, silence):
    """An error exactly when a box with a timer would forget the connection, whatever the times."""
    row = replace(ROWS[9], inbound=Keepalive(Fact(interval, ()), Fact(500, ())))
    cluster = turned(model(spec("server", f"{idle}s", f"{silence}s")), row)
    forgotten = simulate(interval * 115 // 100, 1, idle * 1000, silence * 1000)
    assert bool(errors(cluster)) == forgotten


def simulate(gap_ms, round_trip_ms, idle_ms, silence_ms):
    """Whether a box forgets: it restarts its timer at each ping, the first of which comes a round trip late."""
    last, ping = 0, gap_ms + round_trip_ms
    while ping - last < idle_ms and ping < silence_ms:
        last, ping = ping, ping + gap_ms
    return min(ping, silence_ms) - last >= idle_ms
