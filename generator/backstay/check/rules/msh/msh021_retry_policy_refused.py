"""A retry policy that Istio or gRPC refuses, or of which it takes less than it says.

Istio's webhook refuses words in `retryOn` that it does not know, and does not trim: the blank in `503, reset` is one. With
`attempts: 0`, or without `attempts`, no other field of the policy may be there. gRPC's C-core takes status codes as
upper-case names only; a service config that it cannot read makes a channel on which every call ends with INVALID_ARGUMENT.
More than 5 `maxAttempts` count as 5, and after a wait below 10ms C-core may never try again and the
call hangs until its deadline (warnings).

Not judged: texts with a service config in them that cannot be parsed.

Breaks: the VirtualService cannot be applied; or the client that worked without retries cannot make a call any more.
Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: grpc, namespace: shop}
    data:
      service_config.json: |
        {"methodConfig": [{"name": [{"service": "shop.Orders"}], "retryPolicy": {
          "maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
          "retryableStatusCodes": ["BUSY"]}}]}
Good:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: grpc, namespace: shop}
    data:
      service_config.json: |
        {"methodConfig": [{"name": [{"service": "shop.Orders"}], "retryPolicy": {
          "maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
          "retryableStatusCodes": ["UNAVAILABLE"]}}]}
Source: istio/istio pkg/config/validation/validation.go (validateHTTPRetry), grpc/grpc src/core/client_channel/retry_service_config.cc, grpc proposal A6, grpc/grpc#41036
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from backstay.check import claims, look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import service_config
from backstay.check.rules.msh.service_config import Config
from backstay.claims.claim import Found
from backstay.claims.mesh import MSH021, STATUSES
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fix import Edit, Fix, safe
from backstay.core.route import Route
from backstay.core.units import show_seconds
from backstay.upstream.grpc import LEAST_BACKOFF_MS
from backstay.upstream.istio import RETRY_WORDS

RULE = rule(__doc__, "MSH021", "retry-policy-refused", MSH021.severity)

_LEAST = 2
_MOST_TOKENS = 1000

Fault = tuple[Route, str, str]


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the policies of VirtualServices, then those of gRPC service configs."""
    for found in claims.judge(ctx, RULE, MSH021, _mend):
        yield _without_blanks(found)
    for config in service_config.configs(ctx):
        for route, message, help_ in _of_config(config):
            yield config.report(RULE, route, message, help_, None)
        for policy, route in config.policies:
            if service_config.attempts(policy) > service_config.MAX_ATTEMPTS:
                message = (
                    f"gRPC takes {service_config.attempts(policy)} attempts for {service_config.MAX_ATTEMPTS}"
                )
                help_ = f"write at most {service_config.MAX_ATTEMPTS}"
                yield config.report(RULE, (*route, "maxAttempts"), message, help_, Severity.WARNING)
            for name in ("initialBackoff", "maxBackoff"):
                if 0 < (service_config.seconds(policy.get(name)) or 0) * 1_000 < LEAST_BACKOFF_MS:
                    message = "after so short a wait C-core may never try again"
                    help_ = f'write `"{name}": "{show_seconds(LEAST_BACKOFF_MS)}"` or more'
                    yield config.report(RULE, (*route, name), message, help_, Severity.WARNING)


def _mend(item: Item, found: Found) -> Fix | None:
    """The words of `retryOn` without blanks around them, where that makes all of them known."""
    text = look.text(look.at(item.value, *found.route))
    words = [word.strip() for word in text.split(",")] if text else []
    known = words and all(word in RETRY_WORDS or word in STATUSES for word in words)
    return safe(f"write `{','.join(words)}`", Edit(found.route, ",".join(words))) if known else None


def _without_blanks(found: Diagnostic) -> Diagnostic:
    """The finding, with the word that was probably meant where only blanks are too many."""
    word = found.message.split("`")[1]
    bare = word.strip()
    known = bare in RETRY_WORDS or bare in STATUSES
    return replace(found, help=f"write `{bare}` without blanks around it") if known else found


def _of_config(config: Config) -> Iterator[Fault]:
    for method, route in config.methods:
        if "retryPolicy" in method and "hedgingPolicy" in method:
            yield route, "gRPC refuses retryPolicy and hedgingPolicy side by side", "keep one of them"
    for policy, route in config.policies:
        yield from _of_policy(policy, route)
    throttling = config.value.get("retryThrottling")
    if throttling is not None:
        yield from _of_throttling(look.mapping(throttling))


def _of_policy(policy: Mapping[str, object], route: Route) -> Iterator[Fault]:
    if service_config.attempts(policy) < _LEAST:
        yield (
            (*route, "maxAttempts"),
            "gRPC wants a whole number of 2 or more attempts",
            "write 2 to 5: the first try counts",
        )
    for name in ("initialBackoff", "maxBackoff"):
        if not service_config.seconds(policy.get(name)):
            yield (
                (*route, name),
                "gRPC wants a duration above zero, in seconds",
                f'write such as `"{name}": "0.1s"`',
            )
    if not _positive(policy.get("backoffMultiplier")):
        yield (
            (*route, "backoffMultiplier"),
            "gRPC wants a number above zero",
            'write such as `"backoffMultiplier": 2`',
        )
    codes = look.listing(policy.get("retryableStatusCodes"))
    if not codes:
        yield (
            (*route, "retryableStatusCodes"),
            "gRPC wants status codes to retry",
            'write such as `["UNAVAILABLE"]`',
        )
    for index, code in enumerate(codes):
        name = look.text(code) or ""
        if name not in service_config.STATUSES:
            yield (
                (*route, "retryableStatusCodes", index),
                "C-core knows status codes by their upper-case names only, and refuses the whole config",
                f'write `"{name.upper()}"`' if name.upper() in service_config.STATUSES
                else 'write a name such as `"UNAVAILABLE"`',
            )  # fmt: skip


def _of_throttling(throttling: Mapping[str, object]) -> Iterator[Fault]:
    tokens = service_config.number(throttling.get("maxTokens")) or 0
    if not 0 < tokens <= _MOST_TOKENS or tokens != int(tokens):
        yield (
            ("retryThrottling", "maxTokens"),
            "gRPC wants a whole number above 0 and up to 1000",
            "write such as 10",
        )
    if not _positive(throttling.get("tokenRatio")):
        yield ("retryThrottling", "tokenRatio"), "gRPC wants a number above zero", "write such as 0.1"


def _positive(value: object) -> bool:
    return (service_config.number(value) or 0) > 0


CHECK = Check(RULE, reads=service_config.KINDS | {"knobs", "VirtualService"}, run=check)
