//go:build !android

package tun

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/songgao/water"
	"golang.org/x/sys/unix"
)

// clone is the device node through which Linux makes and opens TUN devices.
const clone = "/dev/net/tun"

// opening keeps calls of Open from overlapping, so that what one has found out
// about a name still holds when it opens it.
var opening sync.Mutex

// Open opens a TUN device as c describes it, in the network namespace of the
// calling thread, and sets it up. When it fails nothing stays open, a new
// device is gone, and one made before is as it was. An error names the field
// and its value, or the right or module that is missing and how to give it;
// fs.ErrPermission, fs.ErrNotExist and syscall.EBUSY can be told apart with
// errors.Is.
func Open(c Config) (*Device, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	opening.Lock()
	defer opening.Unlock()

	// water keeps its descriptor open when the kernel refuses the device, so
	// the kernel is asked first, with a descriptor of our own.
	madeBefore, persistent, err := probe(c.Name)
	if err != nil {
		return nil, err
	}
	file, name, plain, err := openFile(c, persistent || c.Persist)
	if err != nil {
		return nil, err
	}
	mtu, err := configure(c, name, madeBefore)
	if err == nil {
		var d *Device
		if d, err = newLinuxDevice(file, name, mtu, plain); err == nil {
			return d, nil
		}
	}
	if c.Persist && !persistent {
		err = errors.Join(err, forget(file))
	}
	return nil, errors.Join(err, file.Close())
}

// openFile opens the device with virtio headers where c asks for them and the
// kernel has them, else through water. plain says why it has none.
func openFile(c Config, persist bool) (file *os.File, name string, plain, err error) {
	why := "Config.Offload is off"
	if c.Offload != OffloadOff {
		if file, name, err = openHeaded(c.Name, persist); err == nil {
			return file, name, nil, nil
		}
		if why = err.Error(); c.Offload == OffloadOn {
			return nil, "", nil, refusedOffload(why)
		}
	}
	file, name, err = openWater(c.Name, persist)
	return file, name, noOffload(name, why), err
}

// openWater opens the device itself. persist is what becomes of it on close:
// water sets that flag in any case, so it must be given for a device that is
// to stay.
func openWater(name string, persist bool) (*os.File, string, error) {
	var config water.Config
	config.DeviceType = water.TUN
	config.Name = name
	config.Persist = persist

	// water does not ask for close-on-exec; no child may be started between
	// its open and ours setting it.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	ifce, err := water.New(config)
	if err != nil {
		return nil, "", refused(name, err)
	}
	file, ok := ifce.ReadWriteCloser.(*os.File)
	if !ok {
		ifce.Close()
		return nil, "", fmt.Errorf("tun: water opened %s as %T, not as a file", ifce.Name(), ifce.ReadWriteCloser)
	}
	err = control(file, func(fd int) error {
		unix.CloseOnExec(fd)
		_ = leavePlain(fd) // fails where the kernel knows no offload
		return nil
	})
	if err != nil {
		file.Close()
		return nil, "", fmt.Errorf("tun: setting close-on-exec on %s: %w", ifce.Name(), err)
	}
	return file, ifce.Name(), nil
}

// probe finds out, without making a device, whether Open could open name,
// whether it was made before, and whether it outlives its descriptor.
func probe(name string) (madeBefore, persistent bool, err error) {
	fd, err := unix.Open(clone, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false, false, noClone(err)
	}
	defer unix.Close(fd)

	// An exclusive device of no kind is never made: the kernel answers EBUSY
	// if the name is taken, EPERM if a device may not be made, and EINVAL if
	// only the kind is missing.
	switch err := setInterface(fd, name, unix.IFF_TUN_EXCL|unix.IFF_NO_PI); {
	case errors.Is(err, unix.EINVAL):
		return false, false, nil
	case err == nil:
		return false, false, fmt.Errorf("tun: the kernel made a device %q of no kind; its /dev/net/tun is not Linux's", name)
	case !errors.Is(err, unix.EBUSY):
		return false, false, refused(name, err)
	}
	if err := setInterface(fd, name, unix.IFF_TUN|unix.IFF_NO_PI); err != nil {
		return true, false, taken(name, err)
	}
	flags, _, err := getInterface(fd)
	if err != nil {
		return true, false, fmt.Errorf("tun: reading the flags of %s: %w", name, err)
	}
	return true, flags&unix.IFF_PERSIST != 0, nil
}

// setInterface attaches fd to the device of that name.
func setInterface(fd int, name string, flags uint16) error {
	request, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	request.SetUint16(flags)
	return unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
}

// forget makes a persistent device vanish when file is closed.
func forget(file *os.File) error {
	return control(file, func(fd int) error { return unix.IoctlSetInt(fd, unix.TUNSETPERSIST, 0) })
}

// noClone explains why /dev/net/tun could not be opened.
func noClone(err error) error {
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return fmt.Errorf("tun: opening %s: %w; load the module (modprobe tun), or give the container the device (--device %s)",
			clone, err, clone)
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return fmt.Errorf("tun: opening %s: %w; run as root, or have root allow it (chmod 0666 %s)", clone, err, clone)
	}
	return fmt.Errorf("tun: opening %s: %w", clone, err)
}

// refused explains why a device could not be made.
func refused(name string, err error) error {
	shown := name
	if shown == "" {
		shown = "warren0"
	}
	if errors.Is(err, unix.EPERM) {
		return fmt.Errorf("tun: making device %q: %w; it needs CAP_NET_ADMIN: run as root, or have root make it once "+
			"(ip tuntap add dev %s mode tun user $USER) and name it in Config.Name", name, err, shown)
	}
	return fmt.Errorf("tun: making device %q: %w", name, err)
}

// taken explains why a device that exists could not be opened.
func taken(name string, err error) error {
	remedy := ""
	switch {
	case errors.Is(err, unix.EBUSY):
		remedy = "; another process has it open: end that one or choose another Config.Name"
	case errors.Is(err, unix.EINVAL):
		remedy = "; the interface exists and is no TUN device with one queue: choose another Config.Name"
	case errors.Is(err, unix.EPERM):
		remedy = fmt.Sprintf("; it belongs to somebody else: run as root, or have root make it for you "+
			"(ip tuntap add dev %s mode tun user $USER)", name)
	}
	return fmt.Errorf("tun: opening device %q: %w%s", name, err, remedy)
}
