package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/verdict"
)

// names: one holder at a time, also among those who share a store.
func names(t *testing.T, s *suite) {
	other := s.again(t, s.Journal)
	held, release, err := s.Hold(s.ctx, "source imap/INBOX")
	must(t, err)
	if held == nil || held.Err() != nil {
		t.Fatal("a free name is not held")
	}
	for _, j := range []flow.Journal{s.Journal, other} {
		if again, _, err := j.Hold(s.ctx, "source imap/INBOX"); again != nil || err != nil {
			t.Errorf("held twice: %v, %v", again, err)
		}
	}
	if _, free, err := other.Hold(s.ctx, "source imap"); free == nil || err != nil {
		t.Errorf("another name is taken: %v", err)
	} else {
		free()
	}
	release()
	if held.Err() == nil {
		t.Error("a released name is still held")
	}
	ctx, cancel := context.WithCancel(s.ctx)
	held, release, err = other.Hold(ctx, "source imap/INBOX")
	must(t, err)
	if held == nil {
		t.Fatal("a released name is not free")
	}
	cancel()
	<-held.Done()
	release()
}

// hostile: whatever bytes and lengths a mail brings, it is stored and filed.
func hostile(t *testing.T, s *suite) {
	for i, id := range []string{"nul\x00@x", "latin\xe4@x", "'; drop table mail; --?@x", strings.Repeat("i", 998)} {
		long := strings.Repeat(id, 20000/len(id))
		m := Mail(id)
		m.Subject, m.Sender, m.Source, m.List, m.InReplyTo = long, long, "s\x00", long, id
		fresh, err := s.Keep(s.ctx, m, flow.Cursor{Key: "k\xff", Value: "v\x00"})
		must(t, err)
		again, err := s.Keep(s.ctx, m, flow.Cursor{})
		must(t, err)
		if !fresh || again {
			t.Errorf("%.20q: fresh %v, again %v", id, fresh, again)
		}
		got, err := s.Unfiled(s.ctx, 10)
		must(t, err)
		if len(got) != 1 || string(got[0].Raw) != string(m.Raw) || len(got[0].Subject) > 1000 {
			t.Fatalf("%.20q: %d unfiled", id, len(got))
		}
		ser := one(id)
		ser.Sender, ser.Title = got[0].Sender, long
		must(t, s.File(s.ctx, flow.Filing{ID: id, Kind: flow.KindPatch, Note: long, Series: &ser, Adds: &flow.Member{ID: id, N: 1, Title: long}}))
		due, err := s.Due(s.ctx, T0.Add(time.Hour), 10)
		must(t, err)
		if len(due) != 1 {
			t.Fatalf("%.20q: %d due", id, len(due))
		}
		j := Judgement(id, verdict.Wait)
		j.Author, j.Subject, j.SeriesKey = long, long, id
		a := Action(flow.ActionKey(id, flow.CauseFirst), id, T0.Add(time.Duration(i)))
		a.Line = long
		if ok, err := s.Settle(s.ctx, flow.Settlement{Series: due[0], Judged: []flow.Judged{j}, Actions: []flow.Action{a}, At: T0}); !ok || err != nil {
			t.Fatalf("%.20q: settled %v, %v", id, ok, err)
		}
		if found, err := s.Posted(s.ctx, flow.Postings{Sender: got[0].Sender, Titles: []string{long}, Since: T0}); len(found) != 1 || err != nil {
			t.Errorf("%.20q: %d series of the sender, %v", id, len(found), err)
		}
	}
}

// race: many at once; an action is begun by exactly one.
func race(t *testing.T, s *suite) {
	const n = 20
	for i := range n {
		s.plan(t, Action(fmt.Sprint("a", i), fmt.Sprint("k", i), T0))
	}
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		begun = map[string]int{}
		errs  []error
	)
	for w := range 4 {
		wg.Go(func() {
			for i := range n {
				ok, err := s.Begin(s.ctx, fmt.Sprint("a", i), T0, wide)
				_, kept := s.Keep(s.ctx, Mail(fmt.Sprintf("%d-%d@x", w, i)), flow.Cursor{Key: fmt.Sprint(w), Value: fmt.Sprint(i)})
				mu.Lock()
				errs = append(errs, err, kept)
				if ok {
					begun[fmt.Sprint("a", i)]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	must(t, errors.Join(errs...))
	for i := range n {
		if got := begun[fmt.Sprint("a", i)]; got != 1 {
			t.Errorf("a%d was begun %d times", i, got)
		}
	}
}
