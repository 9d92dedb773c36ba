package drift

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// machines are what uname -m and distributions call an architecture, by what arch/ calls
// it.
var machines = map[string]string{
	"x86_64": "x86", "amd64": "x86", "i386": "x86", "i686": "x86", "aarch64": "arm64", "armhf": "arm", "armv7l": "arm", "armv7hl": "arm",
	"ppc64": "powerpc", "ppc64le": "powerpc", "ppc64el": "powerpc", "s390x": "s390", "riscv64": "riscv", "loongarch64": "loongarch", "loong64": "loongarch",
	"mips64": "mips", "mips64el": "mips", "mipsel": "mips", "sparc64": "sparc",
}

// Arch is what arch/ calls an architecture.
func Arch(name string) string {
	if a, ok := machines[name]; ok {
		return a
	}
	return name
}

// architecture refuses one that a kernel has not, where it has others: without its headers
// most of what a driver uses would seem to be in neither kernel.
func architecture(ctx context.Context, t Tree, arch string) error {
	paths, err := t.List(ctx, "arch")
	if err != nil {
		return err
	}
	var have []string
	for _, p := range paths {
		if _, rest, _ := strings.Cut(p, "/"); strings.Contains(rest, "/include/") {
			have = append(have, rest[:strings.IndexByte(rest, '/')])
		}
	}
	slices.Sort(have)
	if have = slices.Compact(have); len(have) > 0 && !slices.Contains(have, arch) {
		return fmt.Errorf("it has no architecture %s; there are %s (--arch)", arch, strings.Join(have, ", "))
	}
	return nil
}

// archs notes the kernels without headers of the architecture.
func (c *comparison) archs() (notes []string) {
	for _, k := range []struct {
		x   *index
		say string
	}{{c.a, c.FromSay}, {c.b, c.Say}} {
		if !k.x.arch {
			notes = append(notes, fmt.Sprintf("%s has no headers of an architecture (arch/%s/include), so what these declare was not compared", k.say, c.Arch))
		}
	}
	return notes
}
