package main

import (
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	grpccodes "google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func runServer(known options) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fatal(err)
	}
	one := &server{waiting: make(chan struct{}, 16)}
	serving := grpc.NewServer(append(known.serve(), grpc.UnknownServiceHandler(one.handle))...)
	go func() {
		if err := serving.Serve(listener); err != nil {
			fatal(err)
		}
	}()
	go leave(serving)
	tell("ready", map[string]any{"port": listener.Addr().(*net.TCPAddr).Port})
	commands(func(asked command) {
		if asked.Do == "speak" {
			one.waiting <- struct{}{}
		}
	})
}

// leave ends as a well-behaved server does when it is told to go: nothing new is taken, what was begun is finished.
func leave(serving *grpc.Server) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	<-told
	serving.GracefulStop()
	os.Exit(0)
}

// server answers at once, says more when it is told to, and counts what reaches it.
type server struct {
	waiting chan struct{}
}

func (s *server) handle(_ any, stream grpc.ServerStream) error {
	path, _ := grpc.MethodFromServerStream(stream)
	method := strings.TrimPrefix(path, service)
	for number := 0; ; number++ {
		var said []byte
		if err := stream.RecvMsg(&said); err != nil {
			return nil // the caller has said all, or is gone
		}
		switch {
		case method == fail:
			tell("attempt", nil)
			return status.Error(grpccodes.Unavailable, "told to fail")
		case method == hold:
			return s.hold(stream, said)
		case method == never:
			tell("holds", nil)
			<-stream.Context().Done()
			tell("gone", nil)
			return nil
		case method == "client" && (number == 0 || string(said) == more):
			tell("got", nil)
		case method == "server":
			return s.again(stream, said)
		default:
			tell("got", nil)
			if err := stream.SendMsg(&said); err != nil || method != "both" {
				return err
			}
		}
	}
}

func (s *server) hold(stream grpc.ServerStream, said []byte) error {
	tell("holds", nil)
	milliseconds, err := strconv.Atoi(string(said))
	if err != nil {
		return status.Error(grpccodes.InvalidArgument, err.Error())
	}
	time.Sleep(time.Duration(milliseconds) * time.Millisecond)
	return stream.SendMsg(&said)
}

// again says a word at once, and once more each time that it is told to.
func (s *server) again(stream grpc.ServerStream, said []byte) error {
	tell("got", nil)
	for {
		if err := stream.SendMsg(&said); err != nil {
			return err
		}
		<-s.waiting
	}
}
