package export

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"text/template"
)

//go:embed dkms.conf.tmpl
var confText string

//go:embed readme.tmpl
var readmeText string

var texts = template.Must(template.Must(template.New("conf").Funcs(template.FuncMap{
	"isRedHat": func() string { return isRedHat },
	"plain":    plain,
	"join":     strings.Join,
	"branches": func(b []string) string { return and(b) },
	"never":    func(s string) bool { return s == never },
}).Parse(confText)).New("readme").Parse(readmeText))

// texts are dkms.conf and the README.
func (b *Built) texts() (conf, readme []byte, err error) {
	var c, r bytes.Buffer
	if err := texts.ExecuteTemplate(&c, "conf", b); err != nil {
		return nil, nil, fmt.Errorf("writing dkms.conf: %w", err)
	}
	if err := texts.ExecuteTemplate(&r, "readme", b); err != nil {
		return nil, nil, fmt.Errorf("writing the README of the package: %w", err)
	}
	return c.Bytes(), r.Bytes(), nil
}

// Covered lists the Red Hat releases that the package is built for.
func (b *Built) Covered() (in []enterprise) {
	for _, e := range b.RedHat {
		if b.Range.has(e.DRM) {
			in = append(in, e)
		}
	}
	return in
}

// plain keeps a stranger's words from being markup, a comment's end or a
// terminal's command.
func plain(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0:
			b.WriteByte(' ')
		case strings.ContainsRune("\\`*_[]<>|#", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// assignment is a line of a dkms.conf that sets something to a plain text.
var assignment = regexp.MustCompile(`(?m)^[ \t]*(BUILT_MODULE_NAME|BUILT_MODULE_LOCATION|DEST_MODULE_LOCATION|MAKE|CLEAN)(?:\[(\d+)\])?=["']([^"'` + "`" + `\n]*)["']?[ \t]*$`)

type vendorConf struct {
	Modules     []Module
	Make, Clean string
}

// readVendorConf takes from a vendor's dkms.conf what stands there plainly; it
// is a shell script, and is not run.
func readVendorConf(text string) (v vendorConf) {
	modules := map[int]*Module{}
	last := -1
	for _, m := range assignment.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(m[2]) // "" is the first
		if n > 999 {
			continue
		}
		switch m[1] {
		case "MAKE":
			if n == 0 {
				v.Make = m[3]
			}
			continue
		case "CLEAN":
			v.Clean = m[3]
			continue
		}
		if modules[n] == nil {
			modules[n] = &Module{}
		}
		last = max(last, n)
		switch m[1] {
		case "BUILT_MODULE_NAME":
			modules[n].Name = m[3]
		case "BUILT_MODULE_LOCATION":
			modules[n].Built = m[3]
		case "DEST_MODULE_LOCATION":
			modules[n].Dest = m[3]
		}
	}
	for i := 0; i <= last; i++ {
		if m := modules[i]; m != nil && moduleName.MatchString(m.Name) && folderName.MatchString(m.Built+m.Dest) {
			v.Modules = append(v.Modules, *m)
		}
	}
	return v
}
