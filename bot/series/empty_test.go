package series

import (
	"testing"

	"github.com/stablebot/stablebot/bot/mail"
)

// An index that no mail came to, as of a time without any, answers all the same.
func TestEmptyIndex(t *testing.T) {
	m, err := mail.Parse([]byte("Message-ID: <a@example.org>\nFrom: ada@example.org\nSubject: [PATCH 1/2] drm/x: fix a hang\n\nText.\n"))
	if err != nil {
		t.Fatal(err)
	}
	x := &Index{}
	if x.AnyRefused() || x.Refused("drm/x: fix a hang") || x.Superseded(m) || x.Wants() ||
		len(x.Trailers(m))+len(x.Needs(m))+len(x.Mismatched("a@example.org")) > 0 {
		t.Error("an index without mails says something of one")
	}
	x.Copy("0123", "a@example.org")
	x.Carry("0123", "a@example.org")
	x.Want(nil)
	_ = x.Facts(m)
}
