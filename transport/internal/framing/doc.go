// Package framing cuts a byte stream into packets as gen_tcp's packet types
// do, and writes their length headers. It knows bytes alone: no sockets, no
// buffers of its own, no goroutines.
//
//	var d framing.Decoder
//	d.Configure(framing.Config{Type: framing.Len4})
//	for {
//		f, err := d.Next(buf)
//		if err != nil {
//			return err // syscall.EMSGSIZE: the stream cannot go on
//		}
//		if f.Consumed == 0 {
//			break // read on until buf holds f.Need bytes
//		}
//		handle(f.Packet)
//		buf = buf[f.Consumed:]
//	}
//
// # Goroutines and locks
//
// There are none. A Decoder belongs to one user at a time; packets are
// borrowed slices of the buffer given to Next.
//
// # Not supported
//
// The packet types http, http_bin, httph, httph_bin and ssl_tls.
package framing
