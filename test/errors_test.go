//go:build linux && !android

package test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-731cb71d/warren/test/netns"
)

// errorTargets are what a program asks errors.Is for.
var errorTargets = []struct {
	name string
	err  error
}{
	{"EOF", io.EOF}, {"net.ErrClosed", net.ErrClosed}, {"os.ErrDeadlineExceeded", os.ErrDeadlineExceeded},
	{"context.Canceled", context.Canceled}, {"context.DeadlineExceeded", context.DeadlineExceeded},
	{"net.ErrWriteToConnected", net.ErrWriteToConnected},
	{"EACCES", syscall.EACCES}, {"EADDRINUSE", syscall.EADDRINUSE}, {"EADDRNOTAVAIL", syscall.EADDRNOTAVAIL},
	{"EAFNOSUPPORT", syscall.EAFNOSUPPORT}, {"ECONNABORTED", syscall.ECONNABORTED},
	{"ECONNREFUSED", syscall.ECONNREFUSED}, {"ECONNRESET", syscall.ECONNRESET},
	{"EDESTADDRREQ", syscall.EDESTADDRREQ}, {"EHOSTUNREACH", syscall.EHOSTUNREACH}, {"EINVAL", syscall.EINVAL},
	{"EMSGSIZE", syscall.EMSGSIZE}, {"ENETUNREACH", syscall.ENETUNREACH}, {"ENOTCONN", syscall.ENOTCONN},
	{"EPIPE", syscall.EPIPE}, {"ETIMEDOUT", syscall.ETIMEDOUT},
}

// address matches what differs between the worlds in an error's text.
var addressInError = regexp.MustCompile(`(\d+\.){3}\d+(:\d+)?|\[[0-9a-f:]*:[0-9a-f:]*\](:\d+)?|(2001:db8)?::[12]\b`)

// describe is an error as a program sees it: its text with the addresses
// blotted out, the fields of its OpError, the types that it wraps, and what
// errors.Is answers.
func describe(err error) string {
	if err == nil {
		return "no error"
	}
	row := []string{addressInError.ReplaceAllString(err.Error(), "ADDR")}
	var types []string
	for e := err; e != nil; e = errors.Unwrap(e) {
		if op, ok := e.(*net.OpError); ok {
			row = append(row, fmt.Sprintf("op=%s net=%s source=%T addr=%T", op.Op, op.Net, op.Source, op.Addr))
		}
		if pkg := reflect.Indirect(reflect.ValueOf(e)).Type().PkgPath(); pkg == "net" || pkg == "os" || pkg == "syscall" {
			if name := reflect.TypeOf(e).String(); name != "*net.timeoutError" && name != "net.canceledError" {
				types = append(types, name)
			}
		}
	}
	row = append(row, strings.Join(types, ">"))
	var ne net.Error
	if errors.As(err, &ne) {
		row = append(row, fmt.Sprintf("timeout=%t", ne.Timeout()))
	}
	for _, target := range errorTargets {
		if errors.Is(err, target.err) {
			row = append(row, "is "+target.name)
		}
	}
	return strings.Join(row, " | ")
}

// errorCase provokes one error in one world.
type errorCase struct {
	name string
	run  func(t *testing.T, arm errorArm) error
}

// compareErrors runs the cases in both worlds and prints a row for each. A
// row is wrong if the worlds differ, or if the kernel's lacks what the case
// is named after.
func compareErrors(t *testing.T, cases []errorCase) {
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			want := describe(c.run(t, kernelErrors()))
			got := describe(c.run(t, netstackErrors(t)))
			t.Logf("kernel   | %s", want)
			t.Logf("netstack | %s", got)
			if got != want {
				t.Errorf("%s: the stack's error is not the kernel's", c.name)
			}
			if want == "no error" {
				t.Errorf("%s: the case provokes no error in the kernel", c.name)
			}
		})
	}
}

// TestErrorsEqualTheKernels compares every error that the kernel's loopback
// can give.
func TestErrorsEqualTheKernels(t *testing.T) {
	compareErrors(t, dialErrorCases)
	compareErrors(t, connErrorCases)
	compareErrors(t, listenErrorCases)
	compareErrors(t, packetErrorCases)
}

// TestErrorsWithoutARouteEqualTheKernels needs a kernel that has no route
// anywhere, which a fresh network namespace is.
func TestErrorsWithoutARouteEqualTheKernels(t *testing.T) {
	netns.Run(t, func(t *testing.T) { compareErrors(t, noRouteErrorCases) })
}

// TestNameWithoutResolver compares kinds, not texts: the remedy is ours.
func TestNameWithoutResolver(t *testing.T) {
	for _, arm := range []errorArm{kernelErrors(), netstackErrors(t)} {
		err := arm.lookup()
		var op *net.OpError
		var dns *net.DNSError
		if !errors.As(err, &op) || op.Op != "dial" || op.Net != "tcp" || op.Addr != nil {
			t.Errorf("%s: %#v is no dial error without an address", arm.name, err)
		}
		if !errors.As(err, &dns) || dns.Name != "host.invalid" || dns.IsNotFound || dns.Timeout() {
			t.Errorf("%s: %#v is no *net.DNSError about the name", arm.name, err)
		}
		t.Logf("%-8s | %v", arm.name, err)
	}
}
