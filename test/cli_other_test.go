//go:build !linux || android

package test

// cliTUNTests make network namespaces, which only Linux has.
var cliTUNTests []cliTest
