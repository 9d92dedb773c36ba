package export

import (
	"slices"
	"strings"
	"testing"
)

// TestArrivals: a package is dropped from the point release on that has the last of its
// fixes, and never where one of them has not come.
func TestArrivals(t *testing.T) {
	for _, c := range []struct {
		what  string
		until []string // of each fix
		want  string
	}{
		{"none has come", []string{"", ""}, ""},
		{"one of two", []string{"6.12.40", ""}, ""},
		{"both, the later counts", []string{"6.12.40", "6.12.9"}, "6.12.40"},
		{"two branches, one of them whole", []string{"6.12.40 6.6.101", "6.12.41"}, "6.12.41"},
		{"two branches, in order", []string{"6.12.40 6.6.101", "6.6.99 6.12.38"}, "6.6.101 6.12.40"},
		{"what is no point release", []string{"6.12"}, ""},
	} {
		var queue []Queued
		for _, u := range c.until {
			queue = append(queue, Queued{Fix: Fix{Until: strings.Fields(u)}})
		}
		var got []string
		for _, a := range arrivals(queue) {
			got = append(got, a.Release)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.what, got, c.want)
		}
	}
}

// TestMeanwhile: what is on its way to stable goes along, and the package ends where it
// has come.
func TestMeanwhile(t *testing.T) {
	r, err := ParseRange("6.6..6.12")
	if err != nil {
		t.Fatal(err)
	}
	queue := []Queued{
		{Fix: Fix{ID: "1", Since: "6.14", Eligible: []string{"6.6"}, Until: []string{"6.12.40"}}, Title: "demo: fix a leak", Match: MatchOf(r, false)},
		{Fix: Fix{ID: "2", Until: []string{"6.12.38"}}, Title: "demo: fix a hang", Match: MatchOf(r, false)},
	}
	kernels := []string{"6.12.9-arch1-1", "6.12.39-1-lts", "6.12.40-1-lts", "6.12.101-1-lts", "6.12.0-160000.5-default", "6.6.120"}
	for _, g := range []Generation{DKMS30, Current} {
		b := &Built{Name: "demo", Version: "1", Tag: "v1", Base: "0", Range: r, Kernels: MatchOf(r, false), DKMS: g, Queue: queue, Arrived: arrivals(queue),
			Modules: []Module{{Name: "demo", Dest: "/extra"}}}
		conf, readme, err := b.texts()
		if err != nil {
			t.Fatal(err)
		}
		got := built(t, conf, kernels, false)
		var yes []string
		for _, k := range kernels {
			if strings.HasPrefix(got[k], "yes") {
				yes = append(yes, k)
			}
		}
		if want := []string{kernels[0], kernels[1], kernels[4], kernels[5]}; !slices.Equal(yes, want) {
			t.Errorf("dkms %s: built for %v, want %v\n%s", g, yes, want, conf)
		}
		for _, want := range []string{"| on its way to 6.6 | 6.14 | 6.12.40, not known yet for 6.6 |", "from 6.12.40 on it is not built in that branch"} {
			if !strings.Contains(string(readme), want) {
				t.Errorf("the README lacks %q:\n%s", want, readme)
			}
		}
	}
}

// TestNeeds: where dkms cannot be told what one module needs, its configuration leaves the
// module out itself.
func TestNeeds(t *testing.T) {
	for _, c := range []struct {
		dkms        Generation
		needs       []string
		usb         []string // of the second module
		itself, out bool
	}{
		{Current, []string{"CONFIG_PCI"}, nil, false, false},
		{Current, nil, []string{"CONFIG_USB"}, false, false},
		{Current, []string{"CONFIG_PCI"}, []string{"CONFIG_USB"}, true, true}, // the first element is for all
		{DKMS30, []string{"CONFIG_PCI"}, nil, true, false},                    // for AUTOINSTALL
		{DKMS30, nil, []string{"CONFIG_USB"}, true, true},
		{DKMS28, []string{"CONFIG_PCI"}, nil, true, false},
	} {
		r, _ := ParseRange("6.1")
		b := &Built{Name: "demo", Version: "1", Base: "0", Range: r, Kernels: MatchOf(r, false), DKMS: c.dkms, Needs: c.needs,
			Modules: []Module{{Name: "core", Dest: "/extra"}, {Name: "usb", Dest: "/extra", Needs: c.usb}}}
		conf, _, err := b.texts()
		if err != nil {
			t.Fatal(err)
		}
		if itself, out := strings.Contains(string(conf), "lacks()"), strings.Contains(string(conf), "n=0"); itself != c.itself || out != c.out {
			t.Errorf("%+v: looks itself %v, leaves out %v\n%s", c, itself, out, conf)
		}
		if !c.dkms.Current() && len(b.fallbacks()) < 2+len(c.usb) {
			t.Errorf("%+v: told %q", c, b.fallbacks())
		}
	}
}

// TestLeavesOut reads such a dkms.conf with two kernels.
func TestLeavesOut(t *testing.T) {
	r, _ := ParseRange("6.1")
	b := &Built{Name: "demo", Version: "1", Base: "0", Range: r, Kernels: MatchOf(r, false), DKMS: DKMS30,
		Modules: []Module{{Name: "core", Dest: "/extra"}, {Name: "usb", Dest: "/extra", Needs: []string{"CONFIG_USB", "!CONFIG_OLD"}}, {Name: "pci", Built: "sub", Dest: "/extra", Needs: []string{"CONFIG_PCI"}}}}
	conf, _, err := b.texts()
	if err != nil {
		t.Fatal(err)
	}
	for config, want := range map[string]string{
		"CONFIG_USB=m\nCONFIG_PCI=y\n":               "core usb pci",
		"CONFIG_PCI=y\n":                             "core pci",
		"CONFIG_USB=y\nCONFIG_OLD=y\nCONFIG_PCI=y\n": "core pci",
		"CONFIG_USBX=y\n":                            "core",
		"-":                                          "core usb pci", // no headers: removing still finds all
	} {
		if got := namesIn(t, conf, config); got != want {
			t.Errorf("with %q: modules %q, want %q\n%s", config, got, want, conf)
		}
	}
}
