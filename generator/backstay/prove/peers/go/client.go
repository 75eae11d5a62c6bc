package main

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

const longest = 60 * time.Second

// codes are the names that gRPC's other runtimes have for status codes.
var codes = []string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
	"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
	"INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

// client is one channel, and one call at a time on it that may be silent.
type client struct {
	channel *grpc.ClientConn
	kind    string
	words   chan []byte
}

func runClient(target string, known options) {
	channel, err := grpc.NewClient("passthrough:///"+target, known.dial()...)
	if err != nil {
		fatal(err)
	}
	one := &client{channel: channel}
	tell("ready", nil)
	commands(one.do)
}

func (c *client) do(asked command) {
	switch asked.Do {
	case "open":
		c.kind, c.words = asked.Stream, make(chan []byte, 16)
		if c.kind == "none" {
			go c.unary(c.kind, word(), longest, true)
		} else {
			c.words <- word()
			go c.stream(c.kind, c.words)
		}
	case "speak":
		if c.kind == "none" {
			go c.unary(c.kind, word(), longest, false)
		} else if asked.More {
			c.words <- []byte(more)
		} else {
			c.words <- word()
		}
	case fail:
		go c.unary(fail, word(), longest, true)
	case hold:
		for _, milliseconds := range asked.Milliseconds {
			within := longest + time.Duration(milliseconds)*time.Millisecond
			go c.unary(hold, []byte(strconv.Itoa(milliseconds)), within, true)
		}
	case never:
		go c.never(asked.Stream)
	}
}

func word() []byte { return []byte("word") }

func (c *client) unary(method string, said []byte, within time.Duration, wait bool) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	var heard []byte
	report(c.channel.Invoke(ctx, service+method, &said, &heard, grpc.WaitForReady(wait)))
}

// never calls what never answers, for as long as nobody but the channel's configuration ends it.
func (c *client) never(kind string) {
	open := &grpc.StreamDesc{ServerStreams: true, ClientStreams: kind == "client" || kind == "both"}
	stream, err := c.channel.NewStream(context.Background(), open, service+never, grpc.WaitForReady(true))
	if err == nil {
		said := word()
		err = stream.SendMsg(&said)
	}
	if err == nil && !open.ClientStreams {
		err = stream.CloseSend()
	}
	if err == nil {
		var heard []byte
		err = stream.RecvMsg(&heard)
	}
	report(err)
}

func (c *client) stream(kind string, words <-chan []byte) {
	open := &grpc.StreamDesc{ServerStreams: kind != "client", ClientStreams: kind != "server"}
	stream, err := c.channel.NewStream(context.Background(), open, service+kind, grpc.WaitForReady(true))
	if err != nil {
		report(err)
		return
	}
	if kind == "server" {
		said := <-words
		err = errors.Join(stream.SendMsg(&said), stream.CloseSend())
	} else {
		go say(stream, words)
	}
	for err == nil {
		var heard []byte
		if err = stream.RecvMsg(&heard); err == nil {
			tell("answer", nil)
			if kind == "client" {
				return
			}
		}
	}
	if !errors.Is(err, io.EOF) {
		report(err)
	}
}

func say(stream grpc.ClientStream, words <-chan []byte) {
	for said := range words {
		if stream.SendMsg(&said) != nil {
			return // whoever receives learns why
		}
	}
}

func report(err error) {
	if err == nil {
		tell("answer", nil)
		return
	}
	known := status.Convert(err)
	tell("failed", map[string]any{"code": codes[known.Code()], "details": known.Message()})
}
