//go:build !unix

package git

import "os/exec"

// Without process groups only git itself can be ended.
func ownGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) error {
	if cmd.Process == nil {
		return nil
	}
	return cmd.Process.Kill()
}
