package classify

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/console/rows"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// summary says in one line what came of it.
func summary(w io.Writer, took time.Duration, units, judged, unjudged int, counts map[verdict.Verdict]int) {
	var parts []string
	for _, v := range verdict.Verdicts {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[v], v))
		}
	}
	line := fmt.Sprintf("%s of %d judged in %s", console.Several(judged, "change"), units, took.Round(time.Millisecond))
	if took > time.Second {
		line += fmt.Sprintf(" (%.0f/s)", float64(units)/took.Seconds())
	}
	if len(parts) > 0 {
		line += ": " + strings.Join(parts, ", ")
	}
	if unjudged > 0 {
		line += fmt.Sprintf("; %d could not be read in full", unjudged)
	}
	fmt.Fprintln(w, line)
}

// unit is one thing to judge: a raw mail, a commit, or why there is none.
type unit struct {
	raw    []byte // valid until the worker returns
	origin string
	commit *git.Commit
	before []*change.Change // the patches of its series that came before it
	err    error
}

// outcome is what one unit came to.
type outcome struct {
	out      *bytes.Buffer // what is printed, nil for nothing
	verdict  verdict.Verdict
	unjudged string // why it could not be judged, for standard error
	left     string // why it has no line
	// Of a patch of a series, whose verdict the others may change.
	judgement *verdict.Judgement
	series    string // the key of its posting
}

// stream judges everything in and prints in input order.
func (c *classifier) stream(ctx context.Context, in *input, stdout, stderr io.Writer) error {
	out := rows.Plain(stdout)
	if !c.o.JSON {
		out = rows.New(stdout)
	}
	began := time.Now()
	bar := c.o.screen(ctx).Begin("judging", in.total)
	defer bar.End()
	counts := map[verdict.Verdict]int{}
	left := map[string]int{}
	var units, judged, unjudged int
	put := func(r outcome) error {
		if r.unjudged != "" {
			unjudged++
			fmt.Fprintf(stderr, "stablebot: %s\n", console.Printable(r.unjudged))
		}
		if r.verdict != "" {
			judged++
			counts[r.verdict]++
		}
		if r.left != "" {
			left[r.left]++
		}
		if r.out == nil {
			return nil
		}
		defer c.release(r.out)
		return out.Put(r.out.Bytes())
	}
	g := gathering{c: c, put: put}
	err := in.walk(ctx, c.judgeUnit, func(r outcome) error {
		units++
		bar.Add(1)
		return g.add(r)
	})
	if err == nil {
		err = g.end()
	}
	bar.End()
	if ferr := out.Flush(); err == nil {
		err = ferr
	}
	if isBrokenPipe(err) { // the reader has what it wanted: `| head`
		return nil
	}
	if err != nil {
		return err
	}
	if !c.o.Quiet {
		summary(stderr, time.Since(began), units, judged, unjudged, counts)
	}
	switch {
	case c.o.Quiet || judged+unjudged > 0:
	case units == 0:
		fmt.Fprintf(stderr, "stablebot: nothing to judge: %s\n", console.Printable(in.empty()))
	default:
		fmt.Fprintf(stderr, "stablebot: nothing to judge: %s\n", c.o.without(left))
	}
	if unjudged > 0 {
		return usage.ErrReported
	}
	return nil
}

func isBrokenPipe(err error) bool {
	return err != nil && strings.Contains(err.Error(), "broken pipe")
}
