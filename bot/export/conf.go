package export

import (
	"fmt"
	"slices"
	"strings"
)

// Never is the expression that matches no kernel.
func (b *Built) Never() string { return never }

// Plain reports whether the range can be said as the first and the last release.
func (b *Built) Plain() bool {
	return b.DKMS.Current() && !b.Kernels.Apart() && len(b.Arrived) == 0
}

// LeavesOut reports whether dkms.conf itself leaves out modules for which the kernel lacks
// something. With the current dkms it need not, but where the first module is such a one:
// BUILD_EXCLUSIVE_CONFIG[0] is for bash the same as BUILD_EXCLUSIVE_CONFIG, which excludes
// them all.
func (b *Built) LeavesOut() bool {
	some := slices.ContainsFunc(b.Modules, func(m Module) bool { return len(m.Needs) > 0 })
	return some && (!b.DKMS.Current() || len(b.Modules[0].Needs) > 0 || len(b.Needs) > 0)
}

// LooksItself reports whether dkms.conf reads the kernel's .config. Where autoinstall fails
// for a kernel that is excluded, AUTOINSTALL has to know what excludes it.
func (b *Built) LooksItself() bool {
	return b.LeavesOut() || !b.DKMS.Current() && len(b.Needs) > 0
}

// AllNeed reports whether each module needs something, so that a kernel may get none.
func (b *Built) AllNeed() bool {
	return !slices.ContainsFunc(b.Modules, func(m Module) bool { return len(m.Needs) == 0 })
}

// pick is a command of the shell that sets $it to what matches the kernel in a variable.
func pick(m Match, variable string) string {
	if !m.Apart() {
		return "it='" + m.Others + "'"
	}
	return fmt.Sprintf(`pick "%s" '%s' '%s'`, variable, m.Others, m.RedHat)
}

// quoted are words for the shell; what stands in them was checked.
func quoted(words []string) string { return "'" + strings.Join(words, "' '") + "'" }
