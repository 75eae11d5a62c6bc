"""Routes: where a value sits inside a document, as keys and list indexes from the root."""

import re
from collections.abc import Mapping
from functools import lru_cache

_REMEMBERED = 1 << 14  # the same few thousand routes come back in every cluster of a fleet
Route = tuple[str | int, ...]

_PLAIN_KEY = re.compile(r"[A-Za-z_$@][\w$@/-]*\Z")
_STEP = re.compile(
    r"""\.?(?:(?P<key>[A-Za-z_$@][\w$@/-]*)|\[(?P<index>\d+)\]|\["(?P<quoted>(?:[^"\\]|\\.)*)"\])"""
)


@lru_cache(_REMEMBERED)
def show(route: Route) -> str:
    """A route as people write it: `network.calls[0].silentFor`; odd keys as `["a.b"]`."""
    text = ""
    for step in route:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN_KEY.match(step):
            text += f".{step}" if text else step
        else:
            escaped = step.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


@lru_cache(_REMEMBERED)
def read(text: str) -> Route | None:
    """The route that `show` would write as `text`; None when it is not one."""
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            return None
        if step["index"] is not None:
            steps.append(int(step["index"]))
        elif step["quoted"] is not None:
            steps.append(re.sub(r"\\(.)", r"\1", step["quoted"]))
        else:
            steps.append(step["key"])
        at = step.end()
    return tuple(steps)


def look_up(value: object, route: Route) -> object:
    """The value at `route` below `value`; KeyError when there is none."""
    for step in route:
        if isinstance(value, Mapping):
            value = value[step]
            continue
        if not (isinstance(value, list | tuple) and isinstance(step, int) and step < len(value)):
            raise KeyError(show(route))
        value = value[step]
    return value
