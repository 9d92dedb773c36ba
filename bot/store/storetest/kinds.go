package storetest

import (
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

// kinds walks the kinds of actions: each is ended by what its row says and by nothing
// else, counts for the caps only where it is to, and is something said only as a mail.
func kinds(t *testing.T, s *suite) {
	for _, k := range flow.Kinds {
		t.Run(string(k.Name), func(t *testing.T) {
			key := "k-" + string(k.Name)
			for _, event := range []flow.Retire{flow.RetireJudged, flow.RetireVersion} {
				first := key + string(event)
				s.plan(t, actionOf(k, first, "waits"))
				at := first
				if event == flow.RetireVersion {
					at = first + "/v2"
					next := one(at)
					next.Previous, next.Version = first, 2
					s.put(t, at+"@x", next, 1)
				} else {
					s.put(t, first+"-again@x", one(first), 2)
				}
				ser, err := s.Series(s.ctx, at)
				must(t, err)
				ok, err := s.Settle(s.ctx, flow.Settlement{Series: *ser, Actions: newer(event, at), Quiet: "it was declined", At: T0})
				must(t, err)
				if !ok {
					t.Fatal("not settled")
				}
				// A first answer ends with its judgement as well.
				want := event == k.Retire || event == flow.RetireJudged && k.Retire == flow.RetireVersion
				s.retired(t, k, first+"/waits", want)
			}
			s.ofPull(t, k, key)
			s.counted(t, k, key)
		})
	}
}

// newer is what is planned for a series that something older may wait of.
func newer(event flow.Retire, key string) []flow.Action {
	if event == flow.RetireVersion {
		a := Action(key+"/first", key, T0)
		a.Sink = "elsewhere"
		return []flow.Action{a}
	}
	return nil
}

func actionOf(k flow.Kind, key, cause string) flow.Action {
	a := Action(key+"/"+cause, key, T0)
	a.Kind, a.Sink = k.Name, "sink-"+key
	return a
}

func (s *suite) retired(t *testing.T, k flow.Kind, key string, want bool) {
	t.Helper()
	waits, err := s.Planned(s.ctx, "sink-"+key[:len(key)-len("/waits")], T0.Add(time.Hour), 10)
	must(t, err)
	if got := len(waits) == 0; got != want {
		t.Errorf("%s (retired by %s): %s was retired: %v", k.Name, k.Retire, key, got)
	}
}

// ofPull has a newer plan of a pull request come.
func (s *suite) ofPull(t *testing.T, k flow.Kind, key string) {
	t.Helper()
	_, err := s.NotePulls(s.ctx, []flow.PullNote{{Source: key, Repo: "o/r", Number: 1, At: T0}})
	must(t, err)
	pull, err := s.PullOf(s.ctx, flow.PullKey(key, "o/r", 1))
	must(t, err)
	for plans := range 2 {
		pull.Plans = plans
		set := flow.PullSettlement{Pull: *pull, At: T0}
		if plans == 0 {
			a := actionOf(k, pull.Key, "waits")
			set.Actions = []flow.Action{a}
		}
		must(t, s.SavePull(s.ctx, flow.Fetched{Key: pull.Key, Revision: pull.Revision}))
		if ok, err := s.SettlePull(s.ctx, set); !ok || err != nil {
			t.Fatalf("not settled: %v, %v", ok, err)
		}
	}
	s.retired(t, k, pull.Key+"/waits", k.Retire == flow.RetirePlan)
}

// counted has one done, and a reply after it.
func (s *suite) counted(t *testing.T, k flow.Kind, key string) {
	t.Helper()
	list := key + ".example.org"
	done, reply := actionOf(k, key+"-done", "one"), actionOf(flow.KindOf(flow.ActionReply), key+"-reply", "two")
	done.List, reply.List, done.Sink, reply.Sink = list, list, key, key
	s.plan(t, done, reply)
	begun, err := s.Begin(s.ctx, done.Key, T0, flow.Caps{None: true})
	must(t, err)
	if !begun {
		t.Fatalf("%s was not begun", k.Name)
	}
	must(t, s.End(s.ctx, done.Key, flow.Ending{State: flow.StateDone, At: T0}))
	told, err := s.Told(s.ctx, done.SeriesKey)
	must(t, err)
	said, err := s.Said(s.ctx, done.SeriesKey)
	must(t, err)
	if mail := len(told) == 1 && said != ""; mail != k.Mail {
		t.Errorf("%s: told %d, said %q", k.Name, len(told), said)
	}
	begun, err = s.Begin(s.ctx, reply.Key, T0.Add(time.Minute), flow.Caps{List: list, PerHour: 1, PerDay: 9})
	must(t, err)
	if begun == k.Capped {
		t.Errorf("%s counts for the cap of its list: %v", k.Name, !begun)
	}
}
