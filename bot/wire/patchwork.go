package wire

import (
	"errors"
	"path/filepath"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/sink/dryrun"
	"github.com/stablebot/stablebot/bot/sink/patchwork"
)

// ChecksDir is where a dry run shows the checks of patches.
func ChecksDir(state string) string { return filepath.Join(state, "checks") }

// patchworks are the sinks of checks, and whose patches get them.
func patchworks(c *config.Config) (sinks []flow.Sink, checks []plan.Checks, err error) {
	var errs []error
	for _, w := range c.Patchwork {
		checks = append(checks, plan.Checks{Sink: "patchwork:" + w.Name, Lists: w.Lists})
		if !w.Send {
			sinks = append(sinks, dryrun.New("patchwork:"+w.Name, ChecksDir(c.State), patchwork.Shown))
			continue
		}
		s, err := PatchworkSink(w)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		sinks = append(sinks, s)
	}
	return sinks, checks, errors.Join(errs...)
}

func PatchworkSink(w config.Patchwork) (*patchwork.Sink, error) {
	if w.Context == "" {
		w.Context = "stablebot"
	}
	return patchwork.New(patchwork.Config{Name: "patchwork:" + w.Name, URL: w.URL, Project: w.Project, Context: w.Context,
		Token: w.Token, Version: Version()})
}
