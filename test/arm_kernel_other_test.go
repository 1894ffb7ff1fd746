//go:build !(linux || darwin || freebsd)

package test

// kernelArms is empty: transport.Kernel answers errors.ErrUnsupported here.
func kernelArms() []testArm { return nil }
