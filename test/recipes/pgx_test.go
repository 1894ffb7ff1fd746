package recipes

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// overPgx asks a PostgreSQL server for a row, through a pool.
func overPgx(t *testing.T, w *sim.World) {
	db, app := w.Host("db"), w.Host("app")
	lost := w.Fault(fault.Drop{Select: fault.Select{From: []string{"db"}, Payload: "SELECT 1", Nth: 1}})
	go servePostgres(sim.Must(db.Listen("tcp", ":5432")))

	config := sim.Must(pgxpool.ParseConfig("postgres://shop@db/?sslmode=disable"))
	config.ConnConfig.DialFunc = app.DialContext
	config.ConnConfig.LookupFunc = func(_ context.Context, host string) ([]string, error) {
		return []string{host}, nil // the world knows its names
	}
	pool := sim.Must(pgxpool.NewWithConfig(t.Context(), config))
	defer pool.Close()
	var name string
	if err := pool.QueryRow(t.Context(), "select name from burrows where id = $1", "7").Scan(&name); err != nil {
		t.Fatal(err)
	}

	if name != "warren" {
		t.Errorf("the name is %q", name)
	}
	wantOneHit(t, lost)
}
