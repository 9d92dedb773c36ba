package github

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// rest sends nothing while GitHub has asked for more time than is waited for
// within a request.
type rest struct {
	base http.RoundTripper
	max  time.Duration
	now  func() time.Time

	mu    sync.Mutex
	until time.Time
}

// restError is a request that was not sent, or answered with a long limit.
type restError struct{ until time.Time }

func (e *restError) Error() string {
	return "GitHub asks to wait until " + e.until.UTC().Format(time.RFC3339)
}

func (t *rest) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	until := t.until
	t.mu.Unlock()
	if t.now().Before(until) {
		return nil, &restError{until}
	}
	res, err := t.base.RoundTrip(r)
	if err != nil || res.StatusCode != http.StatusForbidden && res.StatusCode != http.StatusTooManyRequests {
		return res, err
	}
	s, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if wait := time.Duration(s) * time.Second; err == nil && wait > t.max {
		until := t.now().Add(wait)
		t.mu.Lock()
		t.until = until
		t.mu.Unlock()
		if err := res.Body.Close(); err != nil {
			return nil, fmt.Errorf("%w (%w)", &restError{until}, err)
		}
		return nil, &restError{until}
	}
	return res, nil
}
