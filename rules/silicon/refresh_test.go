package silicon

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const asicTable = `Product Name, Code Reference, DCN/DCE version, GC version, VCN version, SDMA version, MP0 version, MP1 version
Demo Radeon 1, DEMO, DCE 6, 6, VCE 1 / UVD 3, --, --, 6
Demo Radeon 2, , DCN 3.2.0, 11.0.0, VCN 4.0.0, 6.0.0, 13.0.0, 13.0.0
Demo Radeon 3, , 77.0.1, 88.1.0 / 88.1.1, VCN 99.0.0, 6.0.0, n/a, 13.0.0
Demo Radeon 4, , DCN 77.0.1, 88.1.0, *, 6.0.0
`

func TestReadASICTable(t *testing.T) {
	got, err := ReadASICTable(strings.NewReader(asicTable), "demo.csv of v9.1", Default())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range got {
		names = append(names, e.Name)
		if e.State != Unknown || e.Launched != "" {
			t.Errorf("%s: %s, launched %q: the table does not say that", e.Name, e.State, e.Launched)
		}
		if e.Source != "demo.csv of v9.1: Demo Radeon 3" {
			t.Errorf("%s: source %q", e.Name, e.Source)
		}
	}
	if want := []string{"DCN 77.0.1", "GC 88.1.0", "GC 88.1.1", "VCN 99.0.0"}; !slices.Equal(names, want) {
		t.Errorf("new blocks %q, want %q", names, want)
	}
	if _, err := New(append(slices.Clone(Default().Entries()), got...)); err != nil {
		t.Errorf("the catalogue does not take them: %v", err)
	}
	if _, err := ReadASICTable(strings.NewReader("a,b\n"), "x.csv", nil); err == nil || !strings.Contains(err.Error(), "x.csv") {
		t.Errorf("a file that is no table: %v", err)
	}
}

const pciHeader = `#define INTEL_PCI_DEVICE(_id, _info) { _id, _info }
#define INTEL_MTL_U_IDS(MACRO__, ...) \
	MACRO__(0x7D40, ## __VA_ARGS__), \
	MACRO__(0x7DFF, ## __VA_ARGS__)

#define INTEL_MTL_IDS(MACRO__, ...) \
	INTEL_MTL_U_IDS(MACRO__, ## __VA_ARGS__)

#define INTEL_DEMOLAKE_IDS(MACRO__, ...) \
	MACRO__(0xFFF0, ## __VA_ARGS__), \
	MACRO__(0xZZZZ, ## __VA_ARGS__)
	MACRO__(0xFFF1, ## __VA_ARGS__)
`

func TestReadPCIIDs(t *testing.T) {
	lists, err := ReadPCIIDs(strings.NewReader(pciHeader), "demo.h")
	if err != nil {
		t.Fatal(err)
	}
	if len(lists) != 2 || lists[0].Name != "INTEL_MTL_U_IDS" || !slices.Equal(lists[0].IDs, []uint16{0x7d40, 0x7dff}) ||
		lists[1].Name != "INTEL_DEMOLAKE_IDS" || !slices.Equal(lists[1].IDs, []uint16{0xfff0}) {
		t.Fatalf("got %+v", lists)
	}
	before := len(Default().Entries())
	entries := Default().WithPCI(lists, "i915", "demo.h of v9.1")
	c, err := New(entries)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != before+1 || len(Default().Entries()) != before {
		t.Errorf("%d entries of %d, want one more; the catalogue has %d", len(entries), before, len(Default().Entries()))
	}
	for id, want := range map[uint16]string{0x7dff: "Meteor Lake", 0xfff0: "INTEL_DEMOLAKE_IDS"} {
		r := c.ix.pci[id]
		if r == 0 || c.entries[c.ix.refs[r-1].entry].Name != want {
			t.Errorf("%04x is not of %s", id, want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("drv\tdrv\tdriver\tproduction\t\t\t\t\tpath:drivers/drv/ new:dr_v#\tMAINTAINERS\nA1\tdrv\tchip\tunknown\t6.1\t6.2\t\tdrv\tid:aa pre:ab_c word:a_b pci:12ab of:a,b ver:gc:1.2\ts\n")
	f.Add("#\n\r\n\t\t\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Load(fstest.MapFS{"x.tsv": {Data: []byte(text)}})
		if err == nil && len(c.Entries()) > 1+strings.Count(text, "\n") {
			t.Errorf("%d entries from %q", len(c.Entries()), text)
		}
	})
}

func FuzzRefresh(f *testing.F) {
	f.Add(asicTable)
	f.Add(pciHeader)
	small, err := Load(fstest.MapFS{"x.tsv": {Data: []byte(
		"amdgpu\tamdgpu\tdriver\tunknown\t\t\t\t\tpath:a/\ts\ni915\ti915\tdriver\tunknown\t\t\t\t\tpath:b/\ts\n" +
			"M\ti915\tplatform\tunknown\t\t\t\t\tpre:mtl\ts\nG\tamdgpu\tip-block\tunknown\t\t\t\t\tver:gc:11.0.0\ts\n")}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := ReadASICTable(strings.NewReader(text), "x", small)
		if err == nil {
			if _, err := New(append(slices.Clone(small.Entries()), entries...)); err != nil {
				t.Errorf("entries that no catalogue takes: %v", err)
			}
		}
		lists, err := ReadPCIIDs(strings.NewReader(text), "x")
		if err == nil {
			if _, err := New(small.WithPCI(lists, "i915", "x")); err != nil {
				t.Errorf("lists that no catalogue takes: %v", err)
			}
		}
	})
}
