package recipes

import (
	"database/sql"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// overMySQL asks a MySQL server for a row, through database/sql.
func overMySQL(t *testing.T, w *sim.World) {
	db, app := w.Host("db"), w.Host("app")
	lost := w.Fault(fault.Drop{Select: fault.Select{From: []string{"app"}, Payload: "select name", Nth: 1}})
	go serveMySQL(sim.Must(db.Listen("tcp", ":3306")))

	config := mysql.NewConfig()
	config.User, config.Net, config.Addr, config.DBName = "user", "tcp", "db:3306", "shop"
	config.DialFunc = app.DialContext
	pool := sql.OpenDB(sim.Must(mysql.NewConnector(config)))
	defer pool.Close()
	var name string
	if err := pool.QueryRowContext(t.Context(), "select name from burrows").Scan(&name); err != nil {
		t.Fatal(err)
	}

	if name != "warren" {
		t.Errorf("the name is %q", name)
	}
	wantOneHit(t, lost)
}
