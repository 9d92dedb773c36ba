package trees

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/trees/apply"
	"github.com/stablebot/stablebot/bot/trees/objects"
	"github.com/stablebot/stablebot/rules/change"
)

// maxAsked bounds what is remembered of where functions are.
const maxAsked = 4096

// driverDepth is how many folders of a path name a driver's part:
// drivers/gpu/drm/amd/display.
const driverDepth = 5

// functions reports whether another file of the same driver defines a function
// that the change touches in a file which the branch lacks, and does not where the
// change was made: files are split and put together without that git would call it
// a rename. It costs one git a question, which is asked only where no file was
// found by its name.
func (s *Set) functions(ctx context.Context, c *change.Change, v view, t *objects.Snapshot, me same) bool {
	names := map[string][]string{} // by folder
	for _, f := range c.Files {
		if f.IsNew {
			continue
		}
		if e, err := t.Entry(ctx, f.OldName); err != nil || e.Exists() {
			continue
		}
		at := strings.Split(f.OldName, "/")
		folder := strings.Join(at[:min(driverDepth, len(at)-1)], "/")
		for _, h := range f.TextFragments {
			name, ok := strings.CutSuffix(apply.Heading(h), "(")
			// "probe" is in every driver, so it tells nothing.
			if ok && strings.Contains(name, "_") && !slices.Contains(names[folder], name) {
				names[folder] = append(names[folder], name)
			}
		}
	}
	if len(names) == 0 {
		return false
	}
	made := s.main.tip
	if id := s.source(c, me); id != "" {
		made = id
	}
	then, err := s.main.at(ctx, made)
	if err != nil {
		return false
	}
	for folder, some := range names {
		if folder == "" {
			continue
		}
		slices.Sort(some)
		defines := regexp.MustCompile(`(?m)^([A-Za-z_].*[ *])?(` + strings.Join(some, "|") + `)\(`)
		for _, file := range v.naming(ctx, t.Root, folder, some) {
			if defined(ctx, t, file, defines) && !defined(ctx, then, file, defines) {
				return true
			}
		}
	}
	return false
}

func defined(ctx context.Context, t apply.Tree, file string, how *regexp.Regexp) bool {
	e, err := t.Entry(ctx, file)
	if err != nil || !e.Exists() {
		return false
	}
	img, err := t.Image(ctx, e)
	return err == nil && how.Match(img.Data)
}

// naming are the C files of a folder that have one of the names as a word.
func (r *repo) naming(ctx context.Context, tree, folder string, names []string) []string {
	args := []string{"grep", "-z", "-l", "-w", "-F"}
	for _, n := range names {
		args = append(args, "-e", n)
	}
	args = append(args, tree, "--", folder+"/*.c")
	key := strings.Join(args, "\x00")
	r.mu.Lock()
	files, ok := r.asked[key]
	r.mu.Unlock()
	if ok {
		return files
	}
	// git says no with an error, and where an object is missing it cannot say yes.
	out, _ := r.Output(ctx, "looking for functions", args...)
	if ctx.Err() != nil {
		return nil
	}
	for line := range strings.SplitSeq(string(out), "\x00") {
		if _, file, ok := strings.Cut(line, ":"); ok {
			files = append(files, file)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked == nil || len(r.asked) >= maxAsked {
		r.asked = map[string][]string{}
	}
	r.asked[key] = files
	return files
}
