"""The notes of one run, and which patches did anything."""

from backstay.core.diagnostic import ObjectRef
from backstay.prove.istiod.words import Note, NoteKind


class Journal:
    """Collects notes in order, each once, and the keys of the patches that had an effect."""

    def __init__(self) -> None:
        self._notes: dict[Note, None] = {}
        self._spoken_of: set[tuple[ObjectRef, str]] = set()

    def say(self, kind: NoteKind, of: ObjectRef, where: str, message: str) -> None:
        """Write a note down."""
        self._notes.setdefault(Note(kind, of, where, message))
        self.met(of, where)

    def met(self, of: ObjectRef, where: str) -> None:
        """Remember that this part of the object found something to work on."""
        self._spoken_of.add((of, where))

    def knows(self, of: ObjectRef, where: str) -> bool:
        """Whether this part did something or has been spoken of."""
        return (of, where) in self._spoken_of

    @property
    def notes(self) -> tuple[Note, ...]:
        """Everything said so far."""
        return tuple(self._notes)
