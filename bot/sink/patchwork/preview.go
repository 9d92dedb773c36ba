package patchwork

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/stablebot/stablebot/bot"
)

// Preview is the dry run: the check of each patch becomes a file of JSON, and
// nothing leaves the machine.
type Preview struct{ name, dir string }

var _ bot.Sink = (*Preview)(nil)

// NewPreview returns a sink that writes below dir.
func NewPreview(name, dir string) *Preview { return &Preview{name, dir} }

// Name implements bot.Sink.
func (p *Preview) Name() string { return p.name }

// Idempotent implements bot.Sink.
func (p *Preview) Idempotent() bool { return true }

// Deliver implements bot.Sink.
func (p *Preview) Deliver(_ context.Context, a bot.Action) error {
	id, _, err := (&Sink{}).wanted(a)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(id))
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return fmt.Errorf("showing the check of <%s>: %w", id, err)
	}
	if err := os.WriteFile(filepath.Join(p.dir, hex.EncodeToString(sum[:8])+".json"), append(a.Message, '\n'), 0o600); err != nil {
		return fmt.Errorf("showing the check of <%s>: %w", id, err)
	}
	return nil
}
