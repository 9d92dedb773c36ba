package export

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"text/template"

	"github.com/stablebot/stablebot/bot/git"
)

// DropIn is what /etc/dkms takes so that a package that somebody else ships is built with
// the fixes: the patches below the package's name, and what names them for one version of
// it. The next version of the package is built without them.
type DropIn struct {
	*Built
	files []file
}

//go:embed dropin.conf.tmpl
var dropConfText string

//go:embed dropin.tmpl
var dropText string

var drops = template.Must(template.Must(template.Must(texts.Clone()).New("dropconf").Parse(dropConfText)).New("dropin").Parse(dropText))

// vendorVersion is a version in a vendor's dkms.conf.
var vendorVersion = regexp.MustCompile(`(?m)^[ \t]*PACKAGE_(NAME|VERSION)=["']?([0-9A-Za-z][0-9A-Za-z.+~_-]*)["']?[ \t]*$`)

// Patches rebases the fixes onto the vendor's release and makes what /etc/dkms takes. The
// version is that of the vendor's dkms.conf where none is given.
func (p *Package) Patches(ctx context.Context, o git.Options) (*DropIn, error) {
	own := *p
	if err := own.identify(ctx); err != nil {
		return nil, err
	}
	out := &DropIn{}
	built, err := own.work(ctx, o, func(_ *bench, _ string, b *Built) error {
		if !b.DKMS.Current() {
			b.Fallbacks = []string{"dkms " + string(b.DKMS) + " does not look below /etc/dkms/" + b.Name + "/patches: a link in the package's source leads there"}
		}
		out.Built = b
		return out.describe()
	})
	if err != nil {
		return nil, err
	}
	for _, f := range built.tree {
		out.files = append(out.files, file{name: built.Name + "/" + f.name, data: f.data})
	}
	return out, nil
}

// identify reads which package the vendor's tree is.
func (p *Package) identify(ctx context.Context) error {
	conf, err := p.Vendor.Object(ctx, p.Tag+":"+path.Join(strings.Trim(p.VendorFolder, "/"), "dkms.conf"))
	switch {
	case errors.Is(err, git.ErrMissing) || errors.Is(err, git.ErrNoRevision):
	case err != nil:
		return err
	default:
		for _, m := range vendorVersion.FindAllStringSubmatch(string(conf.Data), -1) {
			switch {
			case m[1] == "VERSION" && p.Version == "":
				p.Version = m[2]
			case m[1] == "VERSION" && m[2] != p.Version:
				return fmt.Errorf("the package of %s has version %s, not %s: dkms looks for patches by both; leave --package-version out, or name the --tag of that version", p.Tag, m[2], p.Version)
			case m[1] == "NAME" && m[2] != p.Name:
				return fmt.Errorf("the package of %s calls itself %s, not %s: dkms looks for patches by that name", p.Tag, m[2], p.Name)
			}
		}
	}
	if p.Version == "" {
		return fmt.Errorf("the version of the package is not known: %s has no dkms.conf that says it plainly; `dkms status` shows it, give it with --package-version", p.Tag)
	}
	return nil
}

// describe adds the file that names the patches, and the README.
func (d *DropIn) describe() error {
	for _, f := range []struct{ text, name string }{{"dropconf", d.Name + "-" + d.Version + ".conf"}, {"dropin", "README.md"}} {
		var b bytes.Buffer
		if err := drops.ExecuteTemplate(&b, f.text, d); err != nil {
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
		d.files = append(d.files, file{name: f.name, data: b.Bytes()})
	}
	return nil
}

// Write puts it into a folder that is laid out as /etc/dkms.
func (d *DropIn) Write(dir string) error { return writeFiles(dir, d.files) }
