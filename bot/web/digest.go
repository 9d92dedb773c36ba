package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/digest"
)

// digestReader is what a digest is made of here.
type digestReader struct {
	Reader
	Standings
}

// digestView is what is new and needs a person.
type digestView struct {
	*digest.Digest
	Days int
}

// digestDays are the days that a digest looks back here, when nobody says.
const digestDays = 7

// digest shows what a digest of now would say.
func (s *Server) digest(w http.ResponseWriter, r *http.Request) error {
	of := digest.Scope{List: strings.TrimSpace(r.FormValue("list")), Driver: strings.TrimSpace(r.FormValue("driver"))}
	days := digestDays
	if said := r.FormValue("days"); said != "" {
		n, err := strconv.Atoi(said)
		if err != nil || n < 1 || n > 366 {
			return &problem{http.StatusBadRequest, "Days are a number from 1 to 366."}
		}
		days = n
	}
	var from digest.Reader = digestReader{s.Reader, s.Standings}
	if s.Standings == nil {
		from = digest.WithoutBranches{Changes: s.Reader}
	}
	now := s.Now()
	d, err := digest.Make(r.Context(), "page", of, digest.Period{From: now.Add(-time.Duration(days) * 24 * time.Hour), To: now},
		digest.News(from))
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "digest", "Digest", digestView{d, days})
}
