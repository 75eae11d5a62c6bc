// Command envoyproto answers two questions about Envoy's messages with the
// protobuf definitions that istiod itself is built with.
//
// `envoyproto fields` prints the field table that backstay keeps in
// generator/backstay/prove/istiod/fields.json: every message that can be
// reached from the roots below, each field with its kind, its cardinality and
// what decides whether an unset value can be told from a zero one.
//
// `envoyproto merge` reads a JSON list of {"type", "into", "from"} on stdin
// (message name, two messages in protobuf's JSON form) and prints the list of
// results of merging `from` into `into`, unknown fields left out.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	_ "github.com/cncf/xds/go/udpa/type/v1"
	_ "github.com/cncf/xds/go/xds/type/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/buffer/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/cors/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_authz/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/fault/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/grpc_stats/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/grpc_web/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/local_ratelimit/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/lua/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/wasm/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/listener/http_inspector/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/listener/original_dst/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/listener/proxy_protocol/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/listener/tls_inspector/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/wasm/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/http/header_formatters/preserve_case/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/network/dns_resolver/cares/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/request_id/uuid/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/retry/host/previous_hosts/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/raw_buffer/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

const extensions = "envoy.extensions."

// What an EnvoyFilter value can be, and the extensions a stock Istio proxy uses
// or people commonly add.
var roots = []string{
	"envoy.config.cluster.v3.Cluster",
	"envoy.config.listener.v3.Listener",
	"envoy.config.route.v3.RouteConfiguration",
	extensions + "filters.http.buffer.v3.Buffer",
	extensions + "filters.http.cors.v3.Cors",
	extensions + "filters.http.ext_authz.v3.ExtAuthz",
	extensions + "filters.http.fault.v3.HTTPFault",
	extensions + "filters.http.grpc_stats.v3.FilterConfig",
	extensions + "filters.http.grpc_web.v3.GrpcWeb",
	extensions + "filters.http.local_ratelimit.v3.LocalRateLimit",
	extensions + "filters.http.lua.v3.Lua",
	extensions + "filters.http.router.v3.Router",
	extensions + "filters.http.wasm.v3.Wasm",
	extensions + "filters.listener.http_inspector.v3.HttpInspector",
	extensions + "filters.listener.original_dst.v3.OriginalDst",
	extensions + "filters.listener.proxy_protocol.v3.ProxyProtocol",
	extensions + "filters.listener.tls_inspector.v3.TlsInspector",
	extensions + "filters.network.http_connection_manager.v3.HttpConnectionManager",
	extensions + "filters.network.tcp_proxy.v3.TcpProxy",
	extensions + "filters.network.wasm.v3.Wasm",
	extensions + "http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig",
	extensions + "network.dns_resolver.cares.v3.CaresDnsResolverConfig",
	extensions + "request_id.uuid.v3.UuidRequestIdConfig",
	extensions + "retry.host.previous_hosts.v3.PreviousHostsPredicate",
	extensions + "transport_sockets.raw_buffer.v3.RawBuffer",
	extensions + "transport_sockets.tls.v3.DownstreamTlsContext",
	extensions + "transport_sockets.tls.v3.UpstreamTlsContext",
	extensions + "upstreams.http.v3.HttpProtocolOptions",
	"udpa.type.v1.TypedStruct",
	"xds.type.v3.TypedStruct",
}

func main() {
	switch strings.Join(os.Args[1:], " ") {
	case "fields":
		printFields(os.Stdout)
	case "merge":
		mergeAll(os.Stdin, os.Stdout)
	default:
		fail(fmt.Errorf("usage: envoyproto fields | envoyproto merge"))
	}
}

type table map[string]map[string]string

func printFields(out io.Writer) {
	found := table{}
	for _, root := range roots {
		found.visit(find(root).Descriptor())
	}
	lines := make([]string, 0, len(found))
	for name, fields := range found {
		row, err := json.Marshal(fields)
		if err != nil {
			fail(err)
		}
		lines = append(lines, fmt.Sprintf("%q: %s", name, row))
	}
	sort.Strings(lines)
	fmt.Fprintf(out, "{\n%s\n}\n", strings.Join(lines, ",\n"))
}

func (t table) visit(message protoreflect.MessageDescriptor) {
	name := string(message.FullName())
	if _, seen := t[name]; seen || message.ParentFile().Package() == "google.protobuf" {
		return
	}
	t[name] = map[string]string{}
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		value := field
		if field.IsMap() {
			value = field.MapValue()
		}
		t[name][string(field.Name())] = describe(field, value)
		if value.Message() != nil {
			t.visit(value.Message())
		}
	}
}

// "[list|map] KIND [in ONEOF|optional]"
func describe(field, value protoreflect.FieldDescriptor) string {
	text := kind(value)
	switch group := field.ContainingOneof(); {
	case field.IsMap():
		return "map " + text
	case field.IsList():
		return "list " + text
	case group != nil && !group.IsSynthetic():
		return text + " in " + string(group.Name())
	case field.HasPresence() && field.Message() == nil:
		return text + " optional"
	}
	return text
}

func kind(field protoreflect.FieldDescriptor) string {
	switch field.Kind() {
	case protoreflect.MessageKind:
		return string(field.Message().FullName())
	case protoreflect.EnumKind:
		return "enum:" + string(field.Enum().Values().ByNumber(0).Name())
	default:
		return field.Kind().String()
	}
}

type pair struct {
	Type string          `json:"type"`
	Into json.RawMessage `json:"into"`
	From json.RawMessage `json:"from"`
}

func mergeAll(in io.Reader, out io.Writer) {
	var pairs []pair
	if err := json.NewDecoder(in).Decode(&pairs); err != nil {
		fail(err)
	}
	results := make([]json.RawMessage, len(pairs))
	for i, each := range pairs {
		into, from := read(each.Type, each.Into), read(each.Type, each.From)
		proto.Merge(into, from)
		text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(into)
		if err != nil {
			fail(err)
		}
		results[i] = text
	}
	if err := json.NewEncoder(out).Encode(results); err != nil {
		fail(err)
	}
}

func read(name string, text []byte) proto.Message {
	message := find(name).New().Interface()
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, message); err != nil {
		fail(fmt.Errorf("%s: %w", name, err))
	}
	return message
}

func find(name string) protoreflect.MessageType {
	found, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(name))
	if err != nil {
		fail(fmt.Errorf("%s: %w", name, err))
	}
	return found
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
