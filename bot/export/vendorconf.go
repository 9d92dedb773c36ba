package export

import (
	"cmp"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const settings = `(BUILT_MODULE_NAME|BUILT_MODULE_LOCATION|DEST_MODULE_LOCATION|MAKE|MAKE_MATCH|CLEAN|BUILD_EXCLUSIVE_CONFIG)`

var (
	// assignment is a line of a dkms.conf that sets something to a plain text.
	assignment = regexp.MustCompile(`^[ \t]*` + settings +
		`(?:\[(\d+)\])?=(?:"([^"` + "`" + `]*)"|'([^"'` + "`" + `]*)'|([^"'` + "`" + `\s]*))[ \t]*(?:#.*)?$`)
	// computed is one that sets it in another way: only a shell can say to what.
	computed = regexp.MustCompile(`^(?:[^#]*[\s;&])?` + settings + `(?:\[[^\]]*\])?\+?=`)
)

type vendorConf struct {
	Modules []Module
	Make    []Make
	Clean   string
	Needs   []string
	// refused is what could not be taken and what to do, by the flag that says it instead.
	refused map[string][]string
}

// flags say what a setting says.
var flags = map[string]string{"MAKE": "--make", "MAKE_MATCH": "--make", "CLEAN": "--clean", "BUILD_EXCLUSIVE_CONFIG": "--needs"}

// mostRefused bounds what is told of a flag; who gives it need not read more.
const mostRefused = 20

// refuse takes note of what is not taken over.
func (v *vendorConf) refuse(setting, format string, args ...any) {
	flag := cmp.Or(flags[setting], "--module")
	instead := map[string]string{"--module": "name all modules that are built with --module"}[flag]
	switch n := len(v.refused[flag]); {
	case n == mostRefused:
		v.refused[flag] = append(v.refused[flag], "the vendor's dkms.conf: and more of the kind")
		return
	case n > mostRefused:
		return
	}
	v.refused[flag] = append(v.refused[flag],
		"the vendor's dkms.conf: "+fmt.Sprintf(format, args...)+"; "+cmp.Or(instead, "say what is right with "+flag))
}

// readVendorConf takes from a vendor's dkms.conf what stands there plainly; it
// is a shell script, and is not run.
func readVendorConf(text string) *vendorConf {
	v := &vendorConf{refused: map[string][]string{}}
	var modules sparse[Module]
	var makes sparse[Make]
	text = strings.ReplaceAll(text, "\\\n", "") // a line that goes on
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		m := assignment.FindStringSubmatch(line)
		if m == nil {
			if m = computed.FindStringSubmatch(line); m != nil {
				v.refuse(m[1], "only a shell can say what %.100q sets %s to", strings.TrimSpace(line), m[1])
			}
			continue
		}
		n, _ := strconv.Atoi(m[2]) // "" is the first
		if strings.Contains(m[4], "$(") {
			// In its single quotes nothing runs when the file is read; it would in ours.
			v.refuse(m[1], "%.100q has a command in single quotes", strings.TrimSpace(line))
			continue
		}
		m[3] += m[4] + m[5] // whatever its quotes
		if n > 999 || strings.HasSuffix(m[3], `\`) {
			// A backslash at its end would take the quote along that it is written in.
			v.refuse(m[1], "%.100q has a number over 999 or ends in a backslash", strings.TrimSpace(line))
			continue
		}
		v.set(m[1], m[2], n, m[3], &modules, &makes)
	}
	for n, m := range modules {
		if m == nil {
			continue
		}
		if err := m.check(); err != nil {
			v.refuse("", "[%d]: %v", n, err)
			continue
		}
		v.Modules = append(v.Modules, *m)
	}
	for n, m := range makes {
		switch {
		case m == nil || m.Command == "":
		case strings.Contains(m.Match, "'"):
			v.refuse("MAKE", "MAKE_MATCH[%d] has a quote in it, so MAKE[%[1]d] is left out", n)
		default:
			v.Make = append(v.Make, *m)
		}
	}
	return v
}

// set takes one setting; index is n as it was written, "" where none was.
func (v *vendorConf) set(name, index string, n int, text string, modules *sparse[Module], makes *sparse[Make]) {
	switch name {
	case "MAKE":
		makes.at(n).Command = text
	case "MAKE_MATCH":
		makes.at(n).Match = text
	case "CLEAN":
		v.Clean = text
	case "BUILD_EXCLUSIVE_CONFIG":
		found := symbols(text)
		if words := strings.Fields(text); len(found) < len(words) {
			v.refuse(name, "%.100q is no list of symbols", text)
		}
		if index == "" {
			v.Needs = found
		} else {
			modules.at(n).Needs = found
		}
	case "BUILT_MODULE_NAME":
		modules.at(n).Name = text
	case "BUILT_MODULE_LOCATION":
		modules.at(n).Built = text
	case "DEST_MODULE_LOCATION":
		modules.at(n).Dest = text
	}
}

// take uses what a vendor's dkms.conf says where nothing was given.
func (b *Built) take(v *vendorConf) {
	if len(b.Modules) == 0 {
		b.Modules = v.Modules
		b.Refused = append(b.Refused, v.refused["--module"]...)
	}
	if len(b.Make) == 0 {
		b.Make = v.Make
		b.Refused = append(b.Refused, v.refused["--make"]...)
	}
	if b.Clean == "" {
		b.Clean = v.Clean
		if !b.DKMS.Current() { // which does not ask for it
			b.Refused = append(b.Refused, v.refused["--clean"]...)
		}
	}
	if len(b.Needs) == 0 {
		b.Needs = v.Needs
		b.Refused = append(b.Refused, v.refused["--needs"]...)
	}
}

// check says why a module cannot stand in a dkms.conf of ours, whoever named it: dkms goes
// to its folders as root.
func (m Module) check() error {
	dest := path.Clean(m.Dest)
	switch {
	case !moduleName.MatchString(m.Name):
		return fmt.Errorf("%.100q is no name of a module", m.Name)
	case !folderName.MatchString(m.Built) || m.Built != "" && !filepath.IsLocal(m.Built):
		return fmt.Errorf("the module %s is built in %.100q: that is no folder below the package's root", m.Name, m.Built)
	case m.Dest == "":
	case !folderName.MatchString(m.Dest) || slices.Contains(strings.Split(m.Dest, "/"), "..") ||
		!slices.ContainsFunc([]string{"/kernel", "/updates", "/extra"}, func(top string) bool { return strings.HasPrefix(dest+"/", top+"/") }):
		return fmt.Errorf("the module %s is for %.100q: dkms takes what is below /kernel, /updates or /extra", m.Name, m.Dest)
	}
	return nil
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
