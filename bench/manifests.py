"""A tree of manifests as people write them: a folder an application, an object of every common kind in it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APPLICATION = """\
apiVersion: v1
kind: Namespace
metadata: {{name: {name}, labels: {{istio-injection: enabled}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: {name}
  labels: {{app: api}}
spec:
  replicas: 3
  selector:
    matchLabels:
      app: api
  template:
    metadata:
      labels:
        app: api
    spec:
      serviceAccountName: api
      terminationGracePeriodSeconds: 60
      containers:
        - name: api
          image: registry.example/{name}/api:1.4.2
          args: ["--listen=:8080", "--log=info"]
          env:
            - name: LEVEL
              value: info
            - name: DATABASE
              valueFrom: {{secretKeyRef: {{name: api, key: database}}}}
          ports:
            - {{name: http, containerPort: 8080}}
          resources:
            requests: {{cpu: 500m, memory: 1Gi}}
            limits: {{memory: 1Gi}}
          readinessProbe:
            httpGet: {{path: /ready, port: http}}
---
apiVersion: v1
kind: Service
metadata:
  name: api
  namespace: {name}
spec:
  selector:
    app: api
  ports:
    - name: http
      port: 80
      targetPort: http
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: api, namespace: {name}}}
data:
  application.yaml: |
    server: {{port: 8080}}
    logging: {{level: info}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: api, namespace: {name}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: api, namespace: {name}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}}
subjects: [{{kind: ServiceAccount, name: api, namespace: {name}}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: api, namespace: {name}}}
spec:
  hosts: [api.{name}.svc.cluster.local]
  http:
    - route:
        - destination: {{host: api.{name}.svc.cluster.local, port: {{number: 80}}}}
      timeout: 10s
      retries: {{attempts: 2, perTryTimeout: 3s, retryOn: "connect-failure,refused-stream"}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: api, namespace: {name}}}
spec:
  host: api.{name}.svc.cluster.local
  trafficPolicy:
    connectionPool: {{http: {{idleTimeout: 45s}}}}
    retryBudget: {{percent: 20, minRetryConcurrency: 3}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {{name: report, namespace: {name}}}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      backoffLimit: 2
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: report
              image: registry.example/{name}/report:1.4.2
              resources: {{requests: {{memory: 512Mi}}, limits: {{memory: 512Mi}}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: api, namespace: {name}}}
spec: {{minAvailable: 2, selector: {{matchLabels: {{app: api}}}}}}
"""


def applications(path: Path, objects: int) -> None:
    """Write at least so many objects: ten an application, a file each."""
    for name in islice(_names(), -(-objects // APPLICATION.count("\nkind: "))):
        (path / name).mkdir()
        (path / name / "app.yaml").write_text(APPLICATION.format(name=name))


def as_list(path: Path, objects: int) -> None:
    """The same objects in one file, as `kubectl get -o yaml` prints them."""
    with (path / "all.yaml").open("w") as file:
        file.write("apiVersion: v1\nitems:\n")
        for name in islice(_names(), -(-objects // APPLICATION.count("\nkind: "))):
            for text in APPLICATION.format(name=name).split("---\n"):
                file.write("- " + text.replace("\n", "\n  ").rstrip(" "))
        file.write("kind: List\n")


def _names() -> Iterator[str]:
    number = 0
    while True:
        yield f"team-{number:05}"
        number += 1
