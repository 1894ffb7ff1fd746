// Package attach joins a stack to the operating system through a TUN device.
//
//	network, err := attach.Open(attach.Config{
//		Addresses: []netip.Prefix{netip.MustParsePrefix("10.7.0.2/24")},
//	})
//	if err != nil {
//		return err // names the flag, its value and the remedy
//	}
//	defer network.Close()
//	l, err := network.Stack.Listen(ctx, "tcp", ":80") // curl http://10.7.0.2/
//
// A device has two ends. The stack answers for Config.Addresses; the kernel
// needs an address of its own on the device, so that it has a route to the
// stack and a source for what it sends there. Unless told otherwise it gets
// the first other address of each prefix: 10.7.0.1 beside 10.7.0.2/24.
//
// # Systems
//
// On Linux Open does all of that. On macOS and Windows package tun leaves the
// device's configuration to the system's own tools: Network.Commands then holds
// the commands that an administrator has to run. Elsewhere Open fails with
// errors.ErrUnsupported.
//
// # Goroutines and locks
//
// The package starts no goroutine of its own; those of the stack and its link
// end with Close or Drain.
package attach
