//go:build race

package oracle

const instrumented = true
