// Package ethtool reads and switches features of network interfaces, as
// ethtool -k and -K do, for tests of what the kernel leaves to a device.
//
//	netns.Run(t, func(t *testing.T) {
//		on, err := ethtool.Feature("w0", unix.ETHTOOL_GTSO)
//		...
//		err = ethtool.SetFeature("v0", unix.ETHTOOL_SGRO, true)
//	})
//
// # Goroutines and locks
//
// None. The interface is one of the calling thread's network namespace.
//
// # Not supported
//
// Systems other than Linux, features that have no command of their own, and
// everything else that ethtool does.
package ethtool
