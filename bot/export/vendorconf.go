package export

import (
	"regexp"
	"strconv"
	"strings"
)

// assignment is a line of a dkms.conf that sets something to a plain text.
var assignment = regexp.MustCompile(`(?m)^[ \t]*(BUILT_MODULE_NAME|BUILT_MODULE_LOCATION|DEST_MODULE_LOCATION|MAKE|MAKE_MATCH|CLEAN|BUILD_EXCLUSIVE_CONFIG)` +
	`(?:\[(\d+)\])?=(?:"([^"` + "`" + `\n]*)"|'([^"'` + "`" + `\n]*)'|([^"'` + "`" + `\s]*))[ \t]*(?:#.*)?$`)

type vendorConf struct {
	Modules []Module
	Make    []Make
	Clean   string
	Needs   []string
}

// readVendorConf takes from a vendor's dkms.conf what stands there plainly; it
// is a shell script, and is not run.
func readVendorConf(text string) (v vendorConf) {
	var modules sparse[Module]
	var makes sparse[Make]
	text = strings.ReplaceAll(text, "\\\n", "") // a line that goes on
	for _, m := range assignment.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(m[2]) // "" is the first
		m[3] += m[4] + m[5]        // whatever its quotes
		if n > 999 || strings.HasSuffix(m[3], `\`) {
			continue // a backslash at its end would take the quote along that it is written in
		}
		switch m[1] {
		case "MAKE":
			makes.at(n).Command = m[3]
		case "MAKE_MATCH":
			makes.at(n).Match = m[3]
		case "CLEAN":
			v.Clean = m[3]
		case "BUILD_EXCLUSIVE_CONFIG":
			if m[2] == "" {
				v.Needs = symbols(m[3])
			} else {
				modules.at(n).Needs = symbols(m[3])
			}
		case "BUILT_MODULE_NAME":
			modules.at(n).Name = m[3]
		case "BUILT_MODULE_LOCATION":
			modules.at(n).Built = m[3]
		case "DEST_MODULE_LOCATION":
			modules.at(n).Dest = m[3]
		}
	}
	for _, m := range modules {
		if m != nil && moduleName.MatchString(m.Name) && folderName.MatchString(m.Built+m.Dest) {
			v.Modules = append(v.Modules, *m)
		}
	}
	for _, m := range makes {
		if m != nil && m.Command != "" {
			v.Make = append(v.Make, *m)
		}
	}
	return v
}

// symbols are the words that are symbols of a configuration.
func symbols(text string) (out []string) {
	for _, s := range strings.Fields(text) {
		if symbolName.MatchString(s) {
			out = append(out, s)
		}
	}
	return out
}

// sparse is what the shell calls an array: some of it may be missing.
type sparse[T any] []*T

func (a *sparse[T]) at(n int) *T {
	for len(*a) <= n {
		*a = append(*a, nil)
	}
	if (*a)[n] == nil {
		(*a)[n] = new(T)
	}
	return (*a)[n]
}
