// Package transport is the Transport contract: sockets with owners, with the
// semantics of Erlang's gen_tcp, over any Network. It needs the standard
// library alone.
package transport
