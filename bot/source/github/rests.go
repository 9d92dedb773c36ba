package github

import (
	"strings"
	"time"
)

// rests are the repositories that could not be polled, each with its own patience: one
// that does not answer holds up no other. Webhooks are heard all the same. The zero
// value is ready; it is not for use by several at once.
type rests map[string]rest

type rest struct {
	times int
	until time.Time
	err   error
}

// begin lets a repository rest, longer each time, and returns until when.
func (r *rests) begin(repo string, err error, now time.Time) time.Time {
	if *r == nil {
		*r = rests{}
	}
	key := strings.ToLower(repo)
	times := (*r)[key].times
	until := now.Add(min(retryFirst<<min(times, 11), retryMax))
	(*r)[key] = rest{times + 1, until, err}
	return until
}

// end says that a repository answered.
func (r rests) end(repo string) { delete(r, strings.ToLower(repo)) }

// of is how a repository rests, and why; the zero value for one that does not.
func (r rests) of(repo string) rest { return r[strings.ToLower(repo)] }
