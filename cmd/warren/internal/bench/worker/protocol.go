package worker

import (
	"encoding/json"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// The requests. One is answered before the next one is sent.
const (
	doOpen   = "open"   // builds the network
	doServe  = "serve"  // starts the serving side
	doDrive  = "drive"  // runs the driving side
	doFinish = "finish" // waits for the serving side
	doAbort  = "abort"  // ends the serving side
	doRun    = "run"    // runs both sides
)

// request is a line to the worker.
type request struct {
	Do   string          `json:"do"`
	Kind string          `json:"kind,omitempty"`
	Spec json.RawMessage `json:"spec,omitempty"`
	Task *task.Task      `json:"task,omitempty"`
}

// answer is a line from the worker.
type answer struct {
	Error   string       `json:"error,omitempty"`
	Address string       `json:"address,omitempty"`
	Result  *task.Result `json:"result,omitempty"`
}
