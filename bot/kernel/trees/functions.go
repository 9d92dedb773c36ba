package trees

import (
	"bytes"
	"context"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/bot/kernel/objects"
)

// Bounds of what is remembered of where functions are: files with some hundred
// bytes each, and folders. A driver's part has up to 700 C files; a folder of more
// than maxScanned is none of a driver, and nothing is said of it.
const (
	maxFunctions = 40000
	maxIndexed   = 64
	maxScanned   = 4000
)

// driverDepth is how many folders of a path name a driver's part:
// drivers/gpu/drm/amd/display.
const driverDepth = 5

// functions reports whether another file of the same driver defines a function
// that the change touches in a file which the branch lacks, and does not where the
// change was made: files are split and put together without that git would call it
// a rename. The first question about a folder reads its C files, those that another
// branch has as well only once. dark says that nothing was found and that some file
// could not be read.
func (s *Set) functions(ctx context.Context, c *question, v view, t *objects.Snapshot) (found, dark bool) {
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
		return false, false
	}
	made := c.carrier
	if made == "" {
		made = s.main.tipOn(c.asOf)
	}
	then, err := s.main.at(ctx, made)
	if err != nil {
		return false, false
	}
	for folder, some := range names {
		if folder == "" {
			continue
		}
		slices.Sort(some)
		defines := regexp.MustCompile(`(?m)^([A-Za-z_].*[ *])?(` + strings.Join(some, "|") + `)\(`)
		files, unread := v.defining(ctx, t, folder, some)
		dark = dark || unread
		for _, file := range files {
			if defined(ctx, t, file, defines) && !defined(ctx, then, file, defines) {
				return true, false
			}
		}
	}
	return false, dark
}

// split reports whether the code may stand in another file: its functions do, or
// what would tell could not be read.
func (s *Set) split(ctx context.Context, c *question, v view, t *objects.Snapshot) bool {
	found, dark := s.functions(ctx, c, v, t)
	return found || dark
}

func defined(ctx context.Context, t apply.Tree, file string, how *regexp.Regexp) bool {
	e, err := t.Entry(ctx, file)
	if err != nil || !e.Exists() {
		return false
	}
	img, err := t.Image(ctx, e)
	return err == nil && how.Match(img.Data)
}

// definers says for the hash of a function's name which files may define it.
type definers struct {
	files map[uint32][]string
	dark  bool // some file could not be read
}

// defining are the C files of a folder that may define one of the functions,
// sorted; dark says that some file could not be read.
func (r *repo) defining(ctx context.Context, t *objects.Snapshot, folder string, names []string) (files []string, dark bool) {
	e, err := t.Entry(ctx, folder)
	if err != nil || e.Mode != apply.Folder {
		return nil, err != nil
	}
	r.scanning.Lock()
	defer r.scanning.Unlock()
	in, ok := r.defined[e.ID]
	if !ok {
		paths, whole := cFiles(ctx, t, folder, nil)
		if whole {
			in.files = map[uint32][]string{}
			for _, path := range paths {
				hs, err := r.functionsOf(ctx, t, path)
				in.dark = in.dark || err != nil
				for _, h := range hs {
					in.files[h] = append(in.files[h], strings.TrimPrefix(path, folder))
				}
			}
		}
		if ctx.Err() != nil {
			return nil, true
		}
		if r.defined == nil || len(r.defined) >= maxIndexed {
			r.defined = map[string]definers{}
		}
		r.defined[e.ID] = in
	}
	for _, n := range names {
		for _, path := range in.files[hashOf([]byte(n))] {
			files = append(files, folder+path)
		}
	}
	slices.Sort(files)
	return slices.Compact(files), in.dark
}

// cFiles lists the C files below a folder; whole is false when they are too many.
func cFiles(ctx context.Context, t *objects.Snapshot, folder string, to []string) (files []string, whole bool) {
	names, err := t.Names(ctx, folder)
	if err != nil {
		return to, true
	}
	slices.Sort(names)
	for _, n := range names {
		path := folder + "/" + n
		e, err := t.Entry(ctx, path)
		switch {
		case err != nil:
		case e.Mode == apply.Folder:
			if to, whole = cFiles(ctx, t, path, to); !whole {
				return to, false
			}
		case strings.HasSuffix(n, ".c") && e.Mode != apply.Gitlink:
			if to = append(to, path); len(to) > maxScanned {
				return to, false
			}
		}
	}
	return to, true
}

// functionsOf are the functions that a file may define. Its content goes past the
// files that are kept: nobody asks for most of it again.
func (r *repo) functionsOf(ctx context.Context, t *objects.Snapshot, path string) ([]uint32, error) {
	e, err := t.Entry(ctx, path)
	if err != nil || !e.Exists() {
		return nil, err
	}
	if hs, ok := r.inBlob[e.ID]; ok {
		return hs, nil
	}
	o, err := r.Object(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	hs := functionsIn(o.Data)
	if r.inBlob == nil || len(r.inBlob) >= maxFunctions {
		r.inBlob = map[string][]uint32{}
	}
	r.inBlob[e.ID] = hs
	return hs, nil
}

// functionsIn are the hashes of the names before a parenthesis on lines that begin
// in the first column.
func functionsIn(data []byte) (out []uint32) {
	for line := range bytes.Lines(data) {
		if !letter(line[0]) {
			continue
		}
		for rest, at := line, 0; ; {
			i := bytes.IndexByte(rest[at:], '(')
			if i < 0 {
				break
			}
			end := at + i
			begin := end
			for begin > 0 && (letter(rest[begin-1]) || rest[begin-1] >= '0' && rest[begin-1] <= '9') {
				begin--
			}
			if begin < end && (begin == 0 || rest[begin-1] == ' ' || rest[begin-1] == '*') {
				out = append(out, hashOf(rest[begin:end]))
			}
			at = end + 1
		}
	}
	slices.Sort(out)
	return slices.Clip(slices.Compact(out))
}

func letter(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }

func hashOf(name []byte) uint32 {
	h := fnv.New32a()
	_, _ = h.Write(name)
	return h.Sum32()
}
