//go:build !linux

package build

import "os/exec"

func bound(*exec.Cmd, bool) {}

func room(string) (int64, bool) { return 0, false }
