package report

import "testing"

func TestToldOfOneAndOfMany(t *testing.T) {
	for _, tt := range []struct{ reason, one, many string }{
		{"its title speaks of a leak", "its title speaks of a leak", "their titles speak of a leak"},
		{"shows the kernel's trace of what happens", "it shows the kernel's trace of what happens", "they show the kernel's trace of what happens"},
		{"speaks of a crash and shows the kernel's trace of it; against it: 143 lines",
			"it speaks of a crash and shows the kernel's trace of it; against it: 143 lines",
			"they speak of a crash and show the kernel's trace of it; against it: 143 lines"},
		{"a fix by its Fixes tag", "a fix by its Fixes tag", "fixes by their Fixes tags"},
		{"143 lines with context", "143 lines with context", "143 lines with context"},
	} {
		if got := told(tt.reason, 1); got != tt.one {
			t.Errorf("one: %q, want %q", got, tt.one)
		}
		if got := told(tt.reason, 2); got != tt.many {
			t.Errorf("many: %q, want %q", got, tt.many)
		}
	}
}
