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
from backstay.check.rules.kfp import kfp018_ui_store_host_doubled as kfp018
from backstay.check.rules.kfp import kfp019_api_server_without_store as kfp019
from backstay.check.rules.kfp import kfp020_default_keys_instead_of_identity as kfp020
from backstay.check.rules.kfp import kfp021_store_secret_missing as kfp021
from backstay.check.rules.kfp import kfp022_run_account_lacks_rights as kfp022
from backstay.check.rules.kfp import kfp023_unreadable_controller_config as kfp023
from backstay.check.rules.kfp import kfp024_artifact_endpoint_unusable as kfp024
from backstay.check.rules.kfp import kfp025_replacement_hits_wrong_piece as kfp025
from backstay.check.rules.kfp import kfp026_default_policy_disables_set_retry as kfp026
from backstay.check.rules.kfp import kfp027_set_retry_without_effect as kfp027
from backstay.check.rules.kfp import kfp028_retry_backoff_dead as kfp028
from backstay.check.rules.kfp import kfp029_transient_pattern_unused as kfp029
from backstay.check.rules.kfp import kfp030_metadata_server_arguments as kfp030
from backstay.check.rules.kfp import kfp031_metadata_message_size as kfp031
from backstay.check.rules.kfp import kfp032_keepalive_incomplete as kfp032
from backstay.check.rules.kfp import kfp033_version_skew as kfp033
from backstay.check.rules.kfp import kfp034_store_through_proxy as kfp034

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
    kfp018.CHECK,
    kfp019.CHECK,
    kfp020.CHECK,
    kfp021.CHECK,
    kfp022.CHECK,
    kfp023.CHECK,
    kfp024.CHECK,
    kfp025.CHECK,
    kfp026.CHECK,
    kfp027.CHECK,
    kfp028.CHECK,
    kfp029.CHECK,
    kfp030.CHECK,
    kfp031.CHECK,
    kfp032.CHECK,
    kfp033.CHECK,
    kfp034.CHECK,
)  # fmt: skip
