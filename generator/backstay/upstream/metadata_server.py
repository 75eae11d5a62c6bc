"""Flags of metadata_store_server, which refuses to start with one that it does not know.

Sources: google/ml-metadata ml_metadata/metadata_store/metadata_store_server_main.cc at v1.5.0 and v1.14.0;
gflags/gflags src/gflags.cc, src/gflags_completions.cc, src/gflags_reporting.cc; google/glog src/flags.cc.
"""

from collections.abc import Mapping

MYSQL_FLAGS = ("mysql_config_host", "mysql_config_port", "mysql_config_database")
"""All three or none; none means an in-memory database unless there is a config file."""

BOOLEANS = frozenset({"enable_database_upgrade", "postgres_config_skip_db_creation"})
"""Flags that stand alone (`--x`, `--nox`) and take no word after them."""

_FIRST = frozenset({
    "grpc_port", "grpc_channel_arguments", "metadata_store_server_config_file", "metadata_store_connection_retries",
    *MYSQL_FLAGS, "mysql_config_user", "mysql_config_password", "enable_database_upgrade",
    "downgrade_db_schema_version",
})  # fmt: skip
_POSTGRES = frozenset(
    f"postgres_config_{name}"
    for name in (
        "host", "hostaddr", "port", "user", "password", "passfile", "dbname", "skip_db_creation", "sslmode", "sslcert",
        "sslkey", "sslpassword", "sslrootcert",
    )
)  # fmt: skip

FLAGS: Mapping[str, frozenset[str]] = {
    "1.5.0": _FIRST,
    "1.14.0": _FIRST | _POSTGRES | {"metadata_source_config_type"},
}
"""The server's own flags by release of ML Metadata; other releases are not judged by them."""

LIBRARY_FLAGS = frozenset({
    "flagfile", "fromenv", "tryfromenv", "undefok", "tab_completion_word", "tab_completion_columns", "help",
    "helpfull", "helpshort", "helpon", "helpmatch", "helppackage", "helpxml", "version",
    "logtostderr", "alsologtostderr", "colorlogtostderr", "stderrthreshold", "alsologtoemail", "log_file_header",
    "log_prefix", "minloglevel", "logbuflevel", "logbufsecs", "logemaillevel", "logmailer", "log_dir", "logfile_mode",
    "log_link", "max_log_size", "stop_logging_if_full_disk", "log_backtrace_at", "v", "vmodule",
    "symbolize_stacktrace", "drop_log_memory",
})  # fmt: skip
"""Flags of gflags and glog, which the server is built with."""

SHIPPED: Mapping[str, str] = {"1.8": "1.5.0"}
"""The ML Metadata that a line of Pipelines ships, where it is not `NEWEST`."""
NEWEST = "1.14.0"

DEFAULT_MAX_RECEIVE = 4 * 2**20
"""Bytes of a message that the server takes unless told otherwise (grpc/grpc grpc_types.h)."""
DEFAULT_CLIENT_MESSAGE = 100 * 2**20
"""Bytes of a message that launchers send unless METADATA_GRPC_MESSAGE_SIZE says otherwise, from Pipelines 2.16."""
