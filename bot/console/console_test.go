package console

import (
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/internal/shapes"
)

func TestPrintable(t *testing.T) {
	if got := Printable(shapes.Unseen); shapes.Drives(got) != "" || !strings.HasPrefix(got, "drm/a: [31mfix2J a gnah") {
		t.Errorf("%q", got)
	}
	if got, want := Lines("git fetch: no\n\x1b[2Jremote: \u202eon\n"), "git fetch: no\n[2Jremote: on\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
