package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/store/storetest"
)

// TestForgottenSignature: a signature stays used though the mail that used it was forgotten,
// or its command could be given again by anybody who kept it.
func TestForgottenSignature(t *testing.T) {
	for name, where := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "s.db") },
		"postgres": func(t *testing.T) string { return peers.NewPostgres(t).Database() },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, where(t))
			prove := func(id string) bool {
				t.Helper()
				m := storetest.Mail(id)
				m.Sender = "bob@example.org"
				if _, err := s.Keep(t.Context(), m, flow.Cursor{}); err != nil {
					t.Fatal(err)
				}
				if err := s.File(t.Context(), flow.Filing{ID: id, Kind: flow.KindReply, Prove: storetest.T0}); err != nil {
					t.Fatal(err)
				}
				used, err := s.Prove(t.Context(), flow.Proving{ID: id, Proven: "bob@example.org", Signed: "{}",
					Uses: []string{"signature 1"}, At: storetest.T0.Add(time.Minute)})
				if err != nil {
					t.Fatal(err)
				}
				return used
			}
			if prove("1@x") {
				t.Error("used before it was")
			}
			if f, err := s.Forget(t.Context(), "bob@example.org"); err != nil || f.Mails != 1 {
				t.Fatalf("forgotten: %+v, %v", f, err)
			}
			if !prove("2@x") {
				t.Error("not used any more")
			}
		})
	}
}
