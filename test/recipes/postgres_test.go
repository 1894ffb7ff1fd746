package recipes

import (
	"net"

	"github.com/jackc/pgx/v5/pgproto3"
)

// servePostgres answers every query with one row of one text column. It speaks
// the protocol's version 3 as far as pgx's handshake and the extended query
// need it: enough to have the driver's real bytes on a simulated network.
func servePostgres(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			backend := pgproto3.NewBackend(conn, conn)
			if _, err := backend.ReceiveStartupMessage(); err != nil {
				return
			}
			backend.Send(&pgproto3.AuthenticationOk{})
			backend.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
			backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
			for backend.Flush() == nil {
				message, err := backend.Receive()
				if err != nil || !answerPostgres(backend, message) {
					return
				}
			}
		}()
	}
}

// answerPostgres queues the answer to one message; false ends the session.
func answerPostgres(backend *pgproto3.Backend, message pgproto3.FrontendMessage) bool {
	const textOID = 25
	switch m := message.(type) {
	case *pgproto3.Parse:
		backend.Send(&pgproto3.ParseComplete{})
	case *pgproto3.Describe:
		if m.ObjectType == 'S' {
			backend.Send(&pgproto3.ParameterDescription{ParameterOIDs: []uint32{textOID}})
		}
		backend.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{
			Name: []byte("name"), DataTypeOID: textOID, DataTypeSize: -1, TypeModifier: -1,
		}}})
	case *pgproto3.Bind:
		backend.Send(&pgproto3.BindComplete{})
	case *pgproto3.Execute:
		backend.Send(&pgproto3.DataRow{Values: [][]byte{[]byte("warren")}})
		backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
	case *pgproto3.Sync:
		backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	case *pgproto3.Terminate:
		return false
	}
	return true
}
