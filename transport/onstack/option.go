package onstack

import (
	"errors"
	"syscall"

	"github.com/seed-731cb71d/warren/transport"
)

// ttlDefault is the time to live where nobody has set one, RFC 1700.
const ttlDefault = 64

// applies reports whether the stack has the option, for the socket's family.
func applies(opt transport.SockOpt, inet6 bool) bool {
	switch opt {
	case transport.SockNoDelay, transport.SockKeepAlive, transport.SockRecvBuffer, transport.SockSendBuffer,
		transport.SockTTL, transport.SockTOS, transport.SockReuseAddr:
		return true
	case transport.SockTrafficClass, transport.SockV6Only:
		return inet6
	}
	return false
}

// checkOption refuses what the kernel refuses, and returns the value as it
// reads back.
func checkOption(opt transport.SockOpt, value int, inet6 bool) (int, error) {
	if !applies(opt, inet6) {
		return 0, errors.ErrUnsupported
	}
	switch opt {
	case transport.SockNoDelay, transport.SockKeepAlive, transport.SockReuseAddr, transport.SockV6Only:
		return flag(value != 0), nil
	case transport.SockTTL:
		if value < 1 || value > 255 {
			return 0, syscall.EINVAL
		}
	case transport.SockTOS, transport.SockTrafficClass:
		if value < 0 || value > 255 {
			return 0, syscall.EINVAL
		}
	case transport.SockRecvBuffer, transport.SockSendBuffer:
		return max(value, 0), nil
	}
	return value, nil
}

// SetOption sets one option of the connection.
func (c *conn) SetOption(opt transport.SockOpt, value int) error {
	value, err := checkOption(opt, value, c.inet6)
	if err != nil {
		return err
	}
	switch opt {
	case transport.SockNoDelay:
		return c.stack.SetNoDelay(value != 0)
	case transport.SockKeepAlive:
		return c.stack.SetKeepAlive(value != 0)
	case transport.SockRecvBuffer:
		return c.stack.SetReadBuffer(value)
	case transport.SockSendBuffer:
		return c.stack.SetWriteBuffer(value)
	case transport.SockTTL:
		return c.stack.SetTTL(value)
	case transport.SockTOS, transport.SockTrafficClass:
		return c.stack.SetTrafficClass(value)
	case transport.SockReuseAddr:
		c.reuseAddr.Store(value != 0)
		return nil
	}
	return syscall.EINVAL // SockV6Only: too late for a connection
}

// Option gets one option of the connection.
func (c *conn) Option(opt transport.SockOpt) (int, error) {
	if !applies(opt, c.inet6) {
		return 0, errors.ErrUnsupported
	}
	switch opt {
	case transport.SockNoDelay:
		return flag(c.stack.NoDelay()), nil
	case transport.SockKeepAlive:
		return flag(c.stack.KeepAlive()), nil
	case transport.SockRecvBuffer:
		return c.stack.ReadBuffer(), nil
	case transport.SockSendBuffer:
		return c.stack.WriteBuffer(), nil
	case transport.SockTTL:
		if ttl := c.stack.TTL(); ttl != 0 {
			return ttl, nil
		}
		return ttlDefault, nil
	case transport.SockTOS, transport.SockTrafficClass:
		return c.stack.TrafficClass(), nil
	case transport.SockReuseAddr:
		return flag(c.reuseAddr.Load()), nil
	}
	return 0, nil // SockV6Only
}

func (c *conn) setOptions(options []transport.SockOptValue) error {
	for _, o := range options {
		if err := c.SetOption(o.Opt, o.Value); err != nil {
			return err
		}
	}
	return nil
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}
