"""One call of istiod's patching code: a context, and the patches that apply in it.

A panic in the middle ends the call: what was edited stays, everything after is left out. `attempt` writes that down
where it happens and lets it pass; whoever made the group catches it.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import TypeVar

from backstay.prove.istiod.envoy_filter import ApplyTo, Patch
from backstay.prove.istiod.journal import Journal
from backstay.prove.istiod.shape import Struct
from backstay.prove.istiod.words import Context, NoteKind, Panicked

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Group:
    """The patches of one proxy, seen from one context; `release` is Istio's, as `(1, 31)`.

    `gateway_ports` leads from a gateway's pod port to the ports of the services in front of it.
    """

    context: Context
    patches: tuple[Patch, ...]
    release: tuple[int, int]
    journal: Journal
    gateway_ports: Mapping[int, frozenset[int]]

    def of(self, apply_to: ApplyTo) -> list[Patch]:
        """The patches for one kind of object that fit the context, in order."""
        return [patch for patch in self.patches if patch.apply_to is apply_to and patch.fits(self.context)]

    def met(self, patch: Patch) -> None:
        """Remember that the patch had something to work on."""
        self.journal.met(patch.of, patch.where)

    def say(self, patch: Patch, kind: NoteKind, message: str) -> None:
        """Write down what became of the patch."""
        self.journal.say(kind, patch.of, patch.where, message)

    def attempt(self, patch: Patch, work: Callable[[], T]) -> T:
        """Do the patch's work; a panic is written down and goes on."""
        self.met(patch)
        try:
            return work()
        except Panicked as why:
            left_out = f"this and all later patches in the same {self.context} call are left out"
            self.say(patch, NoteKind.PANIC, f"{why}: {left_out}")
            raise


def copy_of(patch: Patch) -> Struct:
    """The patch's value, to be put into a configuration: later patches may edit it there."""
    return deepcopy(patch.value)
