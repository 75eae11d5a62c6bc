"""What keepalive numbers, tries and timeouts have to keep to, straight from the protocols: no solver, no model.

A promise is a plain dict of milliseconds and counts, as the spec states it. Sources: envoy
core/v3/protocol.proto (15 % jitter, the timeout starts with the ping), grpc proposals A6, A8, A18, envoy docs
router_filter (waits between tries).
"""

from math import ceil

JITTER = (115, 100)
LEAST_TIMEOUT = 10_000


def longest_gap(interval, *, proxy):
    """The longest time between two pings, exactly, as a fraction of hundredths."""
    return interval * (JITTER[0] if proxy else JITTER[1])


def broken_pings(promise, interval, timeout, *, proxy):
    """What an interval and a timeout break, by name."""
    gap, trip = longest_gap(interval, proxy=proxy), promise["trip"]
    found = []
    for idle in promise["boxes"]:
        silent = promise["silence"] is not None and promise["silence"] >= idle
        if silent and gap + 100 * trip >= 100 * idle:
            found.append("box")
    if promise["detect"] is not None and gap + 100 * timeout > 100 * promise["detect"]:
        found.append("detect")
    if promise["policy"] is not None and interval < promise["policy"]:
        found.append("policy")
    if timeout < 3 * trip:
        found.append("round-trips")
    if timeout < LEAST_TIMEOUT:
        found.append("slow-links")
    return found


def pings_possible(promises, *, proxy):
    """Whether one interval and one timeout keep all promises: the least of both that policies and links allow do."""
    interval = max([1, *(one["policy"] for one in promises if one["policy"] is not None)])
    timeout = max([LEAST_TIMEOUT, *(3 * one["trip"] for one in promises)])
    return not any(broken_pings(one, interval, timeout, proxy=proxy) for one in promises)


def waits(attempts, initial):
    """The longest that the waits between tries take together."""
    return sum(min(2**number - 1, 10) * initial for number in range(1, min(attempts, 60)))


def broken_tries(attempts, initial, deadline, trip, per_try, timeout):
    """What the numbers of a route break, by name."""
    found = []
    if timeout < deadline:
        found.append("gives up first")
    if attempts > 1 and attempts * per_try + waits(attempts, initial) > deadline:
        found.append("tries do not fit")
    if attempts > 1 and not trip < per_try < timeout:
        found.append("a try is too short or the only one")
    return found


def tries_possible(attempts, initial, deadline, trip):
    """Whether the shortest tries that can succeed fit into the deadline."""
    return attempts == 1 or attempts * (trip + 1) + waits(attempts, initial) <= deadline


def seconds(ms):
    """A duration as a spec has it."""
    return f"{ms}ms" if ms % 1000 else f"{ceil(ms / 1000)}s"
