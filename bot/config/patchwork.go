package config

import (
	"fmt"
	"regexp"
	"strings"
)

// Patchwork is one project in a Patchwork whose patches get a check.
type Patchwork struct {
	Name      string   `yaml:"name"`
	URL       string   `yaml:"url"`     // without /api
	Project   string   `yaml:"project"` // its link name
	TokenFile string   `yaml:"token_file"`
	TokenEnv  string   `yaml:"token_env"`
	Lists     []string `yaml:"lists"`   // whose patches get a check
	Context   string   `yaml:"context"` // of the checks; "stablebot" when empty
	Send      bool     `yaml:"send"`    // false: checks are shown, nothing is written
}

// checkContext is what Patchwork's API description allows.
var checkContext = regexp.MustCompile(`^[-a-zA-Z0-9_]{1,255}$`)

func (w Patchwork) validate(v *validator, p string) {
	if !strings.HasPrefix(w.URL, "https://") && !strings.HasPrefix(w.URL, "http://127.0.0.1") &&
		!strings.HasPrefix(w.URL, "http://localhost") {
		v.add(p+".url", "%q: https is needed, as a token would cross the network in the clear", w.URL)
	}
	v.need(p+".project", w.Project, "the link name of the project in Patchwork")
	if (w.TokenFile == "") == (w.TokenEnv == "") {
		v.add(p, "exactly one of token_file and token_env is needed")
	}
	if len(w.Lists) == 0 {
		v.add(p+".lists", "at least one list is needed, whose patches get a check")
	}
	for i, l := range w.Lists {
		v.need(fmt.Sprintf("%s.lists[%d]", p, i), l, "the list's List-Id or posting address")
	}
	if w.Context != "" && !checkContext.MatchString(w.Context) {
		v.add(p+".context", "%q: letters, digits, - and _ only", w.Context)
	}
}

// Token reads the token, anew each time.
func (w Patchwork) Token() (string, error) {
	return secret("the token of "+w.Name, w.TokenFile, w.TokenEnv)
}
