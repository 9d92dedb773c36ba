package oracle

import (
	"syscall"
	"time"
)

// rusageThread is RUSAGE_THREAD of linux/resource.h; package syscall does not name it.
const rusageThread = 1

// threadTime is the processor time of the present thread.
func threadTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(rusageThread, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
