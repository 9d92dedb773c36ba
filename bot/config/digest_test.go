package config

import (
	"strings"
	"testing"
	"time"
)

func TestDigests(t *testing.T) {
	c := Default()
	c.Digests = []Digest{
		{Name: "a b", Every: "month", Day: "someday", Hour: 24, Zone: "Nowhere"},
		{Name: "x", To: []string{"owner@example.org"}}, {Name: "x", To: []string{"nobody"}},
	}
	var all []string
	for _, p := range c.validate() {
		all = append(all, p.Path)
	}
	got := strings.Join(all, " ")
	for _, want := range []string{"digests[0].name", "digests[0].to", "digests[0].every", "digests[0].day", "digests[0].hour",
		"digests[0].zone",
		"digests[2].name", "digests[2].to[0]", "bot.address"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not among %s", want, got)
		}
	}
	if strings.Contains(got, "digests[1]") {
		t.Errorf("a good digest is refused: %s", got)
	}
	if d := (Digest{Day: "Sunday", Every: "day"}); d.Weekday() != time.Sunday || !d.Daily() || d.Location() != time.UTC ||
		(Digest{}).Weekday() != time.Monday {
		t.Error("the day or the zone is read wrongly")
	}
}
