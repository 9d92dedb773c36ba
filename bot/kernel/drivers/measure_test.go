//go:build measure

package drivers_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/source/archive"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/silicon"
)

// TestRecognised counts, over the archives named by STABLEBOT_LISTS (separated
// by colons), the fixes since 2022-10 that touch drivers, and how many of them
// are recognised.
// With STABLEBOT_ROWS it writes each into that file.
func TestRecognised(t *testing.T) {
	lists := os.Getenv("STABLEBOT_LISTS")
	if lists == "" {
		t.Fatal("STABLEBOT_LISTS names no archive")
	}
	var rows strings.Builder
	for _, list := range strings.Split(lists, ":") {
		c := count{last: map[string]*change.Change{}}
		if err := c.read(list); err != nil {
			t.Fatal(err)
		}
		c.judge(&rows, list)
		fmt.Printf("%s: %d fixes since 2022-10, %d of them in drivers/ or sound/: %d named, %d of an unknown folder, %d no hardware (%d by "+
			"name)\n%s: elsewhere %d: %d with hardware, %d without, %d uncertain\n",
			list, c.fixes, c.drivers, c.named, c.unknown, c.none, c.soft, list, c.fixes-c.drivers, c.elsewhere, c.without, c.strange)
		fmt.Printf("%s: recognised %d of %d fixes in drivers for hardware (%.1f %%)\n", list, c.named, c.drivers-c.none,
			100*float64(c.named)/float64(c.drivers-c.none))
		if float64(c.named) < 0.98*float64(c.drivers-c.none) {
			t.Errorf("%s: want 98 %%", list)
		}
	}
	if f := os.Getenv("STABLEBOT_ROWS"); f != "" {
		if err := os.WriteFile(f, []byte(rows.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

type count struct {
	last                                       map[string]*change.Change // by title
	fixes, drivers, named, unknown, none, soft int
	elsewhere, without, strange                int
}

func (c *count) read(list string) error {
	ctx := context.Background()
	a, err := archive.Open(ctx, list, git.Options{})
	if err != nil {
		return err
	}
	defer a.Close()
	since := time.Date(2022, 10, 1, 0, 0, 0, 0, time.UTC)
	return archive.Read(ctx, a, archive.Options{}, func(m *archive.Mail) *change.Change {
		p, err := mail.Parse(m.Raw)
		if err != nil || p.Change == nil || p.Change.Date.Before(since) || len(p.Change.Files) == 0 {
			return nil
		}
		return p.Change
	}, func(ch *change.Change) error {
		if ch != nil && len(ch.Prefix.Trees) == 0 && !ch.Prefix.AutoSel && (len(ch.Fixes) > 0 || fixWord(ch.Subject)) {
			c.last[ch.Subject] = ch
		}
		return nil
	})
}

func fixWord(s string) bool {
	for w := range strings.FieldsSeq(strings.ToLower(s)) {
		if strings.HasPrefix(w, "fix") {
			return true
		}
	}
	return false
}

func (c *count) judge(rows *strings.Builder, list string) {
	var titles []string
	for t := range c.last {
		titles = append(titles, t)
	}
	sort.Strings(titles)
	cat := silicon.Default()
	for _, title := range titles {
		ch := c.last[title]
		c.fixes++
		in := false
		var paths []string
		for _, f := range ch.Files {
			p := f.NewName
			if p == "" {
				p = f.OldName
			}
			paths = append(paths, p)
			in = in || strings.HasPrefix(p, "drivers/") || strings.HasPrefix(p, "sound/")
		}
		ms, why := cat.Match(ch), cat.NoHardware(ch)
		var names []string
		production := false
		for _, m := range ms {
			names = append(names, m.Kind+" "+m.Label()+" "+string(m.State))
			production = production || m.State != silicon.Unknown
		}
		said := "hardware"
		switch {
		case production:
		case len(ms) > 0:
			said = "unknown"
		case why != "":
			said = "none"
		default:
			said = "strange"
		}
		if in {
			c.drivers++
			switch said {
			case "hardware":
				c.named++
			case "none":
				c.none++
				if !strings.HasPrefix(why, "it ") {
					c.soft++
				}
			default:
				c.unknown++
			}
		} else {
			switch said {
			case "hardware", "unknown":
				c.elsewhere++
			case "none":
				c.without++
			default:
				c.strange++
			}
		}
		fmt.Fprintf(rows, "%s\t%v\t%s\t%s\t%s\t%s\t%s\n", said, in, title, strings.Join(paths, " "), strings.Join(names, "; "), why, list)
	}
}

// TestBuilt holds the table against a real build: STABLEBOT_KERNEL_BUILD is a
// tree in which Kbuild has written the .mod file of each module, which lists the
// objects that it is linked from. Of modules with a table of devices, every file
// must be the module's.
func TestBuilt(t *testing.T) {
	root := os.Getenv("STABLEBOT_KERNEL_BUILD")
	if root == "" {
		t.Fatal("STABLEBOT_KERNEL_BUILD names no built tree")
	}
	table := silicon.Default().Drivers()
	mods, folders, files, right := 0, map[string]bool{}, 0, 0
	var wrong []string
	for _, top := range []string{"drivers", "sound"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(p string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(p, ".mod") {
				return err
			}
			sources, tables := sourcesOf(t, root, p)
			if !tables {
				return nil
			}
			mods++
			name := strings.TrimSuffix(filepath.Base(p), ".mod")
			for _, s := range sources {
				folders[filepath.Dir(s)] = true
				files++
				if owned(table, s, name) {
					right++
				} else {
					wrong = append(wrong, fmt.Sprintf("%s of %s: table says %v", s, name, names(table.Of(s))))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range wrong {
		t.Log(w)
	}
	if files == 0 {
		t.Fatal("the build has no .mod file")
	}
	fmt.Printf("%d modules with a table, %d files in %d folders: %d mapped to their driver (%.2f %%)\n",
		mods, files, len(folders), right, 100*float64(right)/float64(files))
	if float64(right) < 0.99*float64(files) {
		t.Errorf("want 99 %%")
	}
}

// sourcesOf are the C files of a module, and whether one has a table of devices.
func sourcesOf(t *testing.T, root, mod string) (sources []string, tables bool) {
	text, err := os.ReadFile(mod)
	if err != nil {
		t.Fatal(err)
	}
	for o := range strings.FieldsSeq(string(text)) {
		c := strings.TrimSuffix(strings.TrimPrefix(o, root+"/"), ".o") + ".c"
		code, err := os.ReadFile(filepath.Join(root, c))
		if err != nil {
			continue // generated, or assembler
		}
		sources = append(sources, c)
		tables = tables || strings.Contains(string(code), "MODULE_DEVICE_TABLE(")
	}
	return sources, tables
}

func owned(table *silicon.DriverTable, file, module string) bool {
	for _, d := range table.Of(file) {
		if strings.ReplaceAll(d.Name, "-", "_") == strings.ReplaceAll(module, "-", "_") {
			return true
		}
	}
	return false
}

func names(ds []silicon.Driver) []string {
	var out []string
	for _, d := range ds {
		out = append(out, d.Name)
	}
	return out
}
