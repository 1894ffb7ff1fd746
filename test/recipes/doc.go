// Package recipes shows how programs of everyday libraries dial and listen on
// hosts of the simulator: net/http, gRPC, pgx, go-sql-driver/mysql, go-redis
// and nats.go. Each recipe is a function of a world and runs as a test in
// virtual time; docs/simulation.md shows the same lines.
//
// The package is a module of its own, so that what the recipes need does not
// become a dependency of warren. Run it where its go.mod lies:
//
//	cd test/recipes && go test ./...
package recipes
