// Package tuntest is a TUN device in memory, for tests of what stands on a
// device: packets pass between two ends, one per Read and Write, without a
// kernel, rights or time.
//
//	dev, system := tuntest.Pair(1500)
//	link, err := netstack.NewDeviceLink(dev, netstack.DeviceConfig{MTU: dev.MTU()})
//	...
//	system.Write(packet)             // as if the kernel had sent it
//	n, err := system.Read(buf)       // what the stack sent
//	dev.FailWrites(syscall.EIO, 3)   // as if the interface were down
//	system.Close()                   // as if the device had been deleted
//
// # Goroutines and locks
//
// The package starts no goroutine. Each direction has one mutex, which is
// never held while another is taken. A Read that waits does so on a condition
// variable, so inside a testing/synctest bubble it counts as idle.
//
// # Not supported
//
// Deadlines, and devices that write several packets in one call.
package tuntest
