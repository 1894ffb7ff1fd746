package recipes

import (
	"encoding/binary"
	"io"
	"net"
)

// serveMySQL answers every query with one row of one text column. It speaks
// the client/server protocol as far as go-sql-driver's handshake and a text
// query need it: enough to have the driver's real bytes on a simulated
// network.
func serveMySQL(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			s := mysqlSession{conn: conn}
			s.send(mysqlGreeting())
			if s.receive() == nil {
				return
			}
			s.send(mysqlOK)
			for {
				command := s.receive()
				if len(command) == 0 || !s.answer(command[0]) {
					return
				}
			}
		}()
	}
}

// The capabilities of the protocol that this server has, and its packets
// without variable parts.
const (
	mysqlProtocol41       = 1 << 9
	mysqlSecureConnection = 1 << 15
	mysqlPluginAuth       = 1 << 19
	mysqlConnectWithDB    = 1 << 3
	mysqlCapabilities     = mysqlProtocol41 | mysqlSecureConnection | mysqlPluginAuth | mysqlConnectWithDB

	mysqlQuit  = 1
	mysqlQuery = 3
	mysqlPing  = 14
)

var (
	mysqlOK  = []byte{0, 0, 0, 2, 0, 0, 0}
	mysqlEOF = []byte{0xfe, 0, 0, 2, 0}
)

// mysqlGreeting is the server's first packet, version 10.
func mysqlGreeting() []byte {
	b := append([]byte{10}, "8.0.0\x00"...)
	b = append(b, 1, 0, 0, 0) // the connection's number
	b = append(b, "01234567\x00"...)
	b = binary.LittleEndian.AppendUint16(b, mysqlCapabilities&0xffff)
	b = append(b, 45, 2, 0) // utf8mb4, autocommit
	b = binary.LittleEndian.AppendUint16(b, mysqlCapabilities>>16)
	b = append(b, 21)
	b = append(b, make([]byte, 10)...)
	b = append(b, "890123456789\x00"...)
	return append(b, "mysql_native_password\x00"...)
}

// mysqlSession is one connection, packet by packet.
type mysqlSession struct {
	conn     net.Conn
	sequence byte
}

// answer sends the answer to one command; false ends the session.
func (s *mysqlSession) answer(command byte) bool {
	switch command {
	case mysqlPing:
		s.send(mysqlOK)
	case mysqlQuery:
		column := mysqlStrings("def", "shop", "burrows", "burrows", "name", "name")
		column = append(column, 12, 45, 0, 255, 0, 0, 0, 253, 0, 0, 0, 0, 0)
		s.send([]byte{1}, column, mysqlEOF, mysqlStrings("warren"), mysqlEOF)
	default:
		return false
	}
	return true
}

// send writes packets in one piece.
func (s *mysqlSession) send(packets ...[]byte) {
	var b []byte
	for _, p := range packets {
		b = append(b, byte(len(p)), byte(len(p)>>8), byte(len(p)>>16), s.sequence)
		b = append(b, p...)
		s.sequence++
	}
	s.conn.Write(b)
}

// receive reads a packet; nil at the end.
func (s *mysqlSession) receive() []byte {
	var head [4]byte
	if _, err := io.ReadFull(s.conn, head[:]); err != nil {
		return nil
	}
	s.sequence = head[3] + 1
	payload := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	if _, err := io.ReadFull(s.conn, payload); err != nil {
		return nil
	}
	return payload
}

// mysqlStrings are strings of less than 251 bytes with their lengths.
func mysqlStrings(values ...string) (b []byte) {
	for _, v := range values {
		b = append(append(b, byte(len(v))), v...)
	}
	return b
}
