package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/wire"
)

// layouts tells of each git remote that is not laid out as the kernel is.
func (d *doctor) layouts(ctx context.Context, c *config.Config) {
	for _, g := range c.Sources.Git {
		dir := filepath.Join(wire.Mirrors(c.State), "git", g.Name+".git")
		if _, err := os.Stat(filepath.Join(dir, "HEAD")); err != nil {
			continue
		}
		say, err := wire.LayoutIn(ctx, dir, g)
		switch {
		case err != nil:
			d.say("note", "layout", fmt.Sprintf("git:%s could not be looked at: %v", g.Name, err))
		case say != "":
			d.say("note", "layout", "git:"+g.Name+": "+say)
		}
	}
}
