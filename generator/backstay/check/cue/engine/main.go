// Command engine evaluates CUE: a JSON request a line on stdin, a JSON reply a line on stdout, until stdin ends.
// Values stay here under numbers; see the Python side (check/cue/process.py) for what is asked. Arguments: the most CPU
// milliseconds and the most bytes of heap that one request may take; a request that takes more is told so, and the
// engine ends.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

// request is one line of stdin; which fields matter depends on `op`.
type request struct {
	Op       string          `json:"op"`
	Files    []source        `json:"files"`
	Values   []int           `json:"values"`
	Union    int             `json:"union"`
	Members  []int           `json:"members"`
	Path     string          `json:"path"`
	Object   json.RawMessage `json:"object"`
	Concrete bool            `json:"concrete"`
	Final    bool            `json:"final"`
}

// source is a CUE file: its name as findings print it, and its text.
type source struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// reply is one line of stdout.
type reply struct {
	Value    int             `json:"value,omitempty"`
	Faults   []fault         `json:"faults,omitempty"`
	Verdicts []verdict       `json:"verdicts,omitempty"`
	Policies []policy        `json:"policies,omitempty"`
	JSON     json.RawMessage `json:"json,omitempty"`
	Spots    []spot          `json:"spots,omitempty"`
	Text     string          `json:"text,omitempty"`
	Bounded  string          `json:"bounded,omitempty"`
	Refused  string          `json:"refused,omitempty"`
}

func main() {
	if len(os.Args) != 3 {
		fatal(errors.New("usage: engine CPU_MILLISECONDS HEAP_BYTES"))
	}
	milliseconds, wrong := strconv.ParseInt(os.Args[1], 10, 64)
	heap, wrongToo := strconv.ParseUint(os.Args[2], 10, 64)
	if err := errors.Join(wrong, wrongToo); err != nil {
		fatal(err)
	}
	guard := newGuard(milliseconds, heap, os.Stdout)
	shelf := newShelf()
	for lines := bufio.NewReaderSize(os.Stdin, 1<<16); ; {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		if err != nil {
			fatal(err)
		}
		guard.during(func() reply { return answer(shelf, line) })
	}
}

// answer does what a line asks. A panic of the evaluator's is told, not died of.
func answer(shelf *shelf, line []byte) (told reply) {
	defer func() {
		if what := recover(); what != nil {
			told = reply{Refused: fmt.Sprintf("the evaluator failed: %v", what)}
		}
	}()
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return reply{Refused: err.Error()}
	}
	do, known := operations[asked.Op]
	if !known {
		return reply{Refused: "there is no operation " + strconv.Quote(asked.Op)}
	}
	told, err := do(shelf, asked)
	if err != nil {
		return reply{Refused: err.Error()}
	}
	return told
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}
