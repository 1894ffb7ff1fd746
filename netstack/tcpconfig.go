package netstack

// TCPConfig holds the settings of a stack's TCP.
type TCPConfig struct{}
