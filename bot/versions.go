package bot

import (
	"context"
	"slices"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/series"
)

// How far apart two postings of one series may be: a higher version, and the
// same version posted again. Sooner than repostMin it is another patch of the
// same run, later than repostMax another one under a usual title. The same
// distances as in bot/series.
const (
	versionSpan = 400 * 24 * time.Hour
	repostMin   = 10 * time.Minute
	repostMax   = 90 * 24 * time.Hour
)

// previous finds the version before: the same sender and a shared title, or
// the lower version that this one was sent in reply to. The title of a cover
// letter alone connects versions only: "misc fixes" is a usual one.
func (b *Bot) previous(ctx context.Context, s *flow.Series, note series.Note) (string, error) {
	older := func(o flow.Series) bool {
		// What everybody may see does not go on from what they may not.
		if o.Key == s.Key || o.Sender != s.Sender || o.Private && !s.Private {
			return false
		}
		gap := s.First.Sub(o.First)
		return o.Version < s.Version ||
			o.Version == s.Version && note.Kind == series.Patch && gap >= repostMin && gap <= repostMax
	}
	titled, err := b.Journal.BySender(ctx, s.Sender, []string{note.Title}, s.First.Add(-versionSpan))
	if err != nil {
		return "", err
	}
	for _, o := range titled {
		if older(o) {
			return o.Key, nil
		}
	}
	if before, err := b.numbered(ctx, s, note, older); before != "" || err != nil {
		return before, err
	}
	thread, err := b.Journal.Threads(ctx, note.Ancestors)
	if err != nil {
		return "", err
	}
	for _, o := range thread {
		if older(o) && o.Version < s.Version {
			return o.Key, nil
		}
	}
	return "", nil
}

// numbered finds the version before a title that ends in a bare version: the
// newest of those that its sender posted, when one without any is among them.
func (b *Bot) numbered(ctx context.Context, s *flow.Series, note series.Note, older func(flow.Series) bool) (string, error) {
	titles := series.Earlier(note.Title)
	if titles == nil || note.Kind != series.Patch {
		return "", nil
	}
	found, err := b.Journal.BySender(ctx, s.Sender, titles, s.First.Add(-versionSpan))
	if err != nil {
		return "", err
	}
	has := func(o flow.Series, title string) bool {
		return slices.ContainsFunc(o.Members, func(m flow.Member) bool { return m.Title == title })
	}
	if !slices.ContainsFunc(found, func(o flow.Series) bool { return has(o, titles[0]) }) {
		return "", nil
	}
	for _, o := range found {
		if older(o) {
			return o.Key, nil
		}
	}
	return "", nil
}
