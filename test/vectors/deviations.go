package vectors

// The answers that several rows share.
const (
	badarg   = `{"result":"error","reason":"badarg"}`
	einval   = `{"result":"error","reason":"einval"}`
	closed   = `{"result":"error","reason":"closed"}`
	enomem   = `{"result":"error","reason":"enomem"}`
	emsgsize = `{"result":"error","reason":"emsgsize"}`
	done     = `{"result":"done"}`
	isTPKT   = `{"result":"ok","values":[["packet","tpkt"]]}`
)

// The reasons that several rows share.
const (
	noHTTP     = "The http packet types are not offered, because net/http does that in Go; setting one is refused, so that nobody is delivered something else."
	noNegative = "A negative number means nothing here and is refused; gen_tcp accepts it by accident."
	noDeliver  = "The form of messages that Erlang's ports have does not exist in Go; asking for it is refused."
	noInfinity = "A negative timeout is refused, as gen_tcp documents only a time or infinity; Infinity has a name of its own."
)

// userspace are the arms on a userspace stack.
var userspace = []string{"netstack", "tun", "sim"}

// Deviations are the scenarios that do not end as recorded, and why.
var Deviations = []Deviation{
	{ID: "accept-negative-timeout", Answers: map[int]string{3: done, 5: badarg}, Reason: noInfinity},
	{ID: "recv-negative-timeout", Answers: map[int]string{5: done, 7: badarg}, Reason: noInfinity},
	{ID: "accept-huge-timeout", Answers: map[int]string{5: closed},
		Reason: "A long timeout is a long timeout; gen_tcp wraps at 32 bits of milliseconds."},
	{ID: "recv-over-max-length-2", Answers: map[int]string{3: enomem},
		Reason: "All lengths above 64 MiB answer enomem; gen_tcp wraps at 32 bits."},
	{ID: "recv-blocked-then-active",
		Answers: map[int]string{
			6: einval,
			9: `{"result":"message","message":{"type":"tcp","socket":"s","data":{"as":"binary","text":"y"}}}`,
		},
		Reason: "A reader whose socket turns active gets einval at once, as it would a moment later; in gen_tcp it starves and delivery stalls."},
	{ID: "recv-blocked-exact-then-active",
		Answers: map[int]string{
			7: done, 8: einval,
			9:  `{"result":"message","message":{"type":"tcp","socket":"s","data":{"as":"binary","text":"xyz"}}}`,
			11: `{"result":"message","message":{"type":"tcp","socket":"s","data":{"as":"binary","text":"uvwxyz"}}}`,
		},
		Reason: "A reader whose socket turns active gets einval at once, as it would a moment later; in gen_tcp it starves and delivery stalls."},
	{ID: "recv-unrecv", Skip: true,
		Reason: "unrecv is an internal of Erlang's inet module and not part of the contract."},
	{ID: "close-pending-other-sees-closed",
		Answers: map[int]string{
			5: closed, 8: done,
			9:  `{"result":"ok","ended_by":"fin","data":{"as":"binary","repeat":"a","n":3000000}}`,
			11: closed,
		},
		Reason: "A socket that is being closed is closed for everybody at once; what was queued is still delivered."},
	{ID: "cp-closed-waiting-keep-open",
		Answers: map[int]string{6: `{"result":"ok","actor":"b"}`},
		Reason:  "A hand-over that answers ok has handed over; gen_tcp leaves the owner as it was."},

	{ID: "packet-4-over-64m", Answers: map[int]string{4: emsgsize},
		Reason: "A packet above 64 MiB without a packet_size is refused, because nobody should have to hold 2 GiB for a peer."},
	{ID: "packet-http-bin", Answers: map[int]string{0: badarg}, Ends: true, Reason: noHTTP},
	{ID: "packet-http-response", Answers: map[int]string{0: badarg}, Ends: true, Reason: noHTTP},
	{ID: "packet-http-absolute", Answers: map[int]string{0: badarg}, Ends: true, Reason: noHTTP},
	{ID: "packet-http-error", Answers: map[int]string{0: badarg}, Ends: true, Reason: noHTTP},
	{ID: "packet-http-two-words", Answers: map[int]string{0: badarg}, Ends: true, Reason: noHTTP},
	{ID: "packet-http-switch-back", Answers: map[int]string{0: badarg}, Ends: true, Reason: noHTTP},
	{ID: "packet-httph", Answers: map[int]string{0: badarg}, Ends: true, Reason: noHTTP},
	{ID: "packet-http-active", Answers: map[int]string{0: badarg}, Ends: true, Reason: noHTTP},
	{ID: "packet-http-line-too-long", Answers: map[int]string{0: badarg}, Ends: true, Reason: noHTTP},
	{ID: "send-packet-other", Answers: map[int]string{5: einval}, Reason: noHTTP},
	{ID: "options-packet-names",
		Answers: map[int]string{
			25: einval, 26: isTPKT, 27: einval, 28: isTPKT, 29: einval, 30: isTPKT,
			31: einval, 32: isTPKT, 33: einval, 34: isTPKT,
		},
		Reason: noHTTP},
	{ID: "packet-ssl-tls", Answers: map[int]string{0: badarg}, Ends: true,
		Reason: "ssl_tls is an internal of Erlang's ssl application; in Go crypto/tls does that on top of the socket."},

	{ID: "options-setopts-order", Answers: map[int]string{4: `{"result":"ok","values":[["packet",4]]}`},
		Reason: "SetOpts applies options in the order given, so the last wins, as at Listen; gen_tcp goes back to front."},
	{ID: "options-setopts-recbuf-buffer", Answers: map[int]string{6: `{"result":"ok","values":[["buffer",24000]]}`},
		Reason: "SetOpts applies options in the order given, so a recbuf behind a buffer raises it; gen_tcp goes back to front."},
	{ID: "options-setopts-partial-2", Answers: map[int]string{4: `{"result":"ok","values":[["nodelay",false]]}`},
		Reason: "A refused SetOpts changes nothing at all; gen_tcp has applied a part when only the kernel refuses."},
	{ID: "options-linger-negative", Answers: map[int]string{3: einval}, Reason: noNegative},
	{ID: "options-watermarks-negative", Answers: map[int]string{3: einval}, Reason: noNegative},
	{ID: "options-buffer-negative", Answers: map[int]string{3: einval}, Reason: noNegative},
	{ID: "options-line-delimiter-range", Answers: map[int]string{3: einval, 4: einval},
		Reason: "A delimiter is a byte; gen_tcp takes other numbers and cuts them off."},

	{ID: "listen-tcp-module-default", Answers: map[int]string{0: badarg}, Ends: true,
		Reason: "tcp_module names a network of the node; Erlang's module names mean nothing in Go."},
	{ID: "active-deliver-port", Answers: map[int]string{0: badarg}, Ends: true, Reason: noDeliver},
	{ID: "options-deliver",
		Answers: map[int]string{3: einval, 4: `{"result":"ok","values":[["deliver","term"]]}`},
		Reason:  noDeliver},
	{ID: "options-udp-only", Answers: map[int]string{3: einval}, Ends: true,
		Reason: "Options of datagram sockets are refused on a TCP socket instead of being taken without effect."},
	{ID: "listen-fd-invalid", Arms: userspace, Answers: map[int]string{0: badarg},
		Reason: "A userspace stack has no descriptors, so fd is refused before it is looked at; the kernel's network takes it."},
	{ID: "listen-bind-device-lo", Arms: userspace, Answers: map[int]string{0: einval}, Ends: true,
		Reason: "A userspace stack has none of the host's devices; its sockets are bound to an interface by the address."},
	{ID: "options-priority-tos", Answers: map[int]string{8: einval},
		Reason: "A priority is 0 to 6, what Linux lets everybody set; gen_tcp takes any number from a privileged program."},
	{ID: "options-raw-get-set", Answers: map[int]string{3: einval}, Ends: true,
		Reason: "raw would bypass the options that this package keeps track of, and a userspace stack has no raw options."},
}
