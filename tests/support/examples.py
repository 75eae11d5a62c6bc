"""How many examples a property is tried with: a few in the inner loop, many with `--hypothesis-profile=thorough`."""

from hypothesis import settings

PROFILES = {"backstay": 25, "thorough": 100}
"""Examples of a property that asks for no more and no fewer, by profile; the first is what `pytest` alone takes."""


def times(factor: float) -> settings:
    """The examples of a property that needs more than others, or fewer, whatever the profile."""
    return settings(max_examples=int(settings.default.max_examples * factor))
