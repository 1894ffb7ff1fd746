package scenario

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport"
)

// errorText is the word for an error: EOF, timeout, closed, the POSIX name of
// an errno, or what the error says where there is none.
func errorText(err error) string {
	var dns *net.DNSError
	var errno syscall.Errno
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, io.EOF):
		return "EOF"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "EOF too early"
	case errors.As(err, &dns):
		return dnsText(dns)
	case errors.Is(err, netstack.ErrSystemLimit):
		return "ENFILE"
	case errors.Is(err, net.ErrClosed):
		return "closed"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.As(err, &errno):
		if word := transport.Reason(errno); word != "" {
			return strings.ToUpper(word)
		}
	}
	return oneLine(err.Error())
}

// dnsText is the word for what the name service answers.
func dnsText(err *net.DNSError) string {
	switch {
	case err.IsNotFound:
		return "no such host"
	case err.IsTimeout:
		return "lookup timeout"
	}
	return "lookup: " + oneLine(err.Err)
}

// oneLine keeps text from breaking the transcript.
func oneLine(text string) string {
	return strings.Join(strings.Fields(text), " ")
}

// reason is gen_tcp's word for an error of the Transport.
func reason(err error) string {
	if word := transport.Reason(err); word != "" {
		return word
	}
	return errorText(err)
}
