"""The rules, all of them, in the order of their ids. A rule that is not listed here does not exist."""

from backstay.check.rule import Check
from backstay.check.rules.kfp import kfp001_dead_launcher_key as kfp001
from backstay.check.rules.kfp import kfp002_unread_provider_field as kfp002
from backstay.check.rules.kfp import kfp003_provider_without_credentials as kfp003
from backstay.check.rules.kfp import kfp004_provider_secret_unnamed as kfp004
from backstay.check.rules.kfp import kfp005_override_retries_without_default as kfp005
from backstay.check.rules.kfp import kfp006_override_never_reached as kfp006
from backstay.check.rules.kfp import kfp007_endpoint_ignored_with_environment as kfp007
from backstay.check.rules.kfp import kfp008_empty_endpoint as kfp008

CHECKS: tuple[Check, ...] = (
    kfp001.CHECK,
    kfp002.CHECK,
    kfp003.CHECK,
    kfp004.CHECK,
    kfp005.CHECK,
    kfp006.CHECK,
    kfp007.CHECK,
    kfp008.CHECK,
)  # fmt: skip
