package silicon

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/rules/change"
)

func entryOf(t *testing.T, name, driver string) Entry {
	t.Helper()
	i := Default().entry(name, driver)
	if i < 0 {
		t.Fatalf("no %s of %s", name, driver)
	}
	return Default().entries[i]
}

// Every chip that has blocks has its source for each, and the blocks of one that
// everybody can look up are the table's.
func TestBlocks(t *testing.T) {
	c := Default()
	for i, blocks := range c.blocks {
		for _, b := range blocks {
			if strings.TrimSpace(b.Source) == "" || strings.HasPrefix(b.Source, "/") {
				t.Errorf("%s has %s by %q", c.entries[i].Name, b.Name, b.Source)
			}
			if b.Name == c.entries[i].Name {
				t.Errorf("%s is on itself", b.Name)
			}
		}
	}
	var names []string
	for _, b := range c.Blocks(entryOf(t, "Navi33", "amdgpu")) {
		names = append(names, b.Name)
	}
	if got, want := strings.Join(names, ", "), "DCN 3.2.1, VCN 4.0.4, SDMA 6.0.2, PSP 13.0.7, SMU 13.0.7, GFX11, MES 11, ATHUB 3.0, SDMA6, VCN4, PSP13, SMU13, DCN3.2, DCN3"; got != want {
		t.Errorf("Navi33 carries %s, want %s", got, want)
	}
	if b := c.Blocks(entryOf(t, "Cyan Skillfish", "amdgpu")); b != nil {
		t.Errorf("no file says what is on Cyan Skillfish, and it has %v", b)
	}
}

func TestLoadBlocksRefuses(t *testing.T) {
	const rows = "drv\tdrv\tdriver\tproduction\t\t\t\t\tpath:drivers/drv/\tMAINTAINERS\n" +
		"One\tdrv\tchip\tunknown\t\t\t\t\tid:one\ts\n" +
		"B 1\tdrv\tip-block\tunknown\t\t\t\t\tid:b_one\ts\n"
	for _, tc := range []struct{ name, text, want string }{
		{"columns", "One\tdrv\tB 1\n", "blocks/x.tsv:1: want 4 columns"},
		{"source", "# a comment\nOne\tdrv\tB 1\t\n", "blocks/x.tsv:2: no source"},
		{"chip", "Two\tdrv\tB 1\ts\n", `"Two" is no chip`},
		{"a block as a chip", "B 1\tdrv\tB 1\ts\n", `"B 1" is no chip`},
		{"block", "One\tdrv\tB 2\ts\n", `"B 2" is no block`},
		{"a chip as a block", "One\tdrv\tOne\ts\n", `"One" is no block`},
		{"twice", "One\tdrv\tB 1\ts\nOne\tdrv\tB 1\ts\n", "One has B 1 twice"},
	} {
		_, err := Load(fstest.MapFS{"x.tsv": {Data: []byte(rows)}, "blocks/x.tsv": {Data: []byte(tc.text)}})
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one with %q", tc.name, err, tc.want)
		}
	}
}

