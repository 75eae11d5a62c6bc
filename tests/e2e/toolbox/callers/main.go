// Callers uses what backstay emits for Go programs, and prints as JSON what came of it.
//
// The emitted files are put into the folder calls beside it. Nothing is connected to: the database is one that never
// answers, the channel is idle.
package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"backstay.dev/toolbox/callers/calls"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

type nowhere struct{}

func (nowhere) Connect(context.Context) (driver.Conn, error) { return nil, errors.New("nowhere") }
func (nowhere) Driver() driver.Driver                        { return nil }

func main() {
	db := sql.OpenDB(nowhere{})
	if err := calls.OrdersDbPool(db); err != nil {
		fail(err)
	}
	options, err := calls.FeaturesChannel()
	if err != nil {
		fail(err)
	}
	options = append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))
	channel, err := grpc.NewClient("passthrough:///nowhere", options...)
	if err != nil {
		fail(err)
	}
	defer channel.Close()
	told := map[string]int{"maxOpen": db.Stats().MaxOpenConnections, "options": len(options)}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
