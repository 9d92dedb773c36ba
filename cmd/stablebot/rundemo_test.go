package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/console/rows"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules/verdict"
)

// TestDemo: the demo shows what the bot can say: each verdict, a fix that one branch
// takes and another cannot, and each reason that a fix cannot go into stable kernels.
// It tells so in ten lines, and what it made goes with it.
func TestDemo(t *testing.T) {
	tmp, state := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", tmp)
	var out strings.Builder
	if err := runDemo(t.Context(), &out, demoOptions{state: state, once: true}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n > 10 {
		t.Errorf("%d lines:\n%s", n, out.String())
	}
	for _, want := range []string{"replies written", wire.OutboxDir(state), "stablebot explain", string(verdict.DKMSOnly)} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	s, err := store.OpenReadOnly(t.Context(), wire.StoreFile(state))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	js, err := s.Judgements(t.Context(), store.Filter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for i := range js {
		found[rows.Label(&js[i].Judgement)] = true
	}
	wanted := []string{"stable-eligible", "stable-eligible (mixed)", "wait", "uncertain", "not-needed", "out-of-scope"}
	for _, c := range verdict.Classes {
		wanted = append(wanted, "dkms-only: "+string(c))
	}
	for _, want := range wanted {
		if !found[want] {
			t.Errorf("no change of the demo is %s", want)
		}
	}
}