// touch is a change of one line, in a function, for each "file|function|line".
func touch(t *testing.T, title, body string, lines ...string) *change.Change {
	t.Helper()
	var b strings.Builder
	for _, l := range lines {
		p := strings.Split(l, "|")
		fmt.Fprintf(&b, "diff --git a/%[1]s b/%[1]s\n--- a/%[1]s\n+++ b/%[1]s\n@@ -1,2 +1,2 @@ %[2]s\n \t{\n-\told;\n+\t%[3]s\n", p[0], p[1], p[2])
	}
	files, _, err := gitdiff.Parse(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return &change.Change{Subject: title, Body: body, Files: files}
}

func TestCard(t *testing.T) {
	const amd, i915 = "drivers/gpu/drm/amd/", "drivers/gpu/drm/i915/"
	for _, tc := range []struct {
		name, chip, driver string
		c                  *change.Change
		want               bool
	}{
		{"the code of its family", "Navi33", "amdgpu", touch(t, "drm/amdgpu/gfx11: fix it", "", amd+"amdgpu/gfx_v11_0.c|static int gfx_v11_0_init(void)|x = 1;"), true},
		{"a check for another chip in it", "Navi33", "amdgpu", touch(t, "drm/amdgpu: fix it", "", amd+"amdgpu/gfx_v11_0.c|static int gfx_v11_0_init(void)|if (amdgpu_ip_version(adev, GC_HWIP, 0) == IP_VERSION(11, 0, 0)) x();"), false},
		{"another chip's file that calls the family's code", "Navi33", "amdgpu", touch(t, "drm/amd/pm: fix it", "", amd+"pm/swsmu/smu13/aldebaran_ppt.c|static int aldebaran_init(void)|smu_v13_0_check_fw_status(smu);"), false},
		{"the file of its own block", "Navi33", "amdgpu", touch(t, "drm/amd/pm: fix it", "", amd+"pm/swsmu/smu13/smu_v13_0_7_ppt.c|static int smu_v13_0_7_init(void)|x = 1;"), true},
		{"the display code that it is built from", "Navi33", "amdgpu", touch(t, "drm/amd/display: fix it", "", amd+"display/dc/resource/dcn32/dcn32_resource.c|static int dcn32_init(void)|x = 1;"), true},
		{"a title that names another chip", "Navi33", "amdgpu", touch(t, "drm/amdgpu: fix it on navi31", "", amd+"amdgpu/gfx_v11_0.c|static int gfx_v11_0_init(void)|x = 1;"), false},
		{"a title that names both by their versions", "Navi33", "amdgpu", touch(t, "drm/amd/pm: fix it on SMU 13.0.0 and 13.0.7", "", amd+"pm/swsmu/smu13/smu_v13_0.c|static int smu_v13_0_init(void)|x = 1;"), true},
		{"a title that names another block by its version", "Navi33", "amdgpu", touch(t, "drm/amd/pm: fix it on SMU13.0.0", "", amd+"pm/swsmu/smu13/smu_v13_0.c|static int smu_v13_0_init(void)|x = 1;"), false},
		{"a title with half of its name", "Navi33", "amdgpu", touch(t, "drm/amdgpu/gfx10,11: fix it", "", amd+"amdgpu/gfx_v11_0.c|static int gfx_v11_0_init(void)|x = 1;"), true},
		{"a title that names what it is part of, and later", "Navi33", "amdgpu", touch(t, "drm/amd/display: fix it on dcn3+", "", amd+"display/dc/dml/dcn20/dcn20_fpu.c|static int dcn20_init(void)|x = 1;"), true},
		{"a family in the message alone", "Navi33", "amdgpu", touch(t, "drm/amdgpu: fix it", "This is not about gfx11.", amd+"amdgpu/amdgpu_drv.c|static int x(void)|x = 1;"), false},
		{"common code", "Navi33", "amdgpu", touch(t, "drm/amdgpu: fix it", "", amd+"amdgpu/amdgpu_vm.c|static int x(void)|x = 1;"), false},
		{"the code of another family", "Navi33", "amdgpu", touch(t, "drm/amdgpu: fix it", "", amd+"amdgpu/gfx_v10_0.c|static int gfx_v10_0_init(void)|x = 1;"), false},
		{"a check for every later version", "DG2 (Arc A)", "i915", touch(t, "drm/i915: fix it", "", i915+"display/intel_ddi.c|static int x(void)|if (DISPLAY_VER(i915) >= 11) y();"), true},
		{"one for later versions than its own", "DG2 (Arc A)", "i915", touch(t, "drm/i915: fix it", "", i915+"display/intel_ddi.c|static int x(void)|if (DISPLAY_VER(i915) >= 14) y();"), false},
		{"one for a later release of the same version", "DG2 (Arc A)", "i915", touch(t, "drm/i915: fix it", "", i915+"gt/intel_gt.c|static int x(void)|if (GRAPHICS_VER_FULL(i915) >= IP_VER(12, 70)) y();"), false},
		{"a title that names an older one and what followed", "DG2 (Arc A)", "i915", touch(t, "drm/i915/tgl+: fix it", "", i915+"display/intel_ddi.c|static int x(void)|if (DISPLAY_VER(i915) >= 12) y();"), true},
		{"another platform's check beside its own", "DG2 (Arc A)", "i915", touch(t, "drm/i915/mtl: extend it", "", i915+"gt/intel_gt.c|static int x(void)|if (IS_METEORLAKE(i915) || IS_DG2(i915)) y();"), false},
	} {
		e := entryOf(t, tc.chip, tc.driver)
		ms := Default().Match(tc.c)
		got := Default().Card([]Entry{e}, Default().Blocks(e)).Touched(tc.c.Subject, ms)
		if (len(got) > 0) != tc.want {
			t.Errorf("%s: for %v, matches %+v", tc.name, got, ms)
		}
		if tc.name == "a check for every later version" && len(got) > 0 && got[0] != "Gen11+" {
			t.Errorf("%s: for %v", tc.name, got)
		}
		// Without its blocks only the chip itself counts.
		alone := Default().Card([]Entry{e}, nil).Touched(tc.c.Subject, ms)
		if slices.ContainsFunc(alone, func(n string) bool { return n != e.Name }) {
			t.Errorf("%s: without blocks for %v", tc.name, alone)
		}
	}
}
