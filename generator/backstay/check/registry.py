"""The rules, all of them, in the order of their ids. A rule that is not listed here does not exist."""

from backstay.check.rule import Check
from backstay.check.rules.delivery import gop001_patches_without_base as gop001
from backstay.check.rules.delivery import ver003_no_such_knob as ver003
from backstay.check.rules.job import job001_failure_policy_without_never as job001
from backstay.check.rules.job import job002_failure_policy_with_early_replacement as job002
from backstay.check.rules.job import job003_lost_node_blocks_job as job003
from backstay.check.rules.job import job004_pytorchjob_restarts_forever as job004
from backstay.check.rules.job import job005_lost_node_blocks_restart as job005
from backstay.check.rules.job import job006_force_delete_within_grace as job006
from backstay.check.rules.job import job007_unsafe_force_delete as job007
from backstay.check.rules.job import job008_force_delete_annotation_without_effect as job008
from backstay.check.rules.job import job009_force_delete_annotation_of_other_kueue as job009
from backstay.check.rules.job import job010_never_evicted as job010
from backstay.check.rules.job import job011_evicted_by_a_hiccup as job011
from backstay.check.rules.job import job012_bad_node_health_check as job012
from backstay.check.rules.job import job013_static_out_of_service_taint as job013
from backstay.check.rules.job import job014_shutdown_cuts_grace as job014
from backstay.check.rules.job import job015_grace_shorter_than_checkpoint as job015
from backstay.check.rules.job import job016_exit_codes_before_disruption as job016
from backstay.check.rules.job import job017_evicted_step_cannot_resume as job017
from backstay.check.rules.job import job018_endless_disruptions as job018
from backstay.check.rules.job import job019_futile_retry_of_oom as job019
from backstay.check.rules.job import job020_exit_code_retries_oom as job020
from backstay.check.rules.job import job021_backoff_limit_below_replicas as job021
from backstay.check.rules.job import job022_deadline_not_enforced as job022
from backstay.check.rules.job import job023_failed_job_keeps_its_gpus as job023
from backstay.check.rules.job import job024_template_restart_policy_ignored as job024
from backstay.check.rules.job import job025_retries_have_no_home as job025
from backstay.check.rules.job import job026_no_restart_for_declared_retries as job026
from backstay.check.rules.job import job027_restart_needs_gate as job027
from backstay.check.rules.job import job028_failure_policy_refused as job028
from backstay.check.rules.job import job029_job_retries_multiply as job029
from backstay.check.rules.job import job030_deadline_before_last_try as job030
from backstay.check.rules.job import job031_pipeline_deadline_kills_steps as job031
from backstay.check.rules.job import job032_memory_that_nobody_reads as job032
from backstay.check.rules.job import job033_setting_that_zenml_ignores as job033
from backstay.check.rules.job import job034_memory_in_foreign_units as job034
from backstay.check.rules.job import job035_more_memory_than_there_is as job035
from backstay.check.rules.job import job036_quota_refuses_pods as job036
from backstay.check.rules.job import job037_memory_promised_twice as job037
from backstay.check.rules.job import job038_queue_label_ignored as job038
from backstay.check.rules.job import job039_evicted_while_healing as job039
from backstay.check.rules.job import job040_controller_refuses_config as job040
from backstay.check.rules.job import job041_recovery_too_slow as job041
from backstay.check.rules.job import job042_disruptions_exceed_tries as job042
from backstay.check.rules.job import job043_controller_not_installed as job043
from backstay.check.rules.job import job044_recovery_not_installed as job044
from backstay.check.rules.job import job045_budget_does_not_add_up as job045
from backstay.check.rules.job import job046_pytorchjob_to_move as job046
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
from backstay.check.rules.kfp import kfp035_retries_multiply_by_nesting as kfp035
from backstay.check.rules.msh import msh001_ping_too_slow_for_box as msh001
from backstay.check.rules.msh import msh002_silent_hop_forgotten as msh002
from backstay.check.rules.msh import msh003_keepalive_refused as msh003
from backstay.check.rules.msh import msh004_dead_peer_unnoticed as msh004
from backstay.check.rules.msh import msh005_ping_too_fast_for_server as msh005
from backstay.check.rules.msh import msh006_pings_without_calls_refused as msh006
from backstay.check.rules.msh import msh007_keepalive_reaches_own_app as msh007
from backstay.check.rules.msh import msh008_keepalive_without_http2 as msh008
from backstay.check.rules.msh import msh009_narrower_pool_drops_keepalive as msh009
from backstay.check.rules.msh import msh010_client_pings_refused as msh010
from backstay.check.rules.msh import msh011_client_keepalive_below_floor as msh011
from backstay.check.rules.msh import msh012_client_pings_run_dry as msh012
from backstay.check.rules.msh import msh013_channel_argument_ignored as msh013
from backstay.check.rules.msh import msh014_keepalive_timeout_kills_slow_links as msh014
from backstay.check.rules.msh import msh015_silent_stream_timed_out as msh015
from backstay.check.rules.msh import msh016_stream_cut_by_route_timeout as msh016
from backstay.check.rules.msh import msh017_timeouts_tried_again as msh017
from backstay.check.rules.msh import msh018_tries_exceed_route_timeout as msh018
from backstay.check.rules.msh import msh019_retries_multiply as msh019
from backstay.check.rules.msh import msh020_unsafe_retries as msh020
from backstay.check.rules.msh import msh021_retry_policy_refused as msh021
from backstay.check.rules.msh import msh022_retries_without_brake as msh022
from backstay.check.rules.msh import msh023_streams_queue_on_connections as msh023
from backstay.check.rules.msh import msh024_pool_outlives_server as msh024
from backstay.check.rules.msh import msh025_tcp_keepalive_in_vain as msh025
from backstay.check.rules.msh import msh026_only_data_counts as msh026
from backstay.check.rules.msh import msh027_stream_outlives_connection as msh027
from backstay.check.rules.msh import msh028_classic_sidecar_cuts_drain as msh028
from backstay.check.rules.msh import msh029_native_sidecar_drain as msh029
from backstay.check.rules.msh import msh030_last_connection_never_closes as msh030
from backstay.check.rules.msh import msh031_loose_envoy_filter as msh031
from backstay.check.rules.msh import msh032_protocol_options_replaced as msh032
from backstay.check.rules.msh import msh033_envoy_filter_reaches_nobody as msh033
from backstay.check.rules.msh import msh034_setting_newer_than_istio as msh034
from backstay.check.rules.msh import msh035_listener_change_cuts_streams as msh035
from backstay.check.rules.msh import msh036_pools_exceed_server as msh036
from backstay.check.rules.msh import msh037_ambient_hop_cannot_ping as msh037
from backstay.check.rules.msh import msh038_request_cut_by_gateway as msh038
from backstay.check.rules.msh import msh039_pool_reaches_own_app as msh039
from backstay.check.rules.msh import msh040_promises_conflict as msh040
from backstay.check.rules.msh import msh041_revision_timeout_refused as msh041
from backstay.check.rules.pods import sec002_host_network as sec002
from backstay.check.rules.pods import sec003_container_as_root as sec003
from backstay.check.rules.pods import sec004_toleration_missing as sec004
from backstay.check.rules.pods import sec005_container_without_memory_limit as sec005

