package wire

import (
	"runtime/debug"
	"strings"
)

// Version is the module version of an installed build, or the commit of
// one made in a checkout.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v, dirty := info.Main.Version, ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && (v == "" || v == "(devel)") && len(s.Value) >= 12:
			v = s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+changes"
		}
	}
	return strings.TrimSuffix(v, "+dirty") + dirty // Go's own mark for the same
}
