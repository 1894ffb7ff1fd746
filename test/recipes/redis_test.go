package recipes

import (
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// overRedis sets and gets a key of a miniredis server.
func overRedis(t *testing.T, w *sim.World) {
	cache, app := w.Host("cache"), w.Host("app")
	lost := w.Fault(fault.Drop{Select: fault.Select{From: []string{"app"}, Payload: "carrot", Nth: 1}})
	server := miniredis.NewMiniRedis()
	defer server.Close()
	go join(sim.Must(cache.Listen("tcp", ":6379")), server.Dial)

	client := redis.NewClient(&redis.Options{
		Addr: "cache:6379", Dialer: app.DialContext,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	defer client.Close()
	if err := client.Set(t.Context(), "food", "carrot", 0).Err(); err != nil {
		t.Fatal(err)
	}
	food := sim.Must(client.Get(t.Context(), "food").Result())

	if food != "carrot" {
		t.Errorf("the food is %q", food)
	}
	wantOneHit(t, lost)
}
