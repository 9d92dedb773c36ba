package github

import (
	"errors"
	"io"
	"net/http"
	"strings"

	gh "github.com/google/go-github/v58/github"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/github"
)

// maxDelivery bounds a delivery. GitHub sends up to 25 MB, but only for pushes
// of thousands of commits; the largest event that is used here has some 40 kB.
const maxDelivery = 5 << 20

// ErrNoSecret says that the receiver does not start: without a secret anybody
// could tell the bot what happened.
var ErrNoSecret = errors.New("webhooks need a secret: set one here and in the webhook's settings, for instance the output of `openssl rand -hex 32`")

// Receiver takes GitHub's deliveries. It notes what they are about and answers;
// the work is done by Poll.
func (s *Source) Receiver() (http.Handler, error) {
	if s.cfg.Secret == nil {
		return nil, ErrNoSecret
	}
	secret, err := s.cfg.Secret()
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(secret) == "" {
		return nil, ErrNoSecret
	}
	return http.HandlerFunc(s.receive), nil
}

// signature256 is the only signature that is believed: the older one, of
// SHA-1, is sent beside it by every GitHub that is still supported.
const signature256 = "X-Hub-Signature-256"

func (s *Source) receive(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "deliveries are posted", http.StatusMethodNotAllowed)
		return
	}
	if signature := r.Header.Get(signature256); !strings.HasPrefix(signature, "sha256=") {
		http.Error(w, "the delivery is not signed with SHA-256", http.StatusUnauthorized)
		return
	}
	secret, err := s.cfg.Secret()
	if err != nil || strings.TrimSpace(secret) == "" {
		s.log.Error("a delivery was refused: the webhook secret cannot be read", zap.Error(err))
		http.Error(w, "the receiver is not ready", http.StatusServiceUnavailable)
		return
	}
	body := http.MaxBytesReader(w, r.Body, maxDelivery)
	contentType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	payload, err := gh.ValidatePayloadFromBody(strings.TrimSpace(contentType), body, r.Header.Get(signature256), []byte(secret))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		http.Error(w, "the delivery is too large", http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		s.log.Warn("a delivery was refused", zap.Error(err), zap.String("from", r.RemoteAddr))
		http.Error(w, "the signature is not right", http.StatusUnauthorized)
		return
	}
	delivery, event := r.Header.Get(gh.DeliveryIDHeader), gh.WebHookType(r)
	if delivery == "" || len(delivery) > 100 {
		http.Error(w, "the delivery has no id", http.StatusBadRequest)
		return
	}
	notes, err := s.notesOf(event, payload)
	if err != nil {
		s.log.Warn("a delivery could not be read", zap.String("event", event), zap.String("delivery", delivery), zap.Error(err))
		http.Error(w, "the payload cannot be read", http.StatusBadRequest)
		return
	}
	for i := range notes {
		n := &notes[i]
		n.Delivery, n.Event, n.Source, n.At = delivery, event, s.name, s.cfg.Now()
		if i > 0 {
			n.Delivery += "/" + n.Repo + "/" + string(rune('0'+i%10))
		}
	}
	if len(notes) > 0 {
		if err := s.noter.note(notes); err != nil {
			// GitHub keeps the delivery; polling finds it, or a person repeats it.
			s.log.Error("a delivery could not be stored", zap.String("delivery", delivery), zap.Error(err))
			http.Error(w, "it cannot be stored now", http.StatusServiceUnavailable)
			return
		}
		select {
		case s.noted <- struct{}{}:
		default:
		}
	}
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, "noted\n")
}

// maxNotes: a check belongs to the pull requests of its head, seldom more than one.
const maxNotes = 10

// notesOf says which pull requests a delivery is about. Events that are of no
// use give none.
func (s *Source) notesOf(event string, payload []byte) ([]flow.PullNote, error) {
	switch event {
	case "pull_request", "issue_comment", "push", "check_run", "check_suite", "installation", "installation_repositories":
	default:
		return nil, nil
	}
	parsed, err := gh.ParseWebHook(event, payload)
	if err != nil {
		return nil, err
	}
	one := func(repo string, number int) ([]flow.PullNote, error) {
		if _, _, err := github.Split(repo); err != nil {
			return nil, err
		}
		if number <= 0 {
			return nil, errors.New("it names no pull request")
		}
		return []flow.PullNote{{Repo: repo, Number: number}}, nil
	}
	switch e := parsed.(type) {
	case *gh.PullRequestEvent:
		switch e.GetAction() {
		case "opened", "reopened", "synchronize", "edited", "ready_for_review", "closed":
			return one(e.GetRepo().GetFullName(), e.GetNumber())
		}
	case *gh.IssueCommentEvent:
		if e.GetAction() != "created" || e.GetIssue() == nil || !e.GetIssue().IsPullRequest() || e.GetSender().GetType() == "Bot" ||
			!s.worthFetching(e.GetRepo().GetFullName(), e.GetComment()) {
			return nil, nil
		}
		return one(e.GetRepo().GetFullName(), e.GetIssue().GetNumber())
	case *gh.PushEvent:
		if e.GetRef() == "refs/heads/"+e.GetRepo().GetDefaultBranch() {
			s.forgetPolicy(e.GetRepo().GetFullName())
		}
	case *gh.CheckRunEvent:
		if run := e.GetCheckRun(); run != nil && e.GetAction() == "rerequested" {
			return again(e.GetRepo().GetFullName(), run.PullRequests, one)
		}
	case *gh.CheckSuiteEvent:
		if suite := e.GetCheckSuite(); suite != nil && e.GetAction() == "rerequested" {
			return again(e.GetRepo().GetFullName(), suite.PullRequests, one)
		}
	}
	return nil, nil
}

// stranger reports whether a comment is of somebody who cannot write to the
// repository: what they ask for would be refused, after half a dozen requests. Who
// may be somebody is asked for all the same.
func stranger(association string) bool {
	switch association {
	case "NONE", "CONTRIBUTOR", "FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "MANNEQUIN":
		return true
	}
	return false
}

// again is for the button beside a check: the check is to be written once more.
func again(repo string, pulls []*gh.PullRequest, one func(string, int) ([]flow.PullNote, error)) (out []flow.PullNote, err error) {
	for _, p := range pulls[:min(len(pulls), maxNotes)] {
		n, err := one(repo, p.GetNumber())
		if err != nil {
			return nil, err
		}
		n[0].Again = true
		out = append(out, n...)
	}
	return out, nil
}
