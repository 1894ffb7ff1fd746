package netstack

import "time"

// The defaults of TCP on a stack that has no links but pipes. There a round trip
// takes microseconds and nothing is lost, so larger buffers make one connection
// no faster. A thousand of them fill what memory they are given, and all of it
// is on its way at once: with 4 MiB each, a segment waited for longer than 200
// ms for its turn, was sent again, and the second copies kept the first ones
// waiting. What is on its way is in the sender's buffer, so that one is small.
const pipeRTOMin = time.Second // what RFC 6298, section 2.4, asks for

var (
	pipeSendBuffer    = BufferBytes{Min: 4 << 10, Default: 256 << 10, Max: 256 << 10}
	pipeReceiveBuffer = BufferBytes{Min: 4 << 10, Default: 1 << 20, Max: 1 << 20}
)

// losslessLink is a Link on which TCP loses nothing. A decorator, which may do
// anything to what passes, hides it.
type losslessLink interface{ neverLoses() }

var _ losslessLink = (*pipeEnd)(nil)

func (*pipeEnd) neverLoses() {}

// onlyPipes reports whether there are links and none of them loses anything.
func onlyPipes(interfaces []Interface) bool {
	for _, i := range interfaces {
		if _, ok := i.Link.(losslessLink); !ok {
			return false
		}
	}
	return len(interfaces) > 0
}

// overPipes fills in what is zero. RACK-TLP does harm where it has nothing to
// find: it takes for lost what has waited for longer than two of the round trips
// that the handshake took. A thousand connections that share a pipe probed at
// nearly every write, and packets shrank to a third.
func (c TCPConfig) overPipes() TCPConfig {
	c.NoRACK = true
	if c.RTOMin == 0 && (c.RTOMax == 0 || c.RTOMax >= pipeRTOMin) {
		c.RTOMin = pipeRTOMin
	}
	if c.SendBuffer == (BufferBytes{}) {
		c.SendBuffer = pipeSendBuffer
	}
	if c.ReceiveBuffer == (BufferBytes{}) {
		c.ReceiveBuffer = pipeReceiveBuffer
	}
	return c
}
