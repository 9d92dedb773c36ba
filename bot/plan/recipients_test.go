package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules/change"
)

// Whoever follows a list reads what is said there, so a mail to too many people still
// goes to its lists: first the one where it was found.
func TestLimitKeepsLists(t *testing.T) {
	const (
		acme = "acme@groups.example.net other@lists.example.net devs@vger.kernel.org" // it has a policy
		devs = "devs@vger.kernel.org acme@groups.example.net other@lists.example.net"
	)
	for found, first := range map[string]string{
		"devs":                    devs, // an archive's name
		"devs.vger.kernel.org":    devs,
		"acme.groups.example.net": acme,
		"v3":                      acme, // a person is no list by the name alone
	} {
		m := report.Mail{To: []change.Person{{Address: "ada@example.org"}}}
		for i := range 40 {
			m.Cc = append(m.Cc, change.Person{Address: fmt.Sprintf("v%d@example.net", i)})
		}
		for _, a := range []string{"other@lists.example.net", "acme@groups.example.net", "devs@vger.kernel.org"} {
			m.Cc = append(m.Cc, change.Person{Address: a})
		}
		b := Brief{Policy: Policy{Lists: []ListPolicy{{ID: "acme@groups.example.net"}}}}
		all := m.Cc
		b.limit(&m, ListPolicy{ID: found})
		var got []string
		for _, p := range m.Cc {
			got = append(got, p.Address)
		}
		want := first + " v0@example.net v1@example.net"
		if !strings.HasPrefix(strings.Join(got, " "), want) || len(got) != MaxRecipients-1 || m.LeftOut != len(all)-len(got) {
			t.Errorf("found on %s: %d left out of\n%v, want\n%s", found, m.LeftOut, got, want)
		}
	}
	few := report.Mail{Cc: []change.Person{{Address: "v0@example.net"}, {Address: "devs@vger.kernel.org"}}}
	Brief{}.limit(&few, ListPolicy{ID: "devs"})
	if few.Cc[0].Address != "v0@example.net" || few.LeftOut != 0 {
		t.Errorf("few recipients lose their order: %+v", few)
	}
}
