r"""Launchers send larger messages to the metadata store than its server takes.

Not judged: a server whose limit the manifests do not state while launchers have their default (KFP030 tells of
limits that were dropped).

Breaks: publishing large artifacts, such as classification metrics, fails with ResourceExhausted after the step's work.
Bad:
    # --platform pipelines=2.16
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: metadata-grpc-deployment, namespace: kubeflow}
    spec:
      template:
        spec:
          containers:
            - name: container
              args:
                - --mysql_config_host=mysql
                - --mysql_config_port=3306
                - --mysql_config_database=metadb
                - "--grpc_channel_arguments=\
                   grpc.max_metadata_size=16384,\
                   grpc.max_send_message_length=104857600,\
                   grpc.max_receive_message_length=4194304"
Good:
    # --platform pipelines=2.16
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: metadata-grpc-deployment, namespace: kubeflow}
    spec:
      template:
        spec:
          containers:
            - name: container
              args:
                - --mysql_config_host=mysql
                - --mysql_config_port=3306
                - --mysql_config_database=metadb
                - "--grpc_channel_arguments=\
                   grpc.max_metadata_size=16384,\
                   grpc.max_send_message_length=104857600,\
                   grpc.max_receive_message_length=104857600"
Source: kubeflow/pipelines backend/src/v2/metadata/client.go (2.16.0), kubeflow/pipelines#11949
"""

from collections.abc import Iterator
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import argo, metadata
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.route import Route
from backstay.upstream.grpc import MAX_RECEIVE
from backstay.upstream.metadata_server import DEFAULT_CLIENT_MESSAGE, DEFAULT_MAX_RECEIVE

RULE = rule(__doc__, "KFP031", "metadata-message-size")

_NAME = "METADATA_GRPC_MESSAGE_SIZE"


@dataclass(frozen=True, slots=True)
class Sender:
    """A container that sends up to `size` bytes at once."""

    item: Item
    route: Route
    size: int


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every server's limit against the largest message of every sender."""
    if not ctx.has(Feature.METADATA_MESSAGE_SIZE):
        return
    senders = list(_senders(ctx))
    for server in metadata.servers(ctx):
        stated = server.argument(MAX_RECEIVE)
        limit = stated.number if stated else DEFAULT_MAX_RECEIVE
        if limit is None or limit < 0:
            continue  # a text, which gRPC ignores, or no limit
        help_ = f"raise {MAX_RECEIVE} in --grpc_channel_arguments of {server.item.ref}, or lower {_NAME}"
        for sender in senders:
            if sender.size > limit:
                message = f"{_NAME} is {sender.size}, and the metadata store takes {limit} bytes"
                yield ctx.report(RULE, sender.item, sender.route, message, help_)
        if stated and limit < DEFAULT_CLIENT_MESSAGE and not senders:
            message = (
                f"the metadata store takes {limit} bytes, and launchers send up to {DEFAULT_CLIENT_MESSAGE}"
            )
            yield ctx.report(
                RULE,
                server.item,
                stated.route,
                message,
                f"write {MAX_RECEIVE}={DEFAULT_CLIENT_MESSAGE} or more",
            )


def _senders(ctx: Context) -> Iterator[Sender]:
    """Every step container whose environment states the size."""
    for container in argo.main_containers(ctx):
        for entry, route in look.entries(container.value.get("env"), (*container.route, "env")):
            value = look.text(entry.get("value")) or ""
            if entry.get("name") == _NAME and value.isdecimal():
                yield Sender(container.item, (*route, "value"), int(value[:18]))


CHECK = Check(RULE, reads=argo.KINDS | {"Deployment"}, run=check)
