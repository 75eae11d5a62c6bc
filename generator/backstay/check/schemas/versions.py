"""Which version of which schema judges an object: what a cluster runs, and the nearest that is at hand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from backstay.upstream.versions import order


@dataclass(frozen=True, slots=True)
class SchemaSet:
    """The versions a cluster runs, `major.minor` or longer; None where nobody said.

    Each field is a product whose kinds are known; `kubernetes` stands for the API server's own kinds.
    """

    kubernetes: str | None = None
    istio: str | None = None
    workflows: str | None = None
    trainer: str | None = None
    training_operator: str | None = None
    jobset: str | None = None
    kueue: str | None = None
    argo_cd: str | None = None
    flux: str | None = None
    gateway_api: str | None = None
    prometheus_operator: str | None = None
    external_secrets: str | None = None
    sealed_secrets: str | None = None
    node_healthcheck_operator: str | None = None
    knative_serving: str | None = None
    kustomize: str | None = None

    @classmethod
    def of(cls, versions: Mapping[str, str]) -> "SchemaSet":
        """From product names to versions; products without kinds of their own are passed over."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: version for name, version in versions.items() if name in names})

    def asked(self, product: str) -> str | None:
        """What the cluster runs of a product."""
        version: str | None = getattr(self, product)
        return version and version.removeprefix("v")


@dataclass(frozen=True, slots=True)
class Lookup:
    """The version of a product's schemas that judges a cluster.

    `asked` is what the cluster runs; `used` is the newest that is not newer, or simply the newest where
    nobody said what runs; None when every one at hand is newer.
    """

    product: str
    asked: str | None
    used: str | None

    @property
    def exact(self) -> bool:
        """Whether the schema is the cluster's own, or nobody said which that would be."""
        return self.asked is None or (self.used is not None and order(self.asked) == order(self.used))

    @property
    def name(self) -> str:
        """The product as people write it."""
        return self.product.replace("_", "-")

    @property
    def title(self) -> str:
        """The schema's version in words."""
        return f"{self.name} {self.used}"


def nearest(product: str, asked: str | None, at_hand: Iterable[str]) -> Lookup:
    """The newest version at hand that is not newer than the one asked for."""
    fit = [line for line in at_hand if asked is None or order(line) <= order(asked)]
    return Lookup(product, asked, max(fit, key=order, default=None))
