package mainline

import (
	"bufio"
	"context"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
)

// forks remembers where branches left mainline. Git walks the histories of both
// to find that, half a second a branch, and the answer for two commits never
// changes.
type forks struct {
	file string            // "" keeps nothing
	base map[string]string // "tip branch" → the commit; "" for none
	new  []string          // lines to be written
}

// maxForks bounds the file: it is begun anew when it is larger.
const maxForks = 4096

func openForks(dir string) *forks {
	f := &forks{base: map[string]string{}}
	if dir == "" {
		return f
	}
	f.file = filepath.Join(dir, "forks")
	data, err := os.Open(f.file)
	if err != nil {
		return f // there is none yet, or it is asked for again
	}
	defer func() { _ = data.Close() }()
	for in := bufio.NewScanner(data); in.Scan(); {
		// Another process may be writing its last line.
		w := strings.Split(in.Text(), " ")
		if len(w) == 4 && w[3] == "." && isID(w[0]) && isID(w[1]) && (w[2] == "" || isID(w[2])) {
			f.base[w[0]+" "+w[1]] = w[2]
		}
	}
	return f
}

func isID(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && (len(s) == 40 || len(s) == 64)
}

// of is the best common ancestor of two commits.
func (f *forks) of(ctx context.Context, r *git.Repo, tip, id string) (string, error) {
	key := tip + " " + id
	if base, ok := f.base[key]; ok {
		return base, nil
	}
	base, err := r.MergeBase(ctx, tip, id)
	if err == nil {
		f.base[key] = base
		f.new = append(f.new, key+" "+base+" .\n")
	}
	return base, err
}

// keep writes what was asked for. A folder that cannot be written to costs time
// the next time, and nothing else.
func (f *forks) keep() {
	if f.file == "" || len(f.new) == 0 {
		return
	}
	how := os.O_APPEND
	if len(f.base) > maxForks {
		how = os.O_TRUNC
	}
	out, err := os.OpenFile(f.file, os.O_CREATE|os.O_WRONLY|how, 0o644)
	if err != nil {
		return
	}
	_, _ = out.WriteString(strings.Join(f.new, ""))
	_ = out.Close()
}
