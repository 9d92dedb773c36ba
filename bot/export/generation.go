package export

import (
	"fmt"
	"slices"
	"strings"
)

// Generation is a dkms that a package is made for. What a newer one brought is written in
// a form that the older ones understand where there is one.
type Generation string

// The generations, oldest first; the tags of the dkms repository in which a form first
// stands: BUILD_EXCLUSIVE_CONFIG, _KERNEL_MIN and _MAX in 3.0.11 (Debian's 3.0.10 has
// _CONFIG too), exclusives of one module in 3.3.0, patches below /etc/dkms/MODULE/patches
// in 3.4.0.
const (
	DKMS28  Generation = "2.8"
	DKMS30  Generation = "3.0"
	Current Generation = "3.4"
)

// Generations are all of them.
var Generations = []Generation{DKMS28, DKMS30, Current}

// ParseGeneration reads what a flag says.
func ParseGeneration(s string) (Generation, error) {
	if s == "current" {
		return Current, nil
	}
	if g := Generation(s); slices.Contains(Generations, g) {
		return g, nil
	}
	return "", fmt.Errorf("%q is no dkms that packages are made for; there are 2.8, 3.0 and 3.4 (current)", s)
}

// Current reports whether it is the newest, which needs no other forms.
func (g Generation) Current() bool { return g == Current }

// fallbacks say what the package does in another way than with the current dkms.
func (b *Built) fallbacks() (out []string) {
	if b.DKMS.Current() {
		return nil
	}
	say := func(format string, a ...any) { out = append(out, "dkms "+string(b.DKMS)+" "+fmt.Sprintf(format, a...)) }
	say("has no BUILD_EXCLUSIVE_KERNEL_MIN and _MAX: the range is an expression on `uname -r`")
	say("fails where autoinstall meets a kernel that is excluded: AUTOINSTALL is set only for kernels that match")
	if b.DKMS == DKMS28 && len(b.Needs) > 0 {
		say("has no BUILD_EXCLUSIVE_CONFIG: dkms.conf itself looks into the kernel's .config for %s", strings.Join(b.Needs, ", "))
	}
	for _, m := range b.Modules {
		if len(m.Needs) > 0 {
			say("excludes no single module: dkms.conf leaves %s out where the kernel's .config has not %s", m.Name, strings.Join(m.Needs, ", "))
		}
	}
	return out
}
