package web

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Whatever a judgement can say, the pages can filter by and explain, and the API's
// description lists.
func TestClosedSets(t *testing.T) {
	var api struct {
		Components struct {
			Schemas map[string]struct {
				Enum []string `json:"enum"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(apiText, &api); err != nil {
		t.Fatal(err)
	}
	same := func(schema string, want []string) {
		got := slices.Clone(api.Components.Schemas[schema].Enum)
		slices.Sort(got)
		want = slices.Sorted(slices.Values(want))
		if !slices.Equal(got, want) {
			t.Errorf("the API's %s is %v, not %v", schema, got, want)
		}
	}
	same("Verdict", texts(verdict.Verdicts))
	same("ReasonClass", texts(verdict.Classes))
	same("State", texts(verdict.States))
	same("Applies", texts(verdict.Applicabilities))
	same("Cell", texts(launch.Cells))
	same("Stand", texts(flow.Stands))
	for _, v := range verdict.Verdicts {
		if verdictRank(string(v)) == len(verdictNames) || verdictSays[v] == "" {
			t.Errorf("%s has no place among the verdicts of the pages, or no words", v)
		}
		if _, err := readFilter(httptest.NewRequest("GET", "/changes?verdict="+string(v), nil)); err != nil {
			t.Errorf("verdict=%s: %v", v, err)
		}
	}
	for _, c := range verdict.Classes {
		if _, err := readFilter(httptest.NewRequest("GET", "/changes?class="+string(c), nil)); err != nil {
			t.Errorf("class=%s: %v", c, err)
		}
	}
	for _, c := range launch.Cells {
		if cellWords[c][1] == "" {
			t.Errorf("the cell %s has no words", c)
		}
	}
}

func texts[T ~string](in []T) (out []string) {
	for _, v := range in {
		out = append(out, string(v))
	}
	return out
}
