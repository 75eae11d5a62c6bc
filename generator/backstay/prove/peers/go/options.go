package main

import (
	"encoding/json"
	"math"
	"time"
	_ "unsafe" // for the two floors, which are grpc-go's own

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// The floors of grpc-go, which raise whatever is below them. Its own tests lower them, too.
//
//go:linkname clientFloor google.golang.org/grpc/internal.KeepaliveMinPingTime
var clientFloor time.Duration

//go:linkname serverFloor google.golang.org/grpc/internal.KeepaliveMinServerPingTime
var serverFloor time.Duration

// hurry makes the floors pass faster, as all other times do.
func hurry(scale int) {
	if scale > 1 {
		clientFloor /= time.Duration(scale)
		serverFloor /= time.Duration(scale)
	}
}

// options are channel arguments by C-core's names: numbers and texts.
type options struct {
	numbers map[string]int64
	texts   map[string]string
}

func read(asked settings) (options, error) {
	known := options{map[string]int64{}, map[string]string{}}
	for _, pair := range asked.Options {
		var name, text string
		if err := json.Unmarshal(pair[0], &name); err != nil {
			return known, err
		}
		var number int64
		if json.Unmarshal(pair[1], &number) == nil {
			known.numbers[name] = number
		} else if err := json.Unmarshal(pair[1], &text); err != nil {
			return known, err
		} else {
			known.texts[name] = text
		}
	}
	return known, nil
}

// time is zero, which is grpc-go's word for its default, when the argument is not there or says "never".
func (o options) time(name string) time.Duration {
	number := o.numbers["grpc."+name]
	if number >= math.MaxInt32 {
		return 0
	}
	return time.Duration(number) * time.Millisecond
}

func (o options) permits() bool {
	return o.numbers["grpc.keepalive_permit_without_calls"] != 0
}

func (o options) dial() []grpc.DialOption {
	made := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithNoProxy(),
		grpc.WithIdleTimeout(0),
		grpc.WithAuthority(o.texts["grpc.default_authority"]),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(raw{})),
	}
	if config := o.texts["grpc.service_config"]; config != "" {
		made = append(made, grpc.WithDefaultServiceConfig(config))
	}
	if every := o.time("keepalive_time_ms"); every > 0 {
		made = append(made, grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: every, Timeout: o.time("keepalive_timeout_ms"), PermitWithoutStream: o.permits(),
		}))
	}
	return made
}

func (o options) serve() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ForceServerCodec(raw{}),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: o.time("keepalive_time_ms"), Timeout: o.time("keepalive_timeout_ms"),
			MaxConnectionIdle:     o.time("max_connection_idle_ms"),
			MaxConnectionAge:      o.time("max_connection_age_ms"),
			MaxConnectionAgeGrace: o.time("max_connection_age_grace_ms"),
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
			MinTime: o.time("http2.min_ping_interval_without_data_ms"), PermitWithoutStream: o.permits(),
		}),
	}
}

// raw passes bytes as they are.
type raw struct{}

func (raw) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }

func (raw) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}

func (raw) Name() string { return "raw" }
