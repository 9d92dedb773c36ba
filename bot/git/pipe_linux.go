package git

import (
	"os"
	"syscall"
)

// setPipeSize is F_SETPIPE_SZ of linux/fcntl.h; package syscall does not name it.
const setPipeSize = 1031

// widen asks for a pipe of 1 MiB, which is the limit for an ordinary user in
// /proc/sys/fs/pipe-max-size. Git and the program then change places on the
// processor once a megabyte instead of once in 64 KiB. Refusal does no harm.
func widen(f *os.File) {
	if c, err := f.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) {
			_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, fd, setPipeSize, 1<<20)
		})
	}
}
