// Package deploy_test reads every file here the way its program does. The
// Containerfile, Compose's file and those of Kubernetes are read by .ci/tools/deploy.
package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/web"
)

func TestConfigurations(t *testing.T) {
	files, err := filepath.Glob("examples/*.yaml")
	if err != nil || len(files) != 3 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	for _, f := range append(files, "stablebot.example.yaml", "trial/stablebot.yaml") {
		c, err := config.Read(f)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if c.SMTP.Send != (f == "trial/stablebot.yaml") {
			t.Errorf("%s: smtp.send is %t; only the trial sends, to itself", f, c.SMTP.Send)
		}
		for _, g := range c.Sources.GitHub {
			if g.Send {
				t.Errorf("%s: an example writes to GitHub as it stands", f)
			}
		}
	}
}

// TestUnit has systemd read the unit, and say how well it is locked in.
func TestUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("STABLEBOT_CI") != "" {
			t.Fatal("systemd-analyze is missing: apt-get install systemd")
		}
		t.Skip("systemd-analyze is missing; install systemd")
	}
	// verify wants the programs of the unit to be there.
	unit, err := os.ReadFile("stablebot.service")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "stablebot")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "stablebot.service")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(unit), "/usr/local/bin/stablebot", program)), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(analyze, "verify", "--man=no", file).CombinedOutput()
	if err != nil || strings.Contains(string(out), "stablebot.service") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	// Exposure is given in tenths; 2.0 and below is "OK", what listens has 9.
	if out, err := exec.Command(analyze, "security", "--offline=yes", "--threshold=20", file).CombinedOutput(); err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, out)
	}
}

// TestTrialToken: the dashboard of the trial comes up with the token that the
// trial brings.
func TestTrialToken(t *testing.T) {
	token, err := os.ReadFile("trial/web-token")
	if err != nil {
		t.Fatal(err)
	}
	if err := (web.Access{Token: strings.TrimSpace(string(token))}).Check(); err != nil {
		t.Error(err)
	}
}

// TestMailServer: the configuration of the trial's Dovecot is one that Dovecot
// reads.
func TestMailServer(t *testing.T) {
	doveconf, err := exec.LookPath("doveconf")
	if err != nil {
		if os.Getenv("STABLEBOT_CI") != "" {
			t.Fatal("doveconf is missing: apt-get install dovecot-imapd")
		}
		t.Skip("doveconf is missing; install dovecot-imapd")
	}
	script, err := os.ReadFile("trial/mail.sh")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(script), "<<'CONF'\n")
	conf, _, ok2 := strings.Cut(rest, "\nCONF\n")
	if !ok || !ok2 {
		t.Fatal("trial/mail.sh has no configuration of Dovecot")
	}
	file := filepath.Join(t.TempDir(), "dovecot.conf")
	if err := os.WriteFile(file, []byte(conf+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(doveconf, "-c", file, "-n").CombinedOutput(); err != nil {
		t.Errorf("doveconf: %v\n%s", err, out)
	}
	if out, err := exec.Command("sh", "-n", "trial/mail.sh").CombinedOutput(); err != nil {
		t.Errorf("sh -n: %v\n%s", err, out)
	}
}
