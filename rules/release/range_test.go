package release

import "testing"

func TestReadRange(t *testing.T) {
	for s, want := range map[string]string{
		"5.10":                                  "5.10",
		"5.10.y, it has no gate":                "5.10",
		"v5.10":                                 "5.10",
		"linux-5.10.y.":                         "5.10",
		"the 5.10 stable tree, please":          "5.10",
		"5.10-stable either":                    "5.10",
		"5.4, 5.10 and 5.15.":                   "5.4, 5.10, 5.15",
		"5.4/5.10":                              "5.4, 5.10",
		"5.10.y and the rest":                   "5.10",
		"5.10 and older":                        "5.10 and older",
		"5.10 kernels and older":                "5.10 and older",
		"6.1 or later":                          "6.1 and newer",
		"6.1+":                                  "6.1 and newer",
		"anything older than 5.15":              "older than 5.15",
		"kernels before v5.15, the gate is new": "older than 5.15",
		"stable after 6.6":                      "newer than 6.6",
		"5.10 because of the gate":              "5.10",
		"2.6.32":                                "2.6.32",
		"5.10 devices":                          "",
		"3.0 ports":                             "",
		"2.0":                                   "",
		"stable":                                "",
		"dcn 3.1":                               "",
		"5.10 %":                                "",
		"":                                      "",
		"these branches, and 5.10":              "",
	} {
		r, n := ReadRange(s)
		if got := r.String(); got != want || (n > 0) != (want != "") || n > len(s) {
			t.Errorf("%q: %q, %d bytes; want %q", s, got, n, want)
		}
	}
	for s, c := range map[string]struct{ has, not string }{
		"5.10":            {"5.10", "5.4"},
		"5.10 and older":  {"5.4", "5.15"},
		"6.1 and newer":   {"6.6", "5.15"},
		"older than 5.15": {"5.10", "5.15"},
		"newer than 6.6":  {"6.12", "6.6"},
		"5.4 and 5.10":    {"5.4", "5.15"},
	} {
		r, _ := ReadRange(s)
		if !r.Has(c.has) || r.Has(c.not) {
			t.Errorf("%q: has %s is %v, %s is %v", s, c.has, r.Has(c.has), c.not, r.Has(c.not))
		}
	}
}
