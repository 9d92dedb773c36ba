package git

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A fetch brings a pack, or up to a hundred files of one object each: a year of polling a
// busy tree leaves thousands, and git looks into each pack for each object. Git's own
// bounds for its own upkeep hold here too.
const (
	maxPacks = 50
	maxLoose = 6700 // objects with a file of their own, guessed from those of one folder in 256
	tidyRest = 24 * time.Hour
)

// untidy reports whether a mirror has so many packs or loose objects that it is packed anew.
func (m *Mirror) untidy() bool {
	packs, _ := filepath.Glob(filepath.Join(globEscaped(m.Dir), "objects", "pack", "*.pack"))
	if len(packs) > maxPacks {
		return true
	}
	loose, err := os.ReadDir(filepath.Join(m.Dir, "objects", "17"))
	return err == nil && len(loose)*256 > maxLoose
}

// tidy puts small packs and loose objects together, after a fetch and under its lock. No
// object is left out, whoever refers to it: what a remote has rewritten is still read here,
// and others may borrow from it. It runs no hook, on one processor, for as long as a fetch
// may take; when it fails or is killed, the mirror is as it was, and it is tried again
// after a day.
func (m *Mirror) tidy(ctx context.Context, held *os.File) {
	if time.Since(m.tidied) < tidyRest || !m.untidy() {
		return
	}
	m.tidied = time.Now()
	limited, cancel := context.WithTimeout(ctx, m.o.Timeout)
	defer cancel()
	args := strings.Fields("--git-dir= -c pack.threads=1 -c pack.windowMemory=64m -c core.bigFileThreshold=16m repack -q -d -l --geometric=2")
	args[0] += m.Dir
	_, _ = output(limited, invocation{git: m.Repo.o.program(), doing: "repacking", repo: m.Dir, args: args, held: held})
}
