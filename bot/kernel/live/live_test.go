package live

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/rules/change"
)

// Mainline comes first, is one branch, and without it there are no trees.
func TestNew(t *testing.T) {
	for name, tt := range map[string]struct {
		remotes []Remote
		want    string // names, in order
		err     string
	}{
		"none":        {nil, "", ""},
		"no mainline": {[]Remote{{Name: "s", Role: trees.Stable, Branches: []string{"linux-*.y"}}}, "", ""},
		"mainline last": {[]Remote{{Name: "s", Role: trees.Stable, Branches: []string{"*"}},
			{Name: "m", Role: trees.Mainline, Branches: []string{"master"}}}, "m s", ""},
		"two mainlines": {[]Remote{{Name: "m", Role: trees.Mainline, Branches: []string{"master"}},
			{Name: "n", Role: trees.Mainline, Branches: []string{"master"}}}, "m", ""},
		"a pattern": {[]Remote{{Name: "m", Role: trees.Mainline, Branches: []string{"for-*"}}}, "", "mainline is one branch"},
		"others with it": {[]Remote{{Name: "m", Role: trees.Mainline, Branches: []string{"master", "x"}},
			{Name: "v", Role: trees.Vendor, Branches: []string{"main"}}}, "m v", ""},
	} {
		got, err := New(Config{Remotes: tt.remotes, Log: zap.NewNop()})
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var names []string
		for _, r := range got.Remotes() {
			names = append(names, r.Name)
		}
		if strings.Join(names, " ") != tt.want {
			t.Errorf("%s: %q, want %q", name, names, tt.want)
		}
	}
}

// What is asked before the trees were read is an error of its own, and never "no trees".
func TestNotRead(t *testing.T) {
	l, err := New(Config{Remotes: []Remote{{Name: "m", Role: trees.Mainline, Branches: []string{"master"}}}, Log: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Facts(t.Context(), &change.Change{}, nil); !errors.Is(err, ErrNotRead) {
		t.Errorf("facts: %v", err)
	}
	if _, err := l.Merged(t.Context(), "abc"); !errors.Is(err, ErrNotRead) {
		t.Errorf("a commit: %v", err)
	}
	if (&Maintainers{Trees: l}).Maintains("ada@example.org", []string{"drivers/x.c"}) {
		t.Error("somebody maintains files though MAINTAINERS could not be read")
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	var none *Trees
	if none.Set() != nil || none.Remotes() != nil || none.Close() != nil {
		t.Error("no trees have something open")
	}
}

// hung is a copy whose remote does not answer.
type hung struct {
	dir   string
	asked chan struct{}
}

func (h hung) Dir() string { return h.dir }

func (h hung) Update(ctx context.Context) error {
	close(h.asked)
	<-ctx.Done()
	return ctx.Err()
}

// There is no copy yet of one that is fetched for the first time.
type none struct{ dir string }

func (n none) Dir() string                  { return n.dir }
func (n none) Update(context.Context) error { return nil }

// TestSlowRemote: a remote that is fetched for minutes holds up neither what another one
// has fetched nor a look at the trees.
func TestSlowRemote(t *testing.T) {
	l, err := New(Config{Remotes: []Remote{{Name: "m", Role: trees.Mainline, Branches: []string{"master"}},
		{Name: "s", Role: trees.Stable, Branches: []string{"linux-*.y"}}}, Log: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	slow := hung{t.TempDir(), make(chan struct{})}
	l.Keep("m", none{t.TempDir()})
	l.Keep("s", slow)
	ctx, end := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	asking.Go(func() { _, _ = l.Refresh(ctx, true) })
	<-slow.asked
	fetched := make(chan struct{})
	go func() { defer close(fetched); l.Fetched(ctx) }()
	select {
	case <-fetched:
	case <-time.After(10 * time.Second):
		t.Error("what mainline has fetched waits for the other remote")
	}
	end()
	asking.Wait()
}

// A change of folders that are not indexed is told so.
func TestOutsideFolders(t *testing.T) {
	in := func(name string) error {
		return outsideFolders(&change.Change{Files: []*gitdiff.File{{OldName: name, NewName: name}}})
	}
	if err := in("drivers/gpu/drm/amd/amdgpu/gfx_v11_0.c"); err != nil {
		t.Error(err)
	}
	if err := in("include/linux/device.h"); err != nil {
		t.Error(err)
	}
	if err := in("fs/ext4/super.c"); err == nil || !strings.Contains(err.Error(), "drivers/gpu/drm") {
		t.Error(err)
	}
}
