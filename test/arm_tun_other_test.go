//go:build !linux || android

package test

// tunArms is empty: its tests need the namespaces of Linux.
func tunArms() []testArm { return nil }
