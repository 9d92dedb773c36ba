package store

import (
	"testing"

	"github.com/stablebot/stablebot/rules/silicon"
)

// TestNamed: filters offer drivers and chips, not every laptop that a patch names.
func TestNamed(t *testing.T) {
	laptop := silicon.Match{Name: "Example Book 14 (103c:8004)", Kind: silicon.KindDevice, Driver: "codec"}
	codec := silicon.Match{Name: "codec", Kind: silicon.KindDriver, Driver: "codec"}
	if got := named([]silicon.Match{laptop, codec}); len(got) != 1 || got[0].Name != "codec" {
		t.Errorf("got %v", got)
	}
	if got := named([]silicon.Match{laptop}); len(got) != 1 {
		t.Errorf("what else is known of a laptop's row? got %v", got)
	}
}
