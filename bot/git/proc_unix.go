//go:build unix

package git

import (
	"os/exec"
	"syscall"
)

// ownGroup puts git into a process group of its own, so that its children
// (ssh, the transport helpers, upload-pack) die with it, and so that a signal
// meant for the program at the terminal does not cut git's answers short.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return killGroup(cmd) }
}

func killGroup(cmd *exec.Cmd) error {
	if cmd.Process == nil {
		return nil
	}
	return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}
