"""The termination section: how long what is under way may take when a pod has to go."""

from backstay.core.place import at
from backstay.model.parts import Drain
from backstay.resolve.facts import fact, maybe
from backstay.spec import termination as spec

_ROUTE = ("termination", "drain")


def resolve_drain(stated: spec.Drain | None) -> Drain | None:
    """What has to finish, with the lines that say so; None when nothing is stated."""
    if stated is None:
        return None
    return Drain(
        maybe(stated, "longest_request", stated.longest_request, _ROUTE),
        fact(stated, "noticed_in", stated.noticed_in, _ROUTE),
        maybe(stated, "checkpoint", stated.checkpoint, _ROUTE),
        at(*_ROUTE),
    )
