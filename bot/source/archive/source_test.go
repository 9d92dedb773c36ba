package archive

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git/gittest"
)

// inlet keeps what it is given; fail makes the next Accept but n fail once.
type inlet struct {
	cursors map[string]string
	ids     []string
	known   map[string]bool
	fail    int
}

func newInlet() *inlet {
	return &inlet{cursors: map[string]string{}, known: map[string]bool{}, fail: -1}
}

func (i *inlet) Cursor(_ context.Context, key string) (string, error) { return i.cursors[key], nil }

func (i *inlet) Advance(_ context.Context, key, cursor string) error {
	i.cursors[key] = cursor
	return nil
}

var errCrash = errors.New("crash")

func (i *inlet) Accept(_ context.Context, item flow.Item) error {
	if i.fail--; i.fail == -1 {
		return errCrash
	}
	if id := messageID(item.Mail); !i.known[id] {
		i.known[id] = true
		i.ids = append(i.ids, strings.TrimSuffix(id, "@example.org"))
	}
	i.cursors[item.Source] = item.Cursor
	return nil
}

func (i *inlet) take() []string { ids := i.ids; i.ids = nil; return ids }

func follow(t *testing.T, url string, since time.Time) (*Source, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	s, err := NewSource(Config{Name: "x", URL: url, State: t.TempDir(), Since: since}, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, logs
}

func poll(t *testing.T, s *Source, in *inlet, want ...string) {
	t.Helper()
	if err := s.Poll(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	same(t, in.take(), want...)
}

func msg(id string) gittest.Message { return gittest.Message{Raw: mail(id, 10)} }

func TestSourceFollowsEpochs(t *testing.T) {
	dir := t.TempDir()
	e0 := gittest.NewInbox(t, filepath.Join(dir, "git", "0.git"))
	e0.Add(msg("old"))
	in := newInlet()
	s, _ := follow(t, dir, time.Time{})
	poll(t, s, in) // from now on
	e0.Add(msg("a"), msg("b"), msg("c"))
	in.fail = 1
	if err := s.Poll(t.Context(), in); !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	same(t, in.take(), "a")
	// Another process goes on where the crash was.
	_ = s.Close()
	again, err := NewSource(s.cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	poll(t, again, in, "b", "c")
	e0.Add(msg("d"), gittest.Message{Raw: mail("a", 10), Delete: true})
	gittest.NewInbox(t, filepath.Join(dir, "git", "1.git")).Add(msg("e"))
	poll(t, again, in, "d") // the next epoch is looked for once an hour
	again.asked = time.Time{}
	poll(t, again, in, "e")
	poll(t, again, in)
}

func TestSourceBeginsInThePast(t *testing.T) {
	dir := t.TempDir()
	day := func(d int) time.Time { return time.Date(2024, 3, d, 0, 0, 0, 0, time.UTC) }
	at := func(id string, d int) gittest.Message { return gittest.Message{Raw: mail(id, 10), Date: day(d)} }
	for n, m := range [][]gittest.Message{{at("a", 1), at("b", 2)}, {at("c", 3), at("d", 4)}, {at("e", 5)}} {
		gittest.NewInbox(t, filepath.Join(dir, "git", string(rune('0'+n))+".git")).Add(m...)
	}
	s, _ := follow(t, dir, day(4))
	poll(t, s, newInlet(), "d", "e")
	if s.first != 1 {
		t.Errorf("begun at epoch %d: the first has nothing that new", s.first)
	}
}

func TestSourceSurvivesRewriting(t *testing.T) {
	dir := t.TempDir()
	box := gittest.NewInbox(t, dir)
	in := newInlet()
	s, logs := follow(t, dir, gittest.Start)
	box.Add(msg("a"), msg("b"), msg("c"))
	poll(t, s, in, "a", "b", "c")
	// b is purged, which writes everything behind it anew.
	box.Git("update-ref", "refs/heads/main", box.Git("rev-parse", "main~2"))
	box.Add(msg("c"), msg("d"))
	poll(t, s, in, "d")
	if logs.FilterMessageSnippet("where the two part").Len() != 1 {
		t.Errorf("not told: %v", logs.All())
	}
	// The archive is imported anew.
	box.Git("update-ref", "-d", "refs/heads/main")
	box.Add(msg("zero"), msg("a"), msg("c"), msg("d"), msg("e"))
	poll(t, s, in, "zero", "e")
	if logs.FilterMessageSnippet("resuming by date").Len() != 1 {
		t.Errorf("not told: %v", logs.All())
	}
}

func TestSourceErrors(t *testing.T) {
	if _, err := NewSource(Config{Name: "a/b"}, zap.NewNop()); err == nil || !strings.Contains(err.Error(), "url") ||
		!strings.Contains(err.Error(), "state") {
		t.Errorf("every problem at once: %v", err)
	}
	dir := t.TempDir()
	s, _ := follow(t, filepath.Join(dir, "absent"), time.Time{})
	if err := s.Poll(t.Context(), newInlet()); !errors.Is(err, flow.ErrTemporary) {
		t.Errorf("absent: %v", err)
	}
	if err := s.Check(t.Context()); err == nil {
		t.Error("an absent remote was checked and found right")
	}
	box := gittest.NewInbox(t, filepath.Join(dir, "box"))
	box.Add(msg("a"))
	s, _ = follow(t, box.Dir, time.Time{})
	in := newInlet()
	poll(t, s, in)
	if err := os.RemoveAll(box.Dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Poll(t.Context(), in); !errors.Is(err, flow.ErrTemporary) {
		t.Errorf("gone: %v", err)
	}
	in.cursors[s.Name()] = "gibberish"
	if err := s.Poll(t.Context(), in); err == nil || errors.Is(err, flow.ErrTemporary) {
		t.Errorf("bad cursor: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("wait: %v", err)
	}
}

// The first look at an archive that brings nothing, or another list's mail, says so.
func TestSourceSaysWhy(t *testing.T) {
	dir := t.TempDir()
	inbox := gittest.NewInbox(t, filepath.Join(dir, "git", "0.git"))
	inbox.Add(gittest.Message{Raw: "From: a@example.org\nMessage-ID: <1@example.org>\nList-Id: <drm.lists.example.org>\nSubject: x\n\nx\n"})
	for _, c := range []struct {
		name, list string
		since      time.Time
		want       string
	}{
		{"no since", "", time.Time{}, "set since for this archive"},
		{"too late", "", time.Now().AddDate(1, 0, 0), "no mail since that day"},
		{"another list", "dri.lists.example.org", time.Unix(1, 0), "name another list"},
		{"its list", "DRM.lists.example.org", time.Unix(1, 0), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, logs := follow(t, dir, c.since)
			s.cfg.List = c.list
			if err := s.Poll(t.Context(), newInlet()); err != nil {
				t.Fatal(err)
			}
			said := ""
			for _, l := range logs.All() {
				said += l.Message + "\n"
			}
			if c.want == "" && said != "" || !strings.Contains(said, c.want) {
				t.Errorf("said %q", said)
			}
		})
	}
}
