"""What keeps a hand-written file from being judged: the family `AUD`."""

from backstay.core.rule import error, warning

TEMPLATE = warning(
    "AUD001",
    "unrendered-template",
    "what it will say once it is rendered is not known, so nothing in it is judged",
    "Helm docs, chart_template_guide",
)
NOT_BUILT = warning(
    "AUD002",
    "kustomization-not-built",
    "its files are judged as they stand: what patches, generators and replacements make of them is not known",
    "kubernetes-sigs/kustomize api/internal/target/kusttarget.go",
)
NOT_CONTEXT = error(
    "AUD003", "unknown-context-section", "what it says is not taken into account, and nobody notices"
)
OTHER_RELEASE = warning(
    "AUD004",
    "definitions-of-another-release",
    "fields that only the other release defines are dropped by the API server, or kept and read by nobody, without a word",
    "helm.sh/docs/chart_best_practices/custom_resource_definitions",
)

RULES = (TEMPLATE, NOT_BUILT, NOT_CONTEXT, OTHER_RELEASE)
"""All of them, in the order of their ids."""
