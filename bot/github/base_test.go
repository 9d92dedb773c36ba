package github

import (
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
)

func TestBaseOf(t *testing.T) {
	main, stable, distro := flow.BaseMainline, flow.BaseStable, flow.BaseDistro
	ours := flow.PullPolicy{Stable: []string{"lts/*"}, Mainline: []string{"6.99"}, Distribution: []string{"prod"}}
	for _, c := range []struct {
		branch  string
		policy  flow.PullPolicy
		kind    flow.BaseKind
		release string
	}{
		{"master", flow.PullPolicy{}, main, ""},
		{"main", flow.PullPolicy{}, main, ""},
		{"", flow.PullPolicy{}, main, ""},
		{"drm-next", flow.PullPolicy{}, main, ""},
		{"amd-drm-next-6.13-2024-11-08", flow.PullPolicy{}, main, ""},
		{"for-6.13/upstream", flow.PullPolicy{}, main, ""},
		{"fixes-6.12", flow.PullPolicy{}, main, ""},
		{"linux-6.6.y", flow.PullPolicy{}, stable, "6.6"},
		{"6.1-lts", flow.PullPolicy{}, stable, "6.1"},
		{"v6.6-stable", flow.PullPolicy{}, stable, "6.6"},
		{"6.6", flow.PullPolicy{}, stable, "6.6"},
		{"stable/linux-5.10.y", flow.PullPolicy{}, stable, "5.10"},
		{"linux-rolling-lts", flow.PullPolicy{}, stable, ""},
		{"ubuntu/noble", flow.PullPolicy{}, distro, ""},
		{"debian/6.1/bookworm", flow.PullPolicy{}, distro, "6.1"},
		{"ciqlts9_4", flow.PullPolicy{}, distro, ""},
		{"rocky9_2", flow.PullPolicy{}, distro, ""},
		{"SLE15-SP5", flow.PullPolicy{}, distro, ""},
		{"OLK-6.6", flow.PullPolicy{}, distro, "6.6"},
		{"rpi-6.6.y", flow.PullPolicy{}, distro, "6.6"},
		{"ti-linux-6.6.y", flow.PullPolicy{}, distro, "6.6"},
		{"lts/one", ours, stable, ""},
		{"6.99", ours, main, ""},
		{"prod", ours, distro, ""},
		{"master", ours, main, ""},
	} {
		if got, want := BaseOf(c.branch, c.policy), (flow.Base{Branch: c.branch, Kind: c.kind, Release: c.release}); got != want {
			t.Errorf("%s is %+v, not %+v", c.branch, got, want)
		}
	}
}
