package strictyaml

import (
	"strings"
	"testing"
	"time"
)

type shape struct {
	Name  string            `yaml:"name"`
	On    bool              `yaml:"on_line"`
	Count int               `yaml:"count"`
	Share float64           `yaml:"share"`
	Also  *bool             `yaml:"also"`
	Names []string          `yaml:"names"`
	Ends  map[string]string `yaml:"ends"`
	Other time.Time
	Parts []struct {
		ID string `yaml:"id"`
	} `yaml:"parts"`
}

// TestRead: what is right is taken over what stood there, and each problem has its place.
func TestRead(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "",
		"# nothing\n":                         "",
		"name:\n":                             "", // no value: what stood stands
		"name: a\non_line: true\ncount: 3\n":  "",
		"name: 2026\nshare: 1\nalso: false\n": "",
		"names: [a, b]\nparts: [{id: a}]\n":   "",
		"ends: {\"5.4\": 2025-12-31}\n":       "",
		"ends: a\n":                           "f:1:7: ends: keys with a value are needed here: write `key: value`",
		"ends: {a: [b]}\n":                    "f:1:11: ends.a: one value is needed here",
		"ends: {a: b, a: c}\n":                "f:1:14: ends.a: stands twice",
		"name: [a]\n":                         "f:1:7: name: one value is needed here",
		"on_line: perhaps\n":                  "f:1:10: on_line: true or false is needed here",
		"count: many\n":                       "f:1:8: count: a whole number is needed here",
		"count: 99999999999999999999\n":       "f:1:8: count: a whole number is needed here",
		"share: much\n":                       "f:1:8: share: a number is needed here",
		"names: a\n":                          "f:1:8: names: a list is needed here: write `- …`",
		"parts: [a]\n":                        "f:1:9: parts[0]: keys are needed here: id",
		"parts:\n  - {id: a, di: b}\n":        "f:2:13: parts[0].di: unknown key; did you mean \"id\"?",
		"own: a\n":                            "f:1:1: own: unknown key; known here: name, on_line, count, share, also, names, ends, parts",
		"-: a\n":                              "f:1:1: -: unknown key; known here: name, on_line, count, share, also, names, ends, parts",
		"name: a\nname: b\n":                  "f:2:1: name: stands twice",
		"name: &a b\nnames: [*a]\n":           "f:2:9: names[0]: *a points elsewhere; write the value itself",
		"? [a]\n: b\n":                        "f:1:3: unknown key; known here: name, on_line, count, share, also, names, ends, parts",
		"name: \"a\n":                         "f:2:1: found unexpected end of stream",
		"name: a\n---\nname: b\n":             "f:2:1: a second document; one file is one configuration",
		"names: " + strings.Repeat("[", 99):   "f:1:24: nested deeper than 16",
	} {
		s := shape{Name: "before"}
		err := Read("f", []byte(text), 1<<10, &s, nil)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if strings.HasPrefix(text, "name:\n") && s.Name != "before" {
			t.Errorf("%q took away what stood: %q", text, s.Name)
		}
	}
}

// TestNotRead: of a file that cannot be read nothing is said but why.
func TestNotRead(t *testing.T) {
	var s shape
	validate := func() []Problem { return []Problem{{Path: "name", Message: "a name is needed"}} }
	for _, text := range []string{"[", strings.Repeat("- ", 99), "a: b\n---\nc: d\n", strings.Repeat("# a\n", 999)} {
		err := Read("f", []byte(text), 1<<10, &s, validate)
		if err == nil || strings.Contains(err.Error(), "a name is needed") {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	err := Read("f", []byte("count: 1\n"), 1<<10, &s, validate)
	if err == nil || err.Error() != "f: name: a name is needed" {
		t.Errorf("%v", err)
	}
}
