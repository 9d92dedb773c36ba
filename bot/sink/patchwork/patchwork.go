// Package patchwork sets the checks of patches in a Patchwork.
//
// A patch is found by its Message-ID. Checks there are a list that only grows,
// of which the newest in a context counts, so what is to be said is compared
// with the newest before it is written: carrying out an action twice writes
// once. Patchwork takes patches in from the list itself; one that it does not
// have yet is a temporary failure.
package patchwork

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/report"
)

// Config of a sink.
type Config struct {
	Name    string
	URL     string // of the Patchwork, without /api
	Project string // its link name
	Context string // of the checks; letters, digits, - and _
	Token   func() (string, error)
	Version string // for the User-Agent
	Client  *http.Client
}

// apiVersion is the first that finds a patch by its Message-ID; without a
// version a server answers in its newest, which may be another one tomorrow.
const apiVersion = "1.2"

// What Patchwork takes.
const (
	maxURL      = 200
	maxAnswer   = 4 << 20
	requestTime = 30 * time.Second
)

// states are what a status is called there.
var states = map[report.Status]string{report.Pass: "success", report.Warn: "warning", report.Pending: "pending"}

// Sink writes checks.
type Sink struct {
	cfg  Config
	base string
}

var _ flow.Sink = (*Sink)(nil)

// New checks the configuration.
func New(cfg Config) (*Sink, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("patchwork %s: %q is no URL such as https://patchwork.example.org/", cfg.Name, cfg.URL)
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: requestTime}
	}
	return &Sink{cfg, strings.TrimRight(cfg.URL, "/") + "/api/" + apiVersion + "/"}, nil
}

// Name implements flow.Sink.
func (s *Sink) Name() string { return s.cfg.Name }

// Idempotent implements flow.Sink.
func (s *Sink) Idempotent() bool { return true }

// Check reports whether the Patchwork answers and has the project.
func (s *Sink) Check(ctx context.Context) error {
	var project struct{}
	if _, err := s.cfg.Token(); err != nil {
		return err
	}
	return s.do(ctx, http.MethodGet, "projects/"+url.PathEscape(s.cfg.Project)+"/", nil, &project)
}

// check is one as the API has it.
type check struct {
	State       string  `json:"state"`
	TargetURL   *string `json:"target_url"`
	Context     string  `json:"context"`
	Description *string `json:"description"`
}

func (c check) equal(o check) bool {
	return c.State == o.State && c.Context == o.Context && text(c.TargetURL) == text(o.TargetURL) && text(c.Description) == text(o.Description)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Deliver implements flow.Sink.
func (s *Sink) Deliver(ctx context.Context, a flow.Action) error {
	id, want, err := s.wanted(a)
	if err != nil {
		return err
	}
	n, err := s.patch(ctx, id)
	if err != nil {
		return fmt.Errorf("finding the patch <%s> in %s: %w", id, s.cfg.Name, err)
	}
	checks := fmt.Sprintf("patches/%d/checks/", n)
	var have []struct {
		ID int64 `json:"id"`
		check
	}
	if err := s.do(ctx, http.MethodGet, checks+"?order=-id&per_page=50&context="+url.QueryEscape(s.cfg.Context), nil, &have); err != nil {
		return fmt.Errorf("reading the checks of patch %d in %s: %w", n, s.cfg.Name, err)
	}
	slices.SortFunc(have, func(x, y struct {
		ID int64 `json:"id"`
		check
	}) int {
		return int(y.ID - x.ID)
	})
	for _, h := range have {
		if h.Context == s.cfg.Context {
			if h.equal(want) {
				return nil
			}
			break
		}
	}
	if err := s.do(ctx, http.MethodPost, checks, want, nil); err != nil {
		return fmt.Errorf("creating a check of patch %d in %s: %w", n, s.cfg.Name, err)
	}
	return nil
}

func (s *Sink) wanted(a flow.Action) (id string, c check, err error) {
	var told report.Check
	if err := json.Unmarshal(a.Message, &told); err != nil {
		return "", c, fmt.Errorf("reading the action %s: %w", a.Key, err)
	}
	state, ok := states[told.Status]
	if !ok || told.ID == "" {
		return "", c, fmt.Errorf("the action %s has status %q, which is none", a.Key, told.Status)
	}
	c = check{State: state, Context: s.cfg.Context, Description: &told.Summary}
	if told.URL != "" && len(told.URL) <= maxURL {
		c.TargetURL = &told.URL
	}
	return told.ID, c, nil
}

// patch is the number of the patch with a Message-ID.
func (s *Sink) patch(ctx context.Context, id string) (int64, error) {
	var found []struct {
		ID    int64  `json:"id"`
		MsgID string `json:"msgid"`
	}
	q := url.Values{"msgid": {id}, "project": {s.cfg.Project}}
	if err := s.do(ctx, http.MethodGet, "patches/?"+q.Encode(), nil, &found); err != nil {
		return 0, err
	}
	for _, p := range found {
		if strings.Trim(p.MsgID, "<>") == id {
			return p.ID, nil
		}
	}
	return 0, fmt.Errorf("it is not there, or not yet: %w", flow.ErrTemporary)
}

func (s *Sink) do(ctx context.Context, method, path string, body, into any) error {
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base+path, in)
	if err != nil {
		return err
	}
	token, err := s.cfg.Token()
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Token "+token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "stablebot/"+s.cfg.Version)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.cfg.Client.Do(req)
	if err != nil { // what was written all the same is found by the next try
		return errors.Join(err, flow.ErrTemporary)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500:
		return fmt.Errorf("%s %s: %s: %w", method, path, resp.Status, flow.ErrTemporary)
	case resp.StatusCode == http.StatusForbidden && method == http.MethodPost:
		return fmt.Errorf("%s %s: %s: %.200s; the token's user must be a maintainer of the project there", method, path, resp.Status, raw)
	case resp.StatusCode >= 300:
		return fmt.Errorf("%s %s: %s: %.200s", method, path, resp.Status, raw)
	case err != nil:
		return errors.Join(fmt.Errorf("%s %s: %w", method, path, err), flow.ErrTemporary)
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s %s: the answer is no JSON of the API: %w", method, path, err)
	}
	return nil
}
