"""The metadata store's server as manifests start it: its flags and its gRPC channel arguments."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.core.route import Route
from backstay.upstream.metadata_server import BOOLEANS, NEWEST, SHIPPED

DEPLOYMENT = "metadata-grpc-deployment"
_PROGRAM = "metadata_store_server"
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}\Z")


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag with its value; `--enable_database_upgrade` alone says `true`, `--noenable_database_upgrade` `false`."""

    name: str
    value: str
    route: Route


@dataclass(frozen=True, slots=True)
class ChannelArgument:
    """An item of `--grpc_channel_arguments`; `value` None: it has no `=`."""

    key: str
    value: str | None
    more: bool
    route: Route

    @property
    def number(self) -> int | None:
        """The value as the server's integer; None where it is passed on as a text."""
        return int(self.value) if self.value and _NUMBER.match(self.value) else None


@dataclass(frozen=True, slots=True)
class Server:
    """One metadata store server. `release` is its ML Metadata; `route` is where its arguments stand."""

    item: Item
    release: str
    flags: tuple[Flag, ...]
    route: Route

    def get(self, name: str) -> Flag | None:
        """A flag by its name; the last one counts, as for gflags."""
        return next((flag for flag in reversed(self.flags) if flag.name == name), None)

    def text(self, name: str) -> str:
        """A flag's value; empty when it has none."""
        flag = self.get(name)
        return flag.value if flag else ""

    @property
    def channel(self) -> tuple[ChannelArgument, ...]:
        """The gRPC channel arguments, in order."""
        flag = self.get("grpc_channel_arguments")
        return tuple(_items(flag)) if flag else ()

    def argument(self, key: str) -> ChannelArgument | None:
        """A channel argument by its key; the last one counts."""
        return next((found for found in reversed(self.channel) if found.key == key), None)


def servers(ctx: Context) -> Iterator[Server]:
    """Every metadata store server whose arguments are at hand; a patch's `args` are the whole list."""
    for item in ctx.named("Deployment", DEPLOYMENT):
        for container in look.containers(item, "container"):
            words = _words(container)
            if words is not None:
                yield Server(
                    item, _release(ctx, container.value), tuple(_flags(words)), (*container.route, "args")
                )


def _words(container: look.Container) -> list[tuple[str, Route]] | None:
    """The words that the server is started with; None when another program stands before them or a patch says none."""
    command = [word for word in look.listing(container.value.get("command")) if isinstance(word, str)]
    if command and command[0].rpartition("/")[2] != _PROGRAM:
        return None
    if "args" not in container.value and container.item.partial:
        return None
    own = [(word, (*container.route, "command", at)) for at, word in enumerate(command)]
    return own + list(look.args(container))


def _flags(words: list[tuple[str, Route]]) -> Iterator[Flag]:
    rest = iter(words)
    for word, route in rest:
        if not word.startswith("-") or word == "--":
            continue
        name, equals, value = word.lstrip("-").partition("=")
        if equals:
            yield Flag(name, value, route)
        elif name in BOOLEANS:
            yield Flag(name, "true", route)
        elif name.removeprefix("no") in BOOLEANS:
            yield Flag(name.removeprefix("no"), "false", route)
        else:
            yield Flag(name, next(rest, ("", route))[0], route)


def _items(flag: Flag) -> Iterator[ChannelArgument]:
    """The items as the server splits them: by commas, then by `=`, empty pieces left out."""
    for item in filter(None, flag.value.split(",")):
        pieces = [piece for piece in item.split("=") if piece] or [""]
        yield ChannelArgument(pieces[0], pieces[1] if len(pieces) > 1 else None, len(pieces) > 2, flag.route)  # noqa: PLR2004 - name, value


def _release(ctx: Context, container: Mapping[str, object]) -> str:
    """The ML Metadata that runs: the image's tag, else what the installed Pipelines ships."""
    image = look.text(container.get("image")) or ""
    tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
    return tag or SHIPPED.get(ctx.versions.get("pipelines", ""), NEWEST)
