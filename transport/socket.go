package transport

// Socket is an opaque handle, either a listener or a connection.
type Socket struct{ owner *Owner }

// Owner stands where gen_tcp has a process.
type Owner struct{ name string }
