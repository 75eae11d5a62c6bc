"""What `network.services` says about the pods behind a service: which workload they are of, and how they end."""

from typing import Annotated, Literal

from pydantic import Field

from backstay.spec.base import Section
from backstay.spec.types import Millis, Name, Positive

Percent = Annotated[int, Field(ge=1, le=100)]


class Ejection(Section):
    """When an endpoint that fails is left out (Istio's outlierDetection).

    It also makes Istio prefer endpoints nearby, and leave them when too many are out. Every failed try counts, also
    those that are retried.
    """

    errors: Positive
    """So many failures in a row: 5xx, or the gRPC codes that stand for them, or connections that fail."""
    lasting: Millis = 30_000
    """For how long at first; each time it happens again takes that much longer."""
    at_most: Percent = 10
    """At most this share of the endpoints is left out at a time, in percent; one always may be."""


class Workload(Section):
    """The object of the base whose pods serve; backstay patches it."""

    kind: Literal["Deployment", "StatefulSet", "DaemonSet"] = "Deployment"
    """Its kind."""
    name: Name
    """Its name; it is in the namespace of the service's host."""
    container: Name | None = None
    """The container that serves; by default the one that is called as the workload is."""


class Knative(Section):
    """The Knative Service behind a service; backstay patches the times of its revisions."""

    name: Name
    """Its name; it is in the namespace of the service's host."""
    max_timeout: Millis = 600_000
    """`max-revision-timeout-seconds` of the installation's ConfigMap config-defaults: revisions with more are refused."""
