package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strings"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/release"
)

// Standings remembers what was said of the fixes that branches lack; a flow.Journal does.
type Standings interface {
	Standings(ctx context.Context, branch string) ([]flow.Standing, error)
	Stand(ctx context.Context, s []flow.Standing) error
	// Lacking is what a branch was last found to lack, nil where nobody has looked;
	// LackingOf are the branches that have been looked at.
	Lacking(ctx context.Context, branch string) (*flow.Lacking, error)
	LackingOf(ctx context.Context) ([]string, error)
}

// sayings are the words that a person may say of a fix on a branch; undo takes back the
// last one.
var sayings = map[string]flow.Stand{"done": flow.StandDone, "no": flow.StandDeclined, "posted": flow.StandPosted, "undo": ""}

var wholeSHA = regexp.MustCompile(`^[0-9a-f]{12,40}$`)

// apiStandings tells what the stable team and people said of fixes on a branch.
func (s *Server) apiStandings(w http.ResponseWriter, r *http.Request) error {
	out := struct {
		Standings []flow.Standing `json:"standings"`
	}{[]flow.Standing{}}
	if s.Standings != nil {
		all, err := s.Standings.Standings(r.Context(), r.FormValue("branch"))
		if err != nil {
			return err
		}
		for _, x := range all {
			if x.Voice != flow.VoiceTrees {
				out.Standings = append(out.Standings, x)
			}
		}
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

// apiStand takes a person's word.
func (s *Server) apiStand(w http.ResponseWriter, r *http.Request) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return &problem{http.StatusUnsupportedMediaType, "Send an object as application/json."}
	}
	var in saying
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		var big *http.MaxBytesError
		if errors.As(err, &big) {
			return &problem{http.StatusRequestEntityTooLarge, "That is too long."}
		}
		return &problem{http.StatusBadRequest, `That is not {"branch": …, "commit": …, "say": "done", "no", "posted" or "undo", "why": …}: ` + strings.TrimPrefix(err.Error(), "json: ")}
	}
	said, err := s.say(r, in)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, said)
	return nil
}

// saying is a person's word as it comes in.
type saying struct {
	Branch string `json:"branch"`
	Commit string `json:"commit"`
	Title  string `json:"title"`
	Say    string `json:"say"`
	Why    string `json:"why"`
}

// say remembers a person's word.
func (s *Server) say(r *http.Request, in saying) (said flow.Standing, err error) {
	if s.Standings == nil || s.Decider == nil {
		return said, &problem{http.StatusForbidden, "This dashboard shows and does not decide."}
	}
	stand, ok := sayings[in.Say]
	switch {
	case !ok:
		return said, &problem{http.StatusBadRequest, "What is to be said? done, no, posted or undo."}
	case !release.Is(in.Branch) && !s.looked(r.Context(), in.Branch):
		return said, &problem{http.StatusBadRequest, "A branch is written 6.1, or as it was looked at."}
	case !wholeSHA.MatchString(in.Commit):
		return said, &problem{http.StatusBadRequest, "A commit of mainline is named by 12 to 40 digits of its id."}
	case stand == flow.StandDeclined && strings.TrimSpace(in.Why) == "":
		return said, &problem{http.StatusBadRequest, "Say why: a no without a reason is asked about again."}
	case len(in.Why) > longestWhy || len(in.Title) > longestWhy:
		return said, &problem{http.StatusBadRequest, fmt.Sprintf("A reason and a title have at most %d bytes.", longestWhy)}
	}
	said = flow.Standing{Branch: in.Branch, Commit: in.Commit, Title: strings.Join(strings.Fields(in.Title), " "), Stand: stand,
		Voice: flow.VoiceWord,
		Who:   s.guard.visitor(r).name, Why: strings.Join(strings.Fields(in.Why), " "), At: s.Now().UTC()}
	return said, s.Standings.Stand(r.Context(), []flow.Standing{said})
}

// looked reports whether somebody has looked what a branch of that name lacks.
func (s *Server) looked(ctx context.Context, branch string) bool {
	l, err := s.Standings.Lacking(ctx, branch)
	return err == nil && l != nil
}