CHECKS: tuple[Check, ...] = (
    gop001.CHECK,
    job001.CHECK,
    job002.CHECK,
    job003.CHECK,
    job004.CHECK,
    job005.CHECK,
    job006.CHECK,
    job007.CHECK,
    job008.CHECK,
    job009.CHECK,
    job010.CHECK,
    job011.CHECK,
    job012.CHECK,
    job013.CHECK,
    job014.CHECK,
    job015.CHECK,
    job016.CHECK,
    job017.CHECK,
    job018.CHECK,
    job019.CHECK,
    job020.CHECK,
    job021.CHECK,
    job022.CHECK,
    job023.CHECK,
    job024.CHECK,
    job025.CHECK,
    job026.CHECK,
    job027.CHECK,
    job028.CHECK,
    job029.CHECK,
    job030.CHECK,
    job031.CHECK,
    job032.CHECK,
    job033.CHECK,
    job034.CHECK,
    job035.CHECK,
    job036.CHECK,
    job037.CHECK,
    job038.CHECK,
    job039.CHECK,
    job040.CHECK,
    job041.CHECK,
    job042.CHECK,
    job043.CHECK,
    job044.CHECK,
    job045.CHECK,
    job046.CHECK,
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
    kfp035.CHECK,
    msh001.CHECK,
    msh002.CHECK,
    msh003.CHECK,
    msh004.CHECK,
    msh005.CHECK,
    msh006.CHECK,
    msh007.CHECK,
    msh008.CHECK,
    msh009.CHECK,
    msh010.CHECK,
    msh011.CHECK,
    msh012.CHECK,
    msh013.CHECK,
    msh014.CHECK,
    msh015.CHECK,
    msh016.CHECK,
    msh017.CHECK,
    msh018.CHECK,
    msh019.CHECK,
    msh020.CHECK,
    msh021.CHECK,
    msh022.CHECK,
    msh023.CHECK,
    msh024.CHECK,
    msh025.CHECK,
    msh026.CHECK,
    msh027.CHECK,
    msh028.CHECK,
    msh029.CHECK,
    msh030.CHECK,
    msh031.CHECK,
    msh032.CHECK,
    msh033.CHECK,
    msh034.CHECK,
    msh035.CHECK,
    msh036.CHECK,
    msh037.CHECK,
    msh038.CHECK,
    msh039.CHECK,
    msh040.CHECK,
    msh041.CHECK,
    sec002.CHECK,
    sec003.CHECK,
    sec004.CHECK,
    sec005.CHECK,
    ver003.CHECK,
)  # fmt: skip
