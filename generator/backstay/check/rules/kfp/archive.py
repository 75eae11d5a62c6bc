"""Where Argo keeps outputs and logs: a repository's store, bucket and key format, ready to compare.

Source: argoproj/argo-workflows pkg/apis/workflow/v1alpha1, S3ArtifactRepository.
"""

import re
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rules.kfp import endpoint, places
from backstay.check.rules.kfp.places import StorePlace

KEYS_WHEN_UNSET = "{{workflow.name}}/{{pod.name}}"
_NAMESPACE = "{{workflow.namespace}}"


@dataclass(frozen=True, slots=True)
class Archive:
    """An S3 repository with its key format, white space inside of tags removed."""

    place: StorePlace
    keys: str

    def __str__(self) -> str:
        """`http://host:port/bucket/keys`, with what is not known left out."""
        where = self.place.endpoint
        scheme = "https" if self.place.secure else "http"
        return f"{scheme}://{where or 'unknown'}/{self.place.bucket or 'unknown'}/{self.keys}"

    def keys_in(self, namespace: str) -> str:
        """The key format as it works out in a namespace."""
        return self.keys.replace(_NAMESPACE, namespace)


def archive(repository: look.Part) -> Archive | None:
    """What an artifact repository says; None when it is no S3 one."""
    keys = look.text(look.at(repository.value, "s3", "keyFormat")) or KEYS_WHEN_UNSET
    place = next(places.repository_place(repository, repository.item.ref.name), None)
    return Archive(place, tight(keys)) if place else None


def same(ctx: Context, one: Archive, other: Archive, namespace: str) -> bool:
    """Whether two repositories are one to the workflows of a namespace."""
    here, there = one.place, other.place
    reached = (
        here.endpoint is None or there.endpoint is None or endpoint.same(ctx, here.endpoint, there.endpoint)
    )
    alike = (here.secure, here.bucket) == (there.secure, there.bucket)
    return reached and alike and one.keys_in(namespace) == other.keys_in(namespace)


def tight(keys: str) -> str:
    """A key format without white space, which neither Argo's tags nor the UI's care about."""
    return re.sub(r"\s+", "", keys)
