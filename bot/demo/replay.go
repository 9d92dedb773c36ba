package demo

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-message/mail"
	"golang.org/x/tools/txtar"
)

// Push is a branch that moves, or a mail that comes, on a day of the replay.
type Push struct {
	At   time.Time
	Mail []byte // nil: a branch moves

	branch, sha string
}

// Hold takes the commits marked Later off their branches again and returns the
// pushes that bring them, with today as the day that Later counts from.
func Hold(ctx context.Context, dir string, fsys fs.FS, shas map[string]string, today time.Time) ([]Push, error) {
	names, err := fs.Glob(fsys, "*.txtar")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var out []Push
	held := map[string]bool{}
	for _, name := range names {
		script, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		for _, f := range txtar.Parse(script).Files {
			branch, label := path.Split(f.Name)
			branch = strings.TrimSuffix(branch, "/")
			head, _, _ := bytes.Cut(f.Data, []byte("\n\n"))
			_, days, ok := strings.Cut(string(head), "\nLater: ")
			if !ok {
				continue
			}
			days, _, _ = strings.Cut(days, "\n")
			n, err := strconv.Atoi(days)
			if err != nil {
				return nil, fmt.Errorf("%s: commit %s: Later: %w", name, f.Name, err)
			}
			if !held[branch] {
				if err := move(ctx, dir, branch, shas[label]+"^"); err != nil {
					return nil, err
				}
				held[branch] = true
			}
			out = append(out, Push{At: today.AddDate(0, 0, -n), branch: branch, sha: shas[label]})
		}
	}
	return out, nil
}

func move(ctx context.Context, dir, branch, to string) error {
	out, err := exec.CommandContext(ctx, "git", "--git-dir", dir, "update-ref", "refs/heads/"+branch, to).CombinedOutput()
	if err != nil {
		return fmt.Errorf("moving %s of the demo repository to %s: %w: %s", branch, to, err, out)
	}
	return nil
}

// Shift moves the Date of a mail, and says what it is then.
func Shift(raw []byte, by time.Duration) ([]byte, time.Time, error) {
	head, _, _ := bytes.Cut(raw, []byte("\n\n"))
	for line := range bytes.Lines(head) {
		value, ok := bytes.CutPrefix(line, []byte("Date: "))
		if !ok {
			continue
		}
		var h mail.Header
		h.Set("Date", string(bytes.TrimSpace(value)))
		date, err := h.Date()
		if err != nil {
			return nil, time.Time{}, err
		}
		date = date.Add(by)
		return bytes.Replace(raw, line, []byte("Date: "+date.Format(time.RFC1123Z)+"\n"), 1), date, nil
	}
	return raw, time.Time{}, fmt.Errorf("the mail has no Date")
}

// Days groups pushes into what one look of the bot takes in, oldest first: it
// looks once in every.
func Days(pushes []Push, every time.Duration) [][]Push {
	pushes = slices.Clone(pushes)
	slices.SortStableFunc(pushes, func(a, b Push) int { return a.At.Compare(b.At) })
	var out [][]Push
	for _, p := range pushes {
		if n := len(out); n > 0 && p.At.Sub(out[n-1][0].At) < every {
			out[n-1] = append(out[n-1], p)
		} else {
			out = append(out, []Push{p})
		}
	}
	return out
}

// Play has a push happen.
func (s *Server) Play(ctx context.Context, dir string, p Push) error {
	if p.Mail != nil {
		return s.appendAt(p.Mail, p.At)
	}
	return move(ctx, dir, p.branch, p.sha)
}

// Clock stands at a time of the replay; before the first Set it is the real one.
type Clock struct{ at atomic.Pointer[time.Time] }

// Set puts the clock to a time.
func (c *Clock) Set(t time.Time) { c.at.Store(&t) }

// Now is the time that the bot has.
func (c *Clock) Now() time.Time {
	if t := c.at.Load(); t != nil {
		return *t
	}
	return time.Now()
}
