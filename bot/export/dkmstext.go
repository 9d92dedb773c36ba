package export

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/stablebot/stablebot/rules/change"
)

//go:embed dkms.conf.tmpl
var confText string

//go:embed readme.tmpl
var readmeText string

var texts = template.Must(template.Must(template.New("conf").Funcs(template.FuncMap{
	"isRedHat":  func() string { return isRedHat },
	"ownNumber": func() string { return ownNumber },
	"pick":      pick,
	"quoted":    quoted,
	"reason":    func(f Fix) string { return reason(f, plain) },
	"until":     until,
	"plain":     plain,
	"join":      strings.Join,
	"branches":  func(b []string) string { return and(b) },
	"never":     func(s string) bool { return s == never },
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
		if b.Graphics && b.Range.has(e.DRM) {
			in = append(in, e)
		}
	}
	return in
}

// reason says why a fix is in the package: where stable takes it not, and where not yet.
// clean makes a stranger's words fit for where they are shown.
func reason(f Fix, clean func(string) string) string {
	var parts []string
	if len(f.Branches) > 0 {
		why := "stays out of " + and(f.Branches) + ": " + f.Class
		if f.Why != "" {
			why += ", " + clean(f.Why)
		}
		parts = append(parts, why)
	}
	if len(f.Eligible) > 0 {
		parts = append(parts, "on its way to "+and(f.Eligible))
	}
	if len(parts) == 0 {
		parts = append(parts, "for kernels before the releases that have it")
	}
	return strings.Join(parts, "; ")
}

// until says which point releases have a fix, and for which branches that is open.
func until(f Fix) string {
	parts := slices.Clone(f.Until)
	if len(f.Eligible) > 0 {
		parts = append(parts, "not known yet for "+and(f.Eligible))
	}
	if len(parts) == 0 {
		return "a release of the vendor has it"
	}
	return strings.Join(parts, ", ")
}

// plain keeps a stranger's words from being markup, a comment's end or a
// terminal's command.
func plain(s string) string {
	var b strings.Builder
	for _, r := range change.Plain(s) {
		if strings.ContainsRune("\\`*_[]<>|#", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
