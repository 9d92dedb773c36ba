package rules

import (
	"testing"

	"github.com/stablebot/stablebot/rules/silicon"
)

// Only what names a chip has been sold: a driver, a library, a board and an ID are said
// to be in use, by what they are.
func TestOnSale(t *testing.T) {
	sold := func(name, since string) silicon.Match {
		return silicon.Match{Name: name, Kind: silicon.KindChip, State: silicon.Production, Launched: since}
	}
	of := func(name, kind string) silicon.Match {
		return silicon.Match{Name: name, Driver: "drm", Kind: kind, State: silicon.Production}
	}
	for _, c := range []struct {
		in   []silicon.Match
		want string
	}{
		{[]silicon.Match{of("pci", silicon.KindDriver)}, "hardware that uses pci is in use"},
		{[]silicon.Match{of("ttm", silicon.KindLibrary)}, "it is code of drm (ttm), whose hardware is in use"},
		{[]silicon.Match{of("board-one", silicon.KindBoard)}, "the board board-one is in use"},
		{[]silicon.Match{of("USB 0123:4567", silicon.KindDevice), of("acme", silicon.KindDriver)}, "the device USB 0123:4567 is in use"},
		{[]silicon.Match{of("acme", silicon.KindDriver), sold("GX2", "2023-05")}, "GX2 has been sold since 2023-05"},
		{[]silicon.Match{sold("GX1 firmware", "2023-05"), of("acme", silicon.KindDriver)}, "chips that run GX1 firmware have been sold since 2023-05"},
		{[]silicon.Match{sold("GX1", ""), of("acme", silicon.KindDriver)}, "GX1 has been sold"},
		{[]silicon.Match{sold("GX1", ""), sold("GX2", "")}, "GX1, GX2 have been sold"},
		{[]silicon.Match{sold("GX2", "2023-05"), sold("GX1", "")}, "GX2, GX1 have been sold (GX2 since 2023-05)"},
	} {
		got, err := ProductionSilicon.Run(&Facts{Silicon: c.in})
		if err != nil || got.Outcome != Met || got.Reason != c.want {
			t.Errorf("%s %q, want %q (%v)", got.Outcome, got.Reason, c.want, err)
		}
	}
}

// A version without an entry of its own is not on sale because its family is.
func TestOnSaleUnlisted(t *testing.T) {
	got, err := ProductionSilicon.Run(&Facts{Silicon: []silicon.Match{
		{Name: "SMUIO 13.0.8", Kind: silicon.KindIPBlock, State: silicon.Unknown},
		{Name: "SMUIO 13.0", Kind: silicon.KindIPBlock, State: silicon.Production, Launched: "2021-11-08"},
		{Name: "amdgpu", Kind: silicon.KindDriver, State: silicon.Production},
	}})
	if want := "the catalogue does not say whether SMUIO 13.0.8 has been sold"; err != nil || got.Outcome != Unknown || got.Reason != want {
		t.Errorf("%s %q, want %q (%v)", got.Outcome, got.Reason, want, err)
	}
}
