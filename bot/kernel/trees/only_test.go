package trees

import (
	"testing"
)

// TestAbout: a question that is about no branch is about all.
func TestAbout(t *testing.T) {
	about := About(t.Context(), "6.1")
	if !asked(t.Context(), "6.1") || !asked(about, "6.1") || asked(about, "6.6") {
		t.Error("another branch is asked, or this one is not")
	}
}
