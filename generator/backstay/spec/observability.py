"""`observability`: what tells people that a promise of the spec is broken."""

from typing import Literal

from pydantic import Field

from backstay.spec.base import Section
from backstay.spec.types import Many, Millis, Name


class Observability(Section):
    """What watches the declared calls, with the numbers that keep them alive."""

    namespace: Name
    """Where Prometheus rules and Grafana dashboards live."""
    parts: Many[Literal["alerts", "dashboards", "bpftrace", "tetragon"]] = (
        "alerts",
        "dashboards",
        "bpftrace",
    )
    """What is emitted; `tetragon` needs the TracingPolicy kind in the cluster."""
    rule_labels: dict[str, str] = Field(default_factory=dict)
    """Labels that the Prometheus operator's ruleSelector asks for, such as `release`."""
    scrape_interval: Millis = 30_000
    """How often Prometheus scrapes the proxies."""
