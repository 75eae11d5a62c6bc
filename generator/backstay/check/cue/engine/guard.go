package main

import (
	"encoding/json"
	"io"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"syscall"
	"time"
)

const (
	look = 20 * time.Millisecond
	heap = "/memory/classes/heap/objects:bytes"
)

// guard ends the process when a request takes too much CPU time or heap, after it said which.
type guard struct {
	most   time.Duration
	bytes  uint64
	out    io.Writer
	lock   sync.Mutex
	busy   bool
	before time.Duration
}

func newGuard(milliseconds int64, bytes uint64, out io.Writer) *guard {
	debug.SetGCPercent(200)                      // an object leaves little behind: collecting costs more than keeping
	debug.SetMemoryLimit(int64(bytes - bytes/4)) // collect harder before giving up
	debug.SetMaxStack(int(bytes / 2))
	one := &guard{most: time.Duration(milliseconds) * time.Millisecond, bytes: bytes, out: out}
	go one.watch()
	return one
}

// during answers one request under watch.
func (g *guard) during(work func() reply) {
	g.lock.Lock()
	g.busy, g.before = true, spent()
	g.lock.Unlock()
	told := work()
	g.lock.Lock()
	g.busy = false
	g.write(told)
	g.lock.Unlock()
}

func (g *guard) watch() {
	samples := []metrics.Sample{{Name: heap}}
	for range time.Tick(look) {
		g.lock.Lock()
		if g.busy {
			metrics.Read(samples)
			if samples[0].Value.Uint64() > g.bytes {
				g.end("memory")
			}
			if spent()-g.before > g.most {
				g.end("time")
			}
		}
		g.lock.Unlock()
	}
}

func (g *guard) end(reason string) {
	g.write(reply{Bounded: reason})
	os.Exit(0)
}

func (g *guard) write(told reply) {
	if err := json.NewEncoder(g.out).Encode(told); err != nil {
		os.Exit(1)
	}
}

// spent is the CPU time of this process: unlike the clock, it does not depend on what else the machine does.
func spent() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
