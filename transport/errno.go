package transport

import (
	"strings"
	"syscall"
)

// errnoNames are the POSIX names that gen_tcp answers in lower case. Only
// codes that a socket call can give are listed; others print as "errno N".
var errnoNames = map[syscall.Errno]string{
	syscall.EACCES:          "eacces",
	syscall.EADDRINUSE:      "eaddrinuse",
	syscall.EADDRNOTAVAIL:   "eaddrnotavail",
	syscall.EAFNOSUPPORT:    "eafnosupport",
	syscall.EALREADY:        "ealready",
	syscall.EBADF:           "ebadf",
	syscall.ECONNABORTED:    "econnaborted",
	syscall.ECONNREFUSED:    "econnrefused",
	syscall.ECONNRESET:      "econnreset",
	syscall.EHOSTUNREACH:    "ehostunreach",
	syscall.EINPROGRESS:     "einprogress",
	syscall.EINVAL:          "einval",
	syscall.EMFILE:          "emfile",
	syscall.EMSGSIZE:        "emsgsize",
	syscall.ENETDOWN:        "enetdown",
	syscall.ENETUNREACH:     "enetunreach",
	syscall.ENFILE:          "enfile",
	syscall.ENOBUFS:         "enobufs",
	syscall.ENOMEM:          "enomem",
	syscall.ENOPROTOOPT:     "enoprotoopt",
	syscall.ENOTCONN:        "enotconn",
	syscall.ENOTSOCK:        "enotsock",
	syscall.EOPNOTSUPP:      "eopnotsupp",
	syscall.EPERM:           "eperm",
	syscall.EPIPE:           "epipe",
	syscall.EPROTONOSUPPORT: "eprotonosupport",
	syscall.ETIMEDOUT:       "etimedout",
}

// errnoAtom returns gen_tcp's atom for errno.
func errnoAtom(errno syscall.Errno) string {
	if name, ok := errnoNames[errno]; ok {
		return name
	}
	return strings.ToLower(errno.Error())
}
