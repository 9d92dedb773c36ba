package silicon

import (
	"path"
	"strings"
	"testing"
)

// filesOf are the sources of a folder of the table.
func filesOf(folder string) []string {
	var out []string
	seen := map[string]bool{}
	for d := range builtinDrivers().All {
		for _, f := range d.Files {
			if dir, base := path.Split(f); dir == folder+"/" && base != "" && !seen[base] {
				seen[base] = true
				out = append(out, base)
			}
		}
	}
	return out
}

// TestFindLayout: a driver at the root, in a folder, and in a package with the
// kernel's folders is found; what is in doubt, and a kernel tree, is left alone.
func TestFindLayout(t *testing.T) {
	const rtw = "drivers/net/wireless/realtek/rtw88"
	under := func(prefix string, names []string, more ...string) []string {
		out := append([]string(nil), more...)
		for _, n := range names {
			out = append(out, prefix+n)
		}
		return out
	}
	ice := strings.Fields("ice.h ice_main.c ice_common.c ice_sched.c ice_type.h")
	for name, c := range map[string]struct {
		paths []string
		want  string
	}{
		"a driver at the root":        {under("", filesOf(rtw), "README.md", "Makefile", "dkms.conf", "dkms/x.conf"), rtw},
		"in a folder, with compat":    {under("src/", ice, "README", "src/kcompat.c", "src/kcompat.h", "kcompat-gen/x.sh"), "src=drivers/net/ethernet/intel/ice"},
		"a package below a folder":    {under("pkg/"+rtw+"/", filesOf(rtw), "pkg/compat/list.h", "README"), "pkg=."},
		"the kernel's own layout":     {under(rtw+"/", filesOf(rtw), "README"), ""},
		"names that every driver has": {[]string{"main.c", "pci.c", "debug.c", "util.h", "Makefile"}, ""},
		"a program":                   {[]string{"src/parser.c", "src/lexer.c", "src/main.c", "configure.ac"}, ""},
		"nothing":                     {nil, ""},
	} {
		l, ok := builtinDrivers().Layout(c.paths)
		if got := l.String(); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s: %q, %v; want %q", name, got, ok, c.want)
		}
	}
}
