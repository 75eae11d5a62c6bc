"""metadata-envoy's own Envoy configuration: gRPC-web from the UI to the metadata store.

Source: kubeflow/pipelines manifests/kustomize/base/metadata/base/metadata-envoy-configmap.yaml (2.15 and later
mount it; before, it is baked into the image and this file is for reading); envoy bootstrap, route and router
reference. `max_stream_duration` with a zero header maximum lets the caller's grpc-timeout decide.
"""

from backstay.emit.parts import Body
from backstay.model.parts import Pipelines

_HCM = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_FILTERS = ("grpc_web", "cors", "router")
_TYPES = {
    "grpc_web": "type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb",
    "cors": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors",
    "router": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
}
_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def envoy_config(pipelines: Pipelines) -> Body:
    """A whole bootstrap: admin, one listener, one cluster."""
    return {
        "admin": {"address": _address("0.0.0.0", 9901)},  # noqa: S104 - as the install probes it, inside its pod
        "static_resources": {"listeners": [_listener()], "clusters": [_cluster(pipelines)]},
    }


def _address(host: object, port: int) -> Body:
    return {"socket_address": {"address": host, "port_value": port}}


def _listener() -> Body:
    manager: Body = {
        "@type": _HCM,
        "codec_type": "AUTO",
        "stat_prefix": "ingress_http",
        "route_config": {"name": "local_route", "virtual_hosts": [_virtual_host()]},
        "http_filters": [
            {"name": f"envoy.filters.http.{name}", "typed_config": {"@type": _TYPES[name]}}
            for name in _FILTERS
        ],
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    return {"name": "listener_0", "address": _address("0.0.0.0", 9090), "filter_chains": [chain]}  # noqa: S104 - as above


def _virtual_host() -> Body:
    cors: Body = {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
        "allow_origin_string_match": [{"safe_regex": {"regex": ".*"}}],
        "allow_methods": "GET, PUT, DELETE, POST, OPTIONS",
        "allow_headers": "keep-alive,user-agent,cache-control,content-type,content-transfer-encoding,"
        "custom-header-1,x-accept-content-transfer-encoding,x-accept-response-streaming,x-user-agent,x-grpc-web,grpc-timeout",
        "expose_headers": "custom-header-1,grpc-status,grpc-message",
        "max_age": "1728000",
    }
    return {
        "name": "local_service",
        "domains": ["*"],
        "typed_per_filter_config": {"envoy.filters.http.cors": cors},
        "routes": [
            {
                "match": {"prefix": "/"},
                "route": {
                    "cluster": "metadata-cluster",
                    "max_stream_duration": {"grpc_timeout_header_max": "0s"},
                },
            }
        ],
    }


def _cluster(pipelines: Pipelines) -> Body:
    host = pipelines.namespace.to(lambda namespace: f"metadata-grpc-service.{namespace}")
    endpoint = {"endpoint": {"address": _address(host, 8080)}}
    return {
        "name": "metadata-cluster",
        "type": "LOGICAL_DNS",
        "connect_timeout": "30s",
        "typed_extension_protocol_options": {
            _OPTIONS: {
                "@type": f"type.googleapis.com/{_OPTIONS}",
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        },
        "lb_policy": "ROUND_ROBIN",
        "load_assignment": {"cluster_name": "metadata-cluster", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
