"""What can be wrong with a text before anyone asks what it says: the `LOD` family."""

from backstay.core.rule import error

UNREADABLE_FILE = error(
    "LOD001",
    "unreadable-file",
    "what the file says is unknown, and a cluster must not be compiled without it",
)
NOT_UTF8 = error("LOD002", "not-utf8", "other readers would see other characters", "YAML 1.2.2, 5.2")
INVALID_YAML = error("LOD003", "invalid-yaml", "what follows cannot be told", "YAML 1.2.2")
DUPLICATE_KEY = error(
    "LOD004",
    "duplicate-key",
    "readers disagree about which of the two counts, and one of them is lost without a word",
    "YAML 1.2.2, 3.2.1.3",
)
TAB_INDENTATION = error(
    "LOD005",
    "tab-indentation",
    "the line becomes part of the value above it, or of nothing",
    "YAML 1.2.2, 6.1",
)
SEVERAL_DOCUMENTS = error(
    "LOD006", "several-documents", "a spec is one document; what the others say would be lost"
)
ALIAS_BOMB = error(
    "LOD007", "alias-bomb", "a few lines of aliases can expand to more than the machine has memory for"
)
BAD_MERGE_KEY = error(
    "LOD008",
    "bad-merge-key",
    "`<<` can bring in mappings only",
    "YAML merge key type, yaml.org/type/merge.html",
)
EMPTY_FILE = error("LOD009", "empty-file", "there is nothing to compile")
NOT_A_MAPPING = error(
    "LOD010", "not-a-mapping", "a spec and a Kubernetes object are mappings of keys to values"
)
KEY_NOT_TEXT = error(
    "LOD011", "key-not-text", "readers that turn YAML into JSON each spell such a key in their own way"
)
TAG = error("LOD012", "tag", "a tag may construct anything, and other readers ignore it", "YAML 1.2.2, 6.8.2")
PROFILE_CYCLE = error("LOD013", "profile-cycle", "no profile of the circle can be read first")
MISSING_PROFILE = error(
    "LOD014", "missing-profile", "everything that the profile was to bring would be missing"
)
SAME_CLUSTER_NAME = error(
    "LOD015", "same-cluster-name", "both would be written to one overlay, and one of the two clusters lost"
)
NO_CLUSTERS = error("LOD016", "no-clusters", "an empty run that succeeds hides a wrong path")
ODD_CHARACTER = error(
    "LOD017",
    "odd-character",
    "it cannot be seen, and YAML readers refuse it or take it for the end of a line",
    "YAML 1.2.2, 5.1 and 5.4",
)
TOO_LARGE = error(
    "LOD018", "too-large", "no spec is that large; reading it would take the memory of the machine"
)
TOO_DEEP = error(
    "LOD019", "too-deep", "no spec is nested that deeply; other readers overflow their stack on it"
)
BAD_EXTENDS = error("LOD020", "bad-extends", "a profile that cannot be found brings nothing")
YAML_DIRECTIVE = error(
    "LOD021",
    "yaml-directive",
    "the text asks to be read by the rules of another YAML version, under which `on` and `010` are other values",
    "YAML 1.2.2, 6.8.1",
)
NO_FINITE_NUMBER = error(
    "LOD022", "no-finite-number", "JSON, and so Kubernetes, has no form for it", "RFC 8259, section 6"
)
OUTSIDE_THE_FOLDER = error(
    "LOD023", "outside-the-folder", "a link could bring in any file of the machine that runs the compile"
)
NOT_A_PROFILE = error("LOD024", "not-a-profile", "a whole cluster would be mixed into another")

RULES = (
    UNREADABLE_FILE, NOT_UTF8, INVALID_YAML, DUPLICATE_KEY, TAB_INDENTATION, SEVERAL_DOCUMENTS, ALIAS_BOMB,
    BAD_MERGE_KEY, EMPTY_FILE, NOT_A_MAPPING, KEY_NOT_TEXT, TAG, PROFILE_CYCLE, MISSING_PROFILE, SAME_CLUSTER_NAME,
    NO_CLUSTERS, ODD_CHARACTER, TOO_LARGE, TOO_DEEP, BAD_EXTENDS, YAML_DIRECTIVE, NO_FINITE_NUMBER,
    OUTSIDE_THE_FOLDER, NOT_A_PROFILE,
)  # fmt: skip
