// Command peer is the gRPC client or server of a proof where the runtime is Go: the same words on stdin and stdout as
// the Python peers (prove/peers/grpc_client.py, grpc_server.py). Arguments: `client` or `server`, and JSON settings.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

const (
	service = "/backstay.Proof/"
	fail    = "fail"
	hold    = "hold"
	never   = "never"
	more    = "more"
)

// settings are what the prover decides: channel arguments by C-core's names, and how many times faster time passes.
type settings struct {
	Target  string               `json:"target"`
	Options [][2]json.RawMessage `json:"options"`
	Scale   int                  `json:"scale"`
}

// command is one line of stdin.
type command struct {
	Do           string `json:"do"`
	Stream       string `json:"stream"`
	More         bool   `json:"more"`
	Milliseconds []int  `json:"milliseconds"`
}

var oneAtATime sync.Mutex

// tell writes an event to stdout; any goroutine may.
func tell(event string, facts map[string]any) {
	line := map[string]any{"event": event}
	for name, fact := range facts {
		line[name] = fact
	}
	oneAtATime.Lock()
	defer oneAtATime.Unlock()
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		os.Exit(1)
	}
}

// commands hands every line of stdin to a function; the process ends with its prover, whatever it waits for.
func commands(do func(command)) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var one command
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			fatal(err)
		}
		do(one)
	}
	os.Exit(0)
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func main() {
	if len(os.Args) != 3 {
		fatal(fmt.Errorf("usage: %s client|server SETTINGS", os.Args[0]))
	}
	var asked settings
	if err := json.Unmarshal([]byte(os.Args[2]), &asked); err != nil {
		fatal(err)
	}
	known, err := read(asked)
	if err != nil {
		fatal(err)
	}
	hurry(asked.Scale)
	switch os.Args[1] {
	case "client":
		runClient(asked.Target, known)
	case "server":
		runServer(known)
	default:
		fatal(fmt.Errorf("neither client nor server: %s", os.Args[1]))
	}
}
