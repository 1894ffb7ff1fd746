package recipes

import (
	"context"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// overGRPC asks gRPC's own health service how it is.
func overGRPC(t *testing.T, w *sim.World) {
	api, app := w.Host("api"), w.Host("app")
	lost := w.Fault(fault.Drop{Select: fault.Select{From: []string{"api"}, PayloadMin: 1, Nth: 1}})

	listener := sim.Must(api.Listen("tcp", ":50051"))
	server := grpc.NewServer()
	healthpb.RegisterHealthServer(server, health.NewServer())
	go server.Serve(listener)
	defer server.Stop()

	conn := sim.Must(grpc.NewClient("passthrough:///api:50051",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			return app.DialContext(ctx, "tcp", address)
		})))
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	answer := sim.Must(healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{}))

	if answer.Status != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("the service is %v", answer.Status)
	}
	wantOneHit(t, lost)
}
