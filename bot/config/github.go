package config

import (
	"fmt"
	"os"
	"strings"

	"github.com/stablebot/stablebot/bot/internal/strictyaml"
)

// GitHub is one GitHub, or GitHub Enterprise Server, and who the bot is there.
type GitHub struct {
	Name string `yaml:"name"`
	URL  string `yaml:"url"` // of the REST API; "" for github.com, https://HOST/api/v3/ of an Enterprise Server
	// A token, from a file or the environment, or an App.
	TokenFile string    `yaml:"token_file"`
	TokenEnv  string    `yaml:"token_env"`
	App       GitHubApp `yaml:"app"`
	// Repos have asked by standing here; others ask with a policy file.
	Repos []string `yaml:"repos"`
	// Roots says how the paths of a repository stand to the kernel's, as root: of a git
	// source does: {example/driver: drivers/net/x}. Others are found by their files.
	Roots   map[string]string `yaml:"roots"`
	Webhook Webhook           `yaml:"webhook"`
	Every   Duration          `yaml:"every"` // between two polls, which find what webhooks missed
	Since   string            `yaml:"since"` // first poll: pull requests that changed from this day on; empty: from now on
	Send    bool              `yaml:"send"`  // false: what would be labelled is shown, nothing is written to GitHub
	Labels  LabelNames        `yaml:"labels"`
}

// GitHubApp is an App's identity.
type GitHubApp struct {
	ID      int64  `yaml:"id"`
	KeyFile string `yaml:"key_file"` // its private key, PEM
}

// Webhook is where deliveries are received; without an address there is
// polling alone.
type Webhook struct {
	Listen     string `yaml:"listen"` // host:port
	Path       string `yaml:"path"`   // "/github" when empty
	SecretFile string `yaml:"secret_file"`
	SecretEnv  string `yaml:"secret_env"`
}

// LabelNames are the labels of the verdicts; what is empty keeps its default.
type LabelNames struct {
	StableEligible Label `yaml:"stable-eligible"`
	DKMSOnly       Label `yaml:"dkms-only"`
	Mixed          Label `yaml:"mixed"`
	Wait           Label `yaml:"wait"`
	Uncertain      Label `yaml:"uncertain"`
}

// Label is one label.
type Label struct {
	Name        string `yaml:"name"`
	Color       string `yaml:"color"` // six hexadecimal digits
	Description string `yaml:"description"`
}

// What GitHub takes in a label.
const (
	maxLabelName        = 50
	maxLabelDescription = 100
)

// Validate reports what GitHub would refuse, under path.
func (n LabelNames) Validate(path string) []strictyaml.Problem {
	var v validator
	seen := map[string]string{}
	for _, l := range []struct {
		key string
		Label
	}{{"stable-eligible", n.StableEligible}, {"dkms-only", n.DKMSOnly}, {"mixed", n.Mixed}, {"wait", n.Wait}, {"uncertain", n.Uncertain}} {
		p := path + "." + l.key
		if len([]rune(l.Name)) > maxLabelName || strings.ContainsAny(l.Name, "\r\n,") {
			v.add(p+".name", "%q: a label's name has at most %d characters and no comma", l.Name, maxLabelName)
		}
		if name := strings.ToLower(l.Name); name != "" {
			if seen[name] != "" {
				v.add(p+".name", "%q is the label of %s already", l.Name, seen[name])
			}
			seen[name] = l.key
		}
		if l.Color != "" && (len(l.Color) != 6 || strings.Trim(strings.ToLower(l.Color), "0123456789abcdef") != "") {
			v.add(p+".color", "%q: six hexadecimal digits are needed, without #", l.Color)
		}
		if len([]rune(l.Description)) > maxLabelDescription {
			v.add(p+".description", "more than %d characters", maxLabelDescription)
		}
	}
	return v.problems
}

func (g GitHub) validate(v *validator, p string) {
	if g.URL != "" && !strings.HasPrefix(g.URL, "https://") && !strings.HasPrefix(g.URL, "http://127.0.0.1") &&
		!strings.HasPrefix(g.URL, "http://localhost") {
		v.add(p+".url", "%q: https is needed, as a token would cross the network in the clear", g.URL)
	}
	n := 0
	for _, set := range []bool{g.TokenFile != "", g.TokenEnv != "", g.App != GitHubApp{}} {
		if set {
			n++
		}
	}
	if n != 1 {
		v.add(p, "exactly one of token_file, token_env and app is needed, %d are set", n)
	}
	if g.App != (GitHubApp{}) {
		if g.App.ID <= 0 {
			v.add(p+".app.id", "the App's number is needed; its settings page has it")
		}
		v.need(p+".app.key_file", g.App.KeyFile, "the App's private key, as its settings page gives it")
	}
	for i, r := range g.Repos {
		if owner, name, ok := strings.Cut(r, "/"); !ok || owner == "" || name == "" || strings.ContainsAny(name, "/ ?#%") {
			v.add(fmt.Sprintf("%s.repos[%d]", p, i), "%q is no repository; write owner/name", r)
		}
	}
	for r, root := range g.Roots {
		if owner, name, ok := strings.Cut(r, "/"); !ok || owner == "" || name == "" {
			v.add(p+".roots", "%q is no repository; write owner/name", r)
		}
		v.root(p+".roots["+r+"]", root)
	}
	if g.Webhook.Listen != "" && (g.Webhook.SecretFile == "") == (g.Webhook.SecretEnv == "") {
		v.add(p+".webhook", "exactly one of secret_file and secret_env is needed: without a secret anybody could send webhooks")
	}
	if g.Webhook.Listen == "" && g.Webhook != (Webhook{}) {
		v.need(p+".webhook.listen", "", "host:port to receive deliveries on")
	}
	if g.Webhook.Path != "" && !strings.HasPrefix(g.Webhook.Path, "/") {
		v.add(p+".webhook.path", "%q: a path begins with a slash", g.Webhook.Path)
	}
	v.day(p+".since", g.Since)
	v.notNegative(p+".every", g.Every)
	v.problems = append(v.problems, g.Labels.Validate(p+".labels")...)
}

// Token reads the token, anew each time, so that a rotated one needs no restart.
func (g GitHub) Token() (string, error) {
	return secret("the token of "+g.Name, g.TokenFile, g.TokenEnv)
}

// Secret reads the webhook's secret.
func (g GitHub) Secret() (string, error) {
	return secret("the webhook secret of "+g.Name, g.Webhook.SecretFile, g.Webhook.SecretEnv)
}

// Key reads the App's private key.
func (g GitHub) Key() ([]byte, error) {
	b, err := os.ReadFile(g.App.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("reading the App's private key of %s: %w", g.Name, err)
	}
	return b, nil
}

func secret(what, file, env string) (string, error) {
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("reading %s: %w", what, err)
		}
		return strings.TrimSpace(string(b)), nil
	}
	v, ok := os.LookupEnv(env)
	if !ok {
		return "", fmt.Errorf("%s is to come from the environment variable %s, which is not set", what, env)
	}
	return v, nil
}
