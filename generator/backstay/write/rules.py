"""What can stand in the way of writing: the family `OUT`, in one table."""

from backstay.core.rule import Rule, error, warning

HAND_EDITED = error(
    "OUT001",
    "hand-edited-output",
    "the edit would be lost without a word, and until then the cluster runs what no spec says",
)
FOREIGN = error(
    "OUT002",
    "foreign-file-in-the-way",
    "a file that backstay did not write stands where output is due: replacing it would lose somebody's work",
)
LINK = error(
    "OUT003",
    "link-in-place-of-a-cluster-folder",
    "writing through a symbolic link would change files outside the output folder",
)
UNWRITABLE = error("OUT004", "unwritable-output", "the output cannot be written, so it stays as it was")
FULL = error("OUT005", "full-disk", "the output does not fit on the file system, so it stays as it was")
NOT_A_FOLDER = error(
    "OUT006",
    "file-in-place-of-a-folder",
    "a file and a folder cannot have one name, and which of the two is meant only a person knows",
)
FAILED = error(
    "OUT007", "failed-write", "the file system refused an operation, so the output stays as it was"
)
ORPHANED = warning(
    "OUT008",
    "orphaned-output",
    "the folder of a cluster that no spec describes any more is still deployed by whatever follows it",
)
CHANGED_MEANWHILE = error(
    "OUT009",
    "output-changed-meanwhile",
    "somebody changed the output while it was compiled, and swapping it would lose that change",
)

RULES: tuple[Rule, ...] = (
    HAND_EDITED,
    FOREIGN,
    LINK,
    UNWRITABLE,
    FULL,
    NOT_A_FOLDER,
    FAILED,
    ORPHANED,
    CHANGED_MEANWHILE,
)
"""Every rule of the family, by id. Ids are never reused."""
