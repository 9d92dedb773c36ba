package usage_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/stablebot/stablebot/bot/usage"
)

// TestError: an error of usage is one however often it is wrapped, says nothing of its
// own, and still is what it was.
func TestError(t *testing.T) {
	err := fmt.Errorf("opening: %w", usage.Errorf("reading x: %w", fs.ErrNotExist))
	var wrong usage.Error
	if !errors.As(err, &wrong) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is an error of usage, and of a file that is not there", err)
	}
	if got := err.Error(); got != "opening: reading x: file does not exist" {
		t.Errorf("it says %q", got)
	}
	if errors.As(usage.ErrReported, &wrong) {
		t.Error("what was reported is no error of usage")
	}
	if err := usage.Wrap(fs.ErrExist); !errors.As(err, &wrong) || err.Error() != fs.ErrExist.Error() {
		t.Errorf("%v", err)
	}
}
