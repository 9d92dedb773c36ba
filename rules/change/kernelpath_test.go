package change

import "testing"

// TestKernelPath: the root of the kernel is known by its folders and files.
func TestKernelPath(t *testing.T) {
	for name, want := range map[string][2]bool{
		"drivers/usb/core/hub.c": {true, true}, "usr/gen_init_cpio.c": {true, true}, "LICENSES/preferred/MIT": {true, true},
		"MAINTAINERS": {true, false}, ".mailmap": {true, false},
		"drivers": {}, "main.c": {}, "src/ice_main.c": {}, "configure.ac": {}, "": {},
	} {
		if got := [2]bool{KernelPath(name), KernelFolder(name)}; got != want {
			t.Errorf("%q: path, folder %v, want %v", name, got, want)
		}
	}
}
