"""Boxes as a user-space relay can be one: timers on a flow, and what a forgotten flow gets."""

from dataclasses import dataclass

from backstay.model.hop import Box, Refresh


@dataclass(frozen=True, slots=True)
class Timer:
    """A box on a wire: forgets a flow after `idle` seconds without what it counts, then drops or resets.

    `counts_probes`: segments without bytes refresh it, too. PINGs are bytes to a relay, so that a box that does not
    count them cannot be played (`playable`).
    """

    name: str
    idle: float
    resets: bool
    counts_probes: bool


def timer(box: Box, scale: float) -> Timer:
    """The model's box, `scale` times faster."""
    idle = box.idle.value / 1000 / scale
    return Timer(box.name, idle, box.on_expiry == "reset", Refresh.TCP_PROBE in box.refreshed_by)


def unplayable(box: Box) -> str | None:
    """Why no relay can stand in for a box; None when one can."""
    if box.layer == 7:  # noqa: PLR2004 - the layer of HTTP
        return f"box {box.name} ends connections itself (layer 7); only boxes that pass packets on are played"
    if Refresh.HTTP2_PING not in box.refreshed_by:
        return f"box {box.name} does not count PINGs, which are data to the relay that stands in for it"
    return None
