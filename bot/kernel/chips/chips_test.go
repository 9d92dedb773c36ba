package chips_test

import (
	"context"
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/bot/kernel/chips"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/silicon"
)

// memory is a tree of contents; an object's id is its content.
type memory map[string]string

func (m memory) Entry(_ context.Context, path string) (apply.Entry, error) {
	if s, ok := m[path]; ok {
		return apply.Entry{Mode: apply.Regular, ID: s}, nil
	}
	id := ""
	for p, s := range m {
		if strings.HasPrefix(p, path+"/") {
			id += p + s
		}
	}
	if id == "" {
		return apply.Entry{}, nil
	}
	return apply.Entry{Mode: apply.Folder, ID: id}, nil
}

func (m memory) Image(_ context.Context, e apply.Entry) (*apply.Image, error) {
	return apply.NewImage([]byte(e.ID)), nil
}

func (m memory) Names(_ context.Context, folder string) ([]string, error) {
	seen := map[string]bool{}
	var out []string
	for p := range m {
		if rest, ok := strings.CutPrefix(p, folder+"/"); ok {
			name, _, _ := strings.Cut(rest, "/")
			if !seen[name] {
				seen[name] = true
				out = append(out, name)
			}
		}
	}
	return out, nil
}

const (
	amd  = "drivers/gpu/drm/amd/amdgpu/"
	i915 = "drivers/gpu/drm/i915/"
)

// tree is a kernel of the time of Linux 6.1, as far as the drivers say what they
// drive.
var tree = memory{
	amd + "gfx_v10_0.c": "int a;\n",
	amd + "gfx_v11_0.c": "int a;\n",
	amd + "amdgpu_discovery.c": "static int amdgpu_discovery_set_sdma_ip_blocks(struct amdgpu_device *adev)\n{\n\tswitch " +
		"(adev->ip_versions[SDMA0_HWIP][0]) {\n" +
		"\tcase IP_VERSION(6, 0, 0):\n\t\tbreak;\n\t}\n}\n",
	i915 + "i915_pci.c": "#define XE_FEATURES \\\n\t.a = 1\n\nstatic const struct intel_device_info adl_p_info = " +
		"{\n\tXE_FEATURES,\n\tPLATFORM(INTEL_ALDERLAKE_P),\n};\n\n" +
		"static const struct intel_device_info mtl_info = {\n\tXE_FEATURES,\n\tPLATFORM(INTEL_METEORLAKE),\n\t.require_force_probe = 1,\n};\n",
}

func TestIn(t *testing.T) {
	x := chips.New(silicon.Default())
	for _, c := range []struct {
		driver, name string
		has          bool
		gate         string
	}{
		{"amdgpu", "GFX11", true, ""},
		{"amdgpu", "GFX12", false, ""},
		{"amdgpu", "SDMA 6.0.0", true, ""},
		{"amdgpu", "SDMA 7.0.0", false, ""},
		{"i915", "Meteor Lake", true, "require_force_probe in i915_pci.c"},
		{"i915", "Alder Lake-P", true, ""},
		{"i915", "Xe_LPG", true, ""}, // the family of a platform
		{"i915", "Lunar Lake", false, ""},
	} {
		k, err := x.In(t.Context(), tree, c.driver)
		if err != nil {
			t.Fatal(err)
		}
		if k.Empty() || k.Has(c.name) != c.has || k.Gate(c.name) != c.gate {
			t.Errorf("%s %s: there %v, gate %q; want %v, %q", c.driver, c.name, k.Has(c.name), k.Gate(c.name), c.has, c.gate)
		}
	}
	if k, err := x.In(t.Context(), tree, "mt76"); err != nil || !k.Empty() {
		t.Errorf("a driver that the tree does not have: %v, %v", k, err)
	}
}

// patch changes a line under a condition.
func patch(title string, files ...string) *change.Change {
	c := &change.Change{Subject: title}
	for i := 0; i < len(files); i += 2 {
		diff := "diff --git a/" + files[i] + " b/" + files[i] + "\n--- a/" + files[i] + "\n+++ b/" + files[i] +
			"\n@@ -1,4 +1,4 @@ int f(void)\n \tint a;\n " + files[i+1] + "\n-\t\told();\n+\t\tnew();\n \treturn 0;\n"
		parsed, _, err := gitdiff.Parse(strings.NewReader(diff))
		if err != nil {
			panic(err)
		}
		c.Files = append(c.Files, parsed...)
	}
	return c
}

func TestLacks(t *testing.T) {
	x := chips.New(silicon.Default())
	for _, c := range []struct {
		name string
		c    *change.Change
		want string
	}{
		{"a file of the chip", patch("drm/amdgpu: fix it", amd+"gfx_v12_0.c", "\tif (a)"), "GFX12"},
		{"a condition", patch("drm/amdgpu: fix it", amd+"amdgpu_gfx.c", "\tif (adev->ip_versions[GC_HWIP][0] == IP_VERSION(12, 0, 0))"),
			"Navi44"},
		{"the title alone", patch("drm/amdgpu: fix GFX12 hang", amd+"amdgpu_ring.c", "\tif (a)"), "GFX12"},
		{"one hunk for all chips", patch("drm/amdgpu: fix GFX12 hang", amd+"gfx_v12_0.c", "\tif (a)", amd+"amdgpu_ring.c", "\tif (a)"), ""},
		{"the code around is another chip's", patch("drm/amdgpu: fix it for GFX12", amd+"gfx_v12_0.c", "\tif (a)", amd+"amdgpu_gfx.c",
			"\tif (adev->ip_versions[GC_HWIP][0] == IP_VERSION(11, 0, 0))"), "GFX12"},
		{"one hunk for a chip that is there", patch("drm/amdgpu: fix it", amd+"gfx_v12_0.c", "\tif (a)", amd+"gfx_v11_0.c", "\tif (a)"), ""},
		{"a table of devices", patch("drm/amdgpu: add GFX12", amd+"amdgpu_discovery.c", "\tcase IP_VERSION(12, 0, 0):"), ""},
		{"no chip", patch("drm/amdgpu: fix it", amd+"amdgpu_ring.c", "\tif (a)"), ""},
	} {
		k, err := x.In(t.Context(), tree, "amdgpu")
		if err != nil {
			t.Fatal(err)
		}
		target := x.Of(c.c)
		m, ok := target.Lacks(func(m silicon.Match) bool { return !k.Has(m.Name) })
		if m.Name != c.want || ok != (c.want != "") {
			t.Errorf("%s: lacks %q, want %q", c.name, m.Name, c.want)
		}
	}
}
