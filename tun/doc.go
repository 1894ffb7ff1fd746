// Package tun opens TUN devices: IP packets to and from the operating system. It
// gives a userspace stack a place in the kernel's routing table.
//
//	dev, err := tun.Open(tun.Config{
//		Name:      "warren0",
//		Addresses: []netip.Prefix{netip.MustParsePrefix("10.1.0.1/24")},
//	})
//	if err != nil {
//		return err // says what is missing: the module, the rights, the name
//	}
//	defer dev.Close()
//	packet := make([]byte, dev.MTU())
//	n, err := dev.Read(packet) // what the kernel sends to 10.1.0.2, say
//
// Read and Write move one packet per call. ReadPackets takes those along that
// wait already. With EnableVirtio the kernel leaves TCP segments joined and sums
// to be completed, and takes both as well: ReadVirtio and WriteVirtio move up to 64
// KiB per call, whatever the MTU.
//
// The addresses in Config are the operating system's own on the link. Whoever
// reads the device answers for other addresses of the same prefix, or of
// Config.Routes.
//
// Linux needs CAP_NET_ADMIN to make or configure a device. An ordinary user
// can open one that root has made and configured before
//
//	ip tuntap add dev warren0 mode tun user $USER
//	ip addr add 10.1.0.1/24 dev warren0
//	ip link set dev warren0 up
//
// and such a device survives Close.
//
// # Systems
//
// Linux: everything. Open makes the device itself, with virtio headers
// (IFF_VNET_HDR), if the kernel takes them in a self-test; EnableVirtio then
// switches segmentation offload on, and until it is called nothing of that
// shows. Where Config.Offload is off, or the kernel has no offload, the device
// is opened by songgao/water; Device.Offload says which it is, and why. What
// water leaves open is closed here: the descriptor is not inherited by
// children, a device made before is not deleted, names are checked, a refused
// Open leaves no descriptor behind. Addresses, MTU and routes are set through
// netlink.
//
// Android: FromFD and FromFile, with the descriptor of a VpnService.
//
// macOS: Open makes a utun device through water ("utun7" or no name); its
// addresses, MTU and routes are left to ifconfig(8) and route(8), so Config
// must not ask for them, and its descriptor is inherited by child processes.
// FromFD and FromFile take a utun descriptor; the four bytes of address family
// that utun puts before each packet are added and removed.
//
// iOS: FromFD and FromFile, as on macOS.
//
// Windows: Open uses the tap-windows6 driver through water, which must be
// installed (OpenVPN installs it), carries IPv4 only and needs one IPv4 prefix
// in Config.Addresses, to be set on the adapter with netsh as well. Close does
// not wake a blocked Read there.
//
// Other systems answer errors.ErrUnsupported.
//
// # Goroutines and locks
//
// The package starts no goroutine. A Device may be used by any number of
// goroutines at once; on Unix a blocked Read waits in Go's poller and holds no
// thread. On Linux it may try again before that, letting other goroutines run in
// between: for 70 us at most, and only while packets come that close together and
// it has paid. SetBusyPoll changes that, or ends it. Reads of one device wait for
// each other; writes do not. One mutex keeps calls of Open from overlapping. Open
// works in the network namespace of the calling thread.
//
// # Not supported
//
// TAP devices; several queues per device, which gain nothing on two processors;
// joined UDP datagrams (USO), which nobody here could cut. Systems other than
// Linux have no segmentation offload: each Read and Write costs one system call
// for one packet of at most MTU bytes.
package tun
