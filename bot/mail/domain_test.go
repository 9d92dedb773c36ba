package mail

import "testing"

// TestOrganisation: nobody has more domains than they have registered.
func TestOrganisation(t *testing.T) {
	for address, want := range map[string]string{
		"ada@example.org":         "example.org",
		"Ada@A.B.Example.ORG":     "example.org",
		"eve@x.abc.io":            "abc.io",
		"eve@y.x.ab.de":           "ab.de",
		"ada@mail.example.co.uk":  "example.co.uk",
		"ada@example.com.cn":      "example.com.cn",
		"eve@one.duckdns.org":     "duckdns.org",
		"eve@a.one.github.io":     "github.io",
		"ada@host.gpu.example":    "gpu.example",
		"ada@localhost":           "localhost",
		"ada@co.uk":               "co.uk",
		"eve@x.blogspot.co.uk":    "blogspot.co.uk",
		"no address":              "",
		"eve@.":                   ".",
		"eve@a..b":                ".b",
		"ada@xn--fsq.xn--0zwm56d": "xn--fsq.xn--0zwm56d",
		"ada@sub.example.museum":  "example.museum",
		"ada@[192.0.2.1]":         "2.1]",
		"eve@two@three.abc.io":    "abc.io",
	} {
		if got := Organisation(address); got != want {
			t.Errorf("%s is of %q, want %q", address, got, want)
		}
	}
	for domain, want := range map[string]bool{"co.uk": true, "CO.UK": true, "io": true, "abc.io": false, "duckdns.org": false, "example.org": false, "localhost": true} {
		if Public(domain) != want {
			t.Errorf("%s is public: %v", domain, !want)
		}
	}
}
