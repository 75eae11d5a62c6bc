"""What is said of a number's bounds is true: it keeps to them, those that decide do, and the others would not."""

from hypothesis import assume, given
from hypothesis import strategies as st

from backstay.model.derivation import Bound, Derivation
from backstay.resolve.pings import ROUND
from support.modelling import model
from support.specs import spec_of

SECONDS = "{}s".format
IDLES = st.integers(20, 7200)
TARGETS = st.none() | st.integers(40, 3600)
ROUND_TRIPS = st.integers(1, 2000)


def solved(idle, target, round_trip, *, proxy=True):
    """The interval and the timeout of the knob that keeps a box open, by a sidecar or by the server itself."""
    call = {
        "from": "pipeline-steps",
        "to": "metadata",
        "via": ["box"],
        "silentFor": "2h",
        "roundTrip": f"{round_trip}ms",
    }
    detect = {} if target is None else {"detectDeadPeerIn": SECONDS(target)}
    network = {
        "boxes": {"box": {"preset": "firewall", "idle": SECONDS(idle)}},
        "services": {"metadata": {"preset": "kfp-metadata-grpc"}},
        "calls": [{**call, **detect}],
    }
    mesh = {"istio": {"version": "1.30"}} if proxy else {}
    derivations = model(spec_of({**mesh, "pipelines": "2.15"}, network=network)).derivations
    knob = "inbound" if proxy else "server"
    return derivations[f"keepalive/metadata/{knob}/interval"], derivations[
        f"keepalive/metadata/{knob}/timeout"
    ]


@given(idle=IDLES, target=TARGETS, round_trip=ROUND_TRIPS, proxy=st.booleans())
def test_numbers_keep_to_every_firm_bound(idle, target, round_trip, proxy):
    """Soft ones may be given up, and only where something firm is in their way."""
    for number in solved(idle, target, round_trip, proxy=proxy):
        firm = [bound for bound in number.bounds if not bound.soft]
        assert all(bound.allows(number.value) for bound in firm)
        fits = [step for step in (*ROUND, number.value) if all(bound.allows(step) for bound in number.bounds)]
        assert all(bound.allows(number.value) for bound in number.bounds) or not fits


@given(idle=IDLES, target=TARGETS, round_trip=ROUND_TRIPS, proxy=st.booleans())
def test_an_interval_is_the_largest_round_number_that_is_left(idle, target, round_trip, proxy):
    """Recomputed from the bounds as they are told."""
    number, _ = solved(idle, target, round_trip, proxy=proxy)
    left = [step for step in ROUND if all(bound.allows(step) for bound in number.bounds)]
    assume(left)
    assert number.value == max(left)
    assert number.choice == "the largest round number that every bound allows"


@given(idle=IDLES, target=TARGETS, round_trip=ROUND_TRIPS, proxy=st.booleans(), closer=st.integers(20, 7200))
def test_a_bound_that_does_not_decide_matters_only_beyond_the_number(idle, target, round_trip, proxy, closer):
    """A box that forgets sooner changes the interval exactly when its limits fall below the number that was told."""
    before, _ = solved(idle, target, round_trip, proxy=proxy)
    after, _ = solved(closer, target, round_trip, proxy=proxy)
    boxes = [bound for bound in after.bounds if bound.id in {"interval-below-box", "interval-half-of-box"}]
    deciding = {bound.id for bound in before.binding}
    assume(boxes and not deciding & {bound.id for bound in boxes})
    assert (after.value == before.value) == all(bound.allows(before.value) for bound in boxes)


@given(idle=IDLES, target=TARGETS, round_trip=ROUND_TRIPS, proxy=st.booleans())
def test_something_always_decides(idle, target, round_trip, proxy):
    """And it is kept to."""
    for number in solved(idle, target, round_trip, proxy=proxy):
        assert number.binding
        assert all(bound.allows(number.value) for bound in number.binding)


def bound(relation, limit, *, soft=False):
    """A bound that goes by its relation and limit."""
    return Bound(f"{relation}{limit}", relation, limit, "words", "", (), soft)


def deciding(value, *bounds):
    """The bounds that decide a number."""
    return [one.id for one in Derivation("id", value, "ms", bounds, "choice").binding]


def test_the_tightest_from_above_decides_even_where_rounding_stays_below_it():
    """60 because of 87, not because of 130."""
    assert deciding(60, bound("<=", 130), bound("<=", 87), bound(">=", 10)) == ["<=87"]


def test_the_floor_decides_where_the_number_stands_on_it():
    """And what had to be given up for it does not."""
    assert deciding(300, bound(">=", 300), bound("<=", 304), bound("<=", 152, soft=True)) == [">=300"]


def test_both_sides_decide_where_they_exclude_each_other():
    """Nothing fits between 50 and 100."""
    assert deciding(50, bound("<=", 50), bound(">=", 100)) == ["<=50", ">=100"]


def test_an_equation_decides():
    """As a ceiling and a floor at once."""
    assert deciding(3, bound("=", 3)) == ["=3"]
