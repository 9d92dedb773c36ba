package run

import (
	"reflect"
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
)

// No part of the pipeline sees more of the journal than it works with.
func TestPartsOfTheJournal(t *testing.T) {
	const most = 16
	whole := reflect.TypeFor[flow.Journal]().NumMethod()
	for _, part := range []any{core{}, leases{}, attempts{}, filer{}, prover{}, remotes{}, judging{}, watcher{}, dispatcher{}, doubts{},
		deliverer{}, Bot{}} {
		typ := reflect.TypeOf(part)
		f, ok := typ.FieldByName("Journal")
		if !ok || len(f.Index) != 1 {
			t.Errorf("%s sees the whole journal, %d methods", typ.Name(), whole)
			continue
		}
		if n := f.Type.NumMethod(); n > most {
			t.Errorf("%s sees %d methods of the journal; at most %d are one's own work", typ.Name(), n, most)
		}
	}
}
