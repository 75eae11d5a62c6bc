"""What `network.services` says about the pods behind a service: which workload they are of, and how they end."""

from typing import Literal

from backstay.spec.base import Section
from backstay.spec.types import Name


class Workload(Section):
    """The object of the base whose pods serve; backstay patches it."""

    kind: Literal["Deployment", "StatefulSet", "DaemonSet"] = "Deployment"
    """Its kind."""
    name: Name
    """Its name; it is in the namespace of the service's host."""
    container: Name | None = None
    """The container that serves; by default the one that is called as the workload is."""
