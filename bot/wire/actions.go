package wire

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/stablebot/stablebot/bot/console"
)

// StopFile is the emergency stop: while it is there nothing is delivered,
// whoever made it and however.
func StopFile(state string) string { return filepath.Join(state, "stop") }

// Stopped says that and why nothing is delivered, "" when it is. A file that
// cannot be looked at counts as there: in doubt nothing is sent.
func Stopped(state string) string {
	text, err := os.ReadFile(StopFile(state))
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	if err != nil {
		return fmt.Sprintf("held, as it cannot be told whether sending was stopped (%v); make the file readable", err)
	}
	return strings.TrimSpace("stopped " + console.Printable(strings.TrimSpace(string(text))))
}
