package web

import (
	"context"
	"fmt"
	"net/http"
	"sort"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/store"
)

// part is a component with what its record means now.
type part struct {
	store.Health
	Well bool
	Says string // why it is not well

	Layout string // of its repository, where that is not the kernel's
}

// failingFor is how long a component may fail before the bot counts as not
// ready: a mail server's restart is over by then, and the back-off has tried
// several times.
const failingFor = 10 * time.Minute

// backfillShown is how long a backfill that says nothing more is shown.
const backfillShown = 15 * time.Minute

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// parts looks at every component that reported or was to report.
func (s *Server) parts(ctx context.Context) ([]part, error) {
	have, err := s.Reader.Health(ctx)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	var out []part
	seen := map[string]bool{}
	for _, h := range have {
		seen[h.Component] = true
		if flow.Backfilled(strings.TrimPrefix(h.Component, "source.")) && now.Sub(latest(h.OK, h.Failed)) > backfillShown {
			continue // it ended: no part of the bot
		}
		p := part{Health: h, Well: true}
		allowed, expected := s.Expect[h.Component]
		last := h.OK
		if last.Before(h.Failed) && h.Failures == 0 {
			last = h.Failed
		}
		switch {
		case h.Failures > 0 && (h.OK.IsZero() || now.Sub(h.OK) > failingFor):
			p.Well, p.Says = false, fmt.Sprintf("failed %s in a row, last well %s", plural(h.Failures, "time", "times"), ago(now, h.OK))
		case h.Failures > 0:
			p.Says = fmt.Sprintf("failed %s in a row; tried again", plural(h.Failures, "time", "times"))
		case expected && now.Sub(last) > allowed && now.Sub(s.began) > allowed:
			p.Well, p.Says = false, "silent since "+ago(now, last)
		}
		out = append(out, p)
	}
	for name, allowed := range s.Expect {
		if !seen[name] {
			p := part{Health: store.Health{Component: name}, Well: now.Sub(s.began) <= allowed, Says: "has not reported yet"}
			out = append(out, p)
		}
	}
	if a, ok := s.Reader.(asides); ok {
		aside, err := a.Aside(ctx, asideShown)
		if err != nil {
			return nil, err
		}
		if n := len(aside); n > 0 {
			// Which they are and why stands in doctor: some may be embargoed.
			out = append(out, part{Health: store.Health{Component: "put aside", OK: now, Failed: aside[0].At}, Well: true,
				Says: plural(n, "unit of work was", "units of work were") + " put aside, the last " + ago(now, aside[0].At) + "; `stablebot aside` says which and why"})
		}
	}
	if s.Layouts != nil {
		notes := s.Layouts(ctx)
		for i := range out {
			out[i].Layout = notes[out[i].Component]
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Component < out[j].Component })
	return out, nil
}

// asides tells what was put aside; the store does.
type asides interface {
	Aside(ctx context.Context, n int) ([]flow.Attempt, error)
}

// asideShown bounds what is counted of it.
const asideShown = 1000

// pingTime is how long the store may take to answer at all.
const pingTime = 2 * time.Second

type healthAnswer struct {
	Status     string       `json:"status"` // ok, failing
	Store      string       `json:"store"`
	Components []readyState `json:"components,omitempty"`
	LagSeconds float64      `json:"lag_seconds,omitempty"`
}

type readyState struct {
	Name   string  `json:"name"`
	Well   bool    `json:"well"`
	OKAge  float64 `json:"last_success_seconds,omitempty"` // ago; absent when it never was
	Reason string  `json:"reason,omitempty"`
}

func (s *Server) ping(r *http.Request) (healthAnswer, int) {
	ctx, done := context.WithTimeout(r.Context(), pingTime)
	defer done()
	if err := s.Reader.Ping(ctx); err != nil {
		// The reason may name paths; it is for the log.
		s.log.Error("the store does not answer", zap.Error(err))
		return healthAnswer{Status: "failing", Store: "unreachable"}, http.StatusServiceUnavailable
	}
	return healthAnswer{Status: "ok", Store: "ok"}, http.StatusOK
}

// healthz: this process lives and reaches its store. Restart it otherwise.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) error {
	a, status := s.ping(r)
	writeJSON(w, status, a)
	return nil
}

// readyz: everything that is configured does its work. What exactly failed
// stands on the first page, for those who may see it.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	a, status := s.ping(r)
	if status == http.StatusOK {
		parts, err := s.parts(r.Context())
		if err != nil {
			a.Status, a.Store, status = "failing", "unreadable", http.StatusServiceUnavailable
		}
		for _, p := range parts {
			state := readyState{Name: p.Component, Well: p.Well}
			if !p.OK.IsZero() {
				state.OKAge = s.Now().Sub(p.OK).Seconds()
			}
			if !p.Well {
				a.Status, status = "failing", http.StatusServiceUnavailable
				state.Reason = p.Says
			}
			a.Components = append(a.Components, state)
		}
		if q, err := s.Reader.Queue(r.Context()); err == nil {
			a.LagSeconds = lag(q, s.Now()).Seconds()
		}
	}
	writeJSON(w, status, a)
	return nil
}
