//go:build measure

package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/source/archive"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// contradicting counts what contradicts, by kind, and keeps the first few of each.
type contradicting struct {
	sync.Mutex
	judged int
	kinds  map[string][]string
}

func (c *contradicting) add(ch *change.Change, found []verdict.Contradiction) {
	c.Lock()
	defer c.Unlock()
	c.judged++
	for _, f := range found {
		c.kinds[f.Kind] = append(c.kinds[f.Kind], fmt.Sprintf("%s %q\n\t\tsays    %s\n\t\tagainst %s", ch.ID, ch.Subject, f.Says, f.Against))
	}
}

// report logs a line for each kind; any count above zero fails.
func (c *contradicting) report(t *testing.T, what string) {
	t.Helper()
	show := 10
	if n, err := strconv.Atoi(os.Getenv("STABLEBOT_SHOW")); err == nil {
		show = n
	}
	if c.judged == 0 {
		t.Fatalf("%s: nothing was judged", what)
	}
	t.Logf("%s: %d changes judged", what, c.judged)
	for _, k := range verdict.ContradictionKinds() {
		t.Logf("  %-22s %d", k, len(c.kinds[k]))
		for _, s := range c.kinds[k][:min(show, len(c.kinds[k]))] {
			t.Logf("\t%s", s)
		}
		if len(c.kinds[k]) > 0 {
			t.Fail()
		}
	}
}

// TestContradictions judges every patch of whole list archives, as it was posted, and
// 3,000 commits of freebsd/drm-kmod, and counts by kind what contradicts itself in
// verdict, sentences, findings and numbers. None is wanted.
//
//	STABLEBOT_LISTS='nouveau=PATH tegra=PATH etnaviv=PATH' STABLEBOT_DRM_KMOD=path \
//	    go test -tags measure ./cmd/stablebot -run TestContradictions -v -timeout 60m
//
// STABLEBOT_SHOW=n shows so many of each kind.
func TestContradictions(t *testing.T) {
	lists, drm := os.Getenv("STABLEBOT_LISTS"), os.Getenv("STABLEBOT_DRM_KMOD")
	if lists == "" && drm == "" {
		t.Skip("STABLEBOT_LISTS and STABLEBOT_DRM_KMOD name nothing to judge")
	}
	judge := verdict.Default()
	one := func(c *contradicting, ch *change.Change) {
		j := judge.Change(ch, nil, nil)
		c.add(ch, verdict.Contradictions(&j, &rules.Facts{Change: ch}))
	}
	for _, l := range strings.Fields(lists) {
		name, path, _ := strings.Cut(l, "=")
		t.Run(name, func(t *testing.T) {
			c := &contradicting{kinds: map[string][]string{}}
			eachPatch(t, path, func(ch *change.Change) { one(c, ch) })
			c.report(t, name)
		})
	}
	if drm == "" {
		return
	}
	t.Run("drm", func(t *testing.T) {
		c := &contradicting{kinds: map[string][]string{}}
		eachCommit(t, drm, 3000, func(ch *change.Change) { one(c, ch) })
		c.report(t, "drm-kmod")
	})
}

// eachPatch hands over the patches of an archive, by several workers.
func eachPatch(t *testing.T, path string, do func(*change.Change)) {
	t.Helper()
	ctx := context.Background()
	a, err := archive.Open(ctx, path, trusted)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	err = archive.Read(ctx, a, archive.Options{Workers: 2}, func(m *archive.Mail) bool {
		msg, err := mail.Parse(m.Raw)
		if err == nil && msg.IsPatch && msg.Damaged == nil {
			do(msg.Change)
		}
		return true
	}, func(bool) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
}

// eachCommit hands over n commits of drivers/gpu, spread evenly over all that can be read.
func eachCommit(t *testing.T, path string, n int, do func(*change.Change)) {
	t.Helper()
	ctx := context.Background()
	r, err := git.Open(ctx, path, trusted)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	out, err := r.Output(ctx, "listing commits", "rev-list", "--no-merges", "HEAD", "--", "drivers/gpu/drm", ":(exclude)*_sh_mask.h",
		":(exclude)*_offset.h")
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Fields(string(out))
	some := make([]string, 0, n)
	for i := range min(n, len(all)) {
		some = append(some, all[i*len(all)/min(n, len(all))])
	}
	for commit, err := range r.Named(ctx, some) {
		if err != nil {
			continue // an object that this copy lacks
		}
		if ch, err := commit.Change(); err == nil {
			do(ch)
		}
	}
}
