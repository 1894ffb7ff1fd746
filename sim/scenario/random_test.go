package scenario

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// randomStart and randomLines are what random scenarios are made of. The lines
// make sense in any order, though what they do may fail.
const randomStart = `limits events=3000 time=100h
tcp retries=3 syn-retries=2
host a ports=40000-40010
host b sockets=6
host d family=dual
wire w
link a b delay=10ms
anna = owner a
bert = owner b
l = listen b :80 backlog=2
c = dial a b:80
s = accept l
u = udp a :5000
v = udp b :53
tl = tcp.listen bert 90 active=false backlog=1
tc = tcp.connect anna b:90 active=false timeout=1s
ts = tcp.accept bert tl timeout=1s
f = fault loss chance=10%
m = mark
j = read c timeout=1s &
`

var randomLines = strings.Split(strings.TrimSpace(`
c = dial a b:80 timeout=5s
c = dial a b:80 timeout=5s &
c = dial a b:81 linger=0
c = dial d b:80 local=:40001 reuseaddr timeout=100ms
c = dial a a:80
s = accept l timeout=1s
s = accept l timeout=1s &
l = listen b :80 backlog=0
read c timeout=100ms
read s 1 timeout=100ms &
readfull s 5000 timeout=1s
drain c timeout=500ms
j = drain s timeout=500ms &
await j
write c "hello"
write s 100k timeout=1s
write c 200k timeout=1s &
closewrite c
closewrite s
closeread s
close c
close s
close l
close u
abort c
abort s
set c linger=0
set s nodelay=off keepalive=1s/1s/3 user-timeout=2s
set c send-buffer=4k receive-buffer=4k
sendto u b:53 "question"
sendto v a:5000 3000
recvfrom v timeout=50ms
recvfrom u timeout=50ms &
ping a b timeout=1s
ping b d
lookup a b
tc = tcp.connect anna b:90 active=once timeout=1s
ts = tcp.accept bert tl timeout=1s &
ts = tcp.accept bert tl timeout=0s
tcp.receive anna tc timeout=100ms
tcp.receive bert ts 10 timeout=100ms &
tcp.send anna tc "hello"
tcp.send bert ts 100k &
tcp.setopts anna tc active=true
tcp.setopts bert ts active=3 send_timeout=1s
tcp.getopts anna tc active mode
tcp.getstat bert ts
tcp.port anna tc
tcp.message anna timeout=100ms
tcp.message bert ts timeout=100ms &
tcp.controlling_process anna tc anna
tcp.controlling_process anna ts bert
tcp.shutdown anna tc write
tcp.close anna tc
tcp.close bert ts &
tcp.close bert tl
tcp.exit anna
inject c < R 1:1(0)
inject c > F. 1:1(0) ack 1
inject s < S 5:5(0)
inject tc < P. 1:3(2) ack 1 "hi"
inject w:1 > b:80 S 0:0(0)
inject times=5 vary=port w:100 > b:80 S 0:0(0) <mss 100>
inject isn=5 w:1 > b:80 S 0:0(0)
inject w:1 > b:80 . 1:1(0) ack 1
inject abs w:1 > b:80 . 1:1(0) ack 7
f = fault drop nth=1
fault duplicate chance=50% copies=2
fault reorder chance=50% distance=1 delay=50ms
fault corrupt chance=5% bits=1
fault crash host=b at=5s restart=1s
fault pause host=a at=1s for=2s
fault skew host=a at=1s ppm=500
fault dns names=b late=1s
fault dns lost chance=50%
fault flap up=1s down=1s
fault clog start=1s end=3s
fault partition a=a b=b oneway
fault delay chance=50% delay=5ms spread=20ms
fault burst enter=1% leave=30% bad=100%
c = dial a b:80 dns timeout=10s
name www.example b
note "here"
remove f
hits
crash b
crash a
restart b
restart a
pause a
resume a
pause b
resume b
skew b 1000
run 1s
run 1h
until m+10s
settle
wait
step 5
mm = mark
sockets a
sockets b
info c
info s cwnd rto
watch c cwnd state for=1s
counters b
elapsed m
packets last=5
packets flow=c full
packets since=m syn times
link a b delay=1ms rate=1mbit queue=3p
path a b delay=30ms jitter=5ms
path b a mtu=1000
echo b :7
sink a :9
host x%n
hash
`), "\n")

// randomScenario is one of them.
func randomScenario(r *rand.Rand, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d\norder %s\n", n+1, []string{"fixed", "seeded"}[n%2])
	b.WriteString(randomStart)
	for range 5 + r.IntN(40) {
		line := randomLines[r.IntN(len(randomLines))]
		b.WriteString(strings.ReplaceAll(line, "%n", fmt.Sprintf("%d-%d", n, b.Len())) + "\n")
	}
	return b.String()
}

// TestRandomScenarios runs commands in random order: nothing panics or hangs,
// and each has one trace and one transcript.
func TestRandomScenarios(t *testing.T) {
	runs := 60
	if testing.Short() {
		runs = 10
	}
	ended := 0
	for n := range runs {
		text := randomScenario(rand.New(rand.NewPCG(uint64(n), 1)), n)
		f, err := Parse("random.scenario", []byte(text))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		first, err := f.Run(Options{})
		second, again := f.Run(Options{})
		if fmt.Sprint(err) != fmt.Sprint(again) || first.Hash != second.Hash || string(first.Updated) != string(second.Updated) {
			t.Errorf("scenario %d: two runs differ: %v and %v\n%s", n, err, again, text)
		}
		if err == nil {
			ended++
		}
	}
	if ended < runs/4 {
		t.Errorf("%d of %d scenarios come to their end: they show little", ended, runs)
	}
}
