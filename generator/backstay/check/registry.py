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
from backstay.check.rules.kfp import kfp009_default_store_dialled as kfp009
from backstay.check.rules.kfp import kfp010_dead_store_variable as kfp010
from backstay.check.rules.kfp import kfp011_bad_pipeline_root as kfp011
from backstay.check.rules.kfp import kfp012_stores_disagree as kfp012
from backstay.check.rules.kfp import kfp013_buckets_split as kfp013
from backstay.check.rules.kfp import kfp014_profile_store_ignored as kfp014
from backstay.check.rules.kfp import kfp015_outside_profile_policy as kfp015
from backstay.check.rules.kfp import kfp016_shadowed_repository as kfp016
from backstay.check.rules.kfp import kfp017_archived_logs_not_found as kfp017

CHECKS: tuple[Check, ...] = (
    kfp001.CHECK,
    kfp002.CHECK,
    kfp003.CHECK,
    kfp004.CHECK,
    kfp005.CHECK,
    kfp006.CHECK,
    kfp007.CHECK,
    kfp008.CHECK,
    kfp009.CHECK,
    kfp010.CHECK,
    kfp011.CHECK,
    kfp012.CHECK,
    kfp013.CHECK,
    kfp014.CHECK,
    kfp015.CHECK,
    kfp016.CHECK,
    kfp017.CHECK,
)  # fmt: skip
