package signs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules/change"
)

// codeOf reads a diff of one hunk, given without its headers.
func codeOf(t testing.TB, path, hunk string) *Code {
	t.Helper()
	return ReadCode(hunkOf(t, path, hunk))
}

// hunkOf is a change of that hunk alone.
func hunkOf(t testing.TB, path, hunk string) *change.Change {
	t.Helper()
	a, b := 0, 0
	lines := strings.SplitAfter(strings.TrimPrefix(hunk, "\n"), "\n")
	for _, l := range lines {
		if l == "" {
			continue
		}
		if l[0] != '+' {
			a++
		}
		if l[0] != '-' {
			b++
		}
	}
	c, err := change.Parse(change.Input{Kind: change.Commit, Subject: "a: b", Diff: fmt.Sprintf(
		"diff --git a/%[1]s b/%[1]s\n--- a/%[1]s\n+++ b/%[1]s\n@@ -10,%[2]d +10,%[3]d @@ int foo_suspend(void)\n%[4]s", path, a, b, strings.Join(lines, ""))})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSigns(t *testing.T) {
	for _, tt := range []struct {
		line  string
		signs []Sign
	}{
		{"	if (!foo->bar)", []Sign{SignNullCheck, SignCondition}},
		{"	if (foo == NULL)", []Sign{SignNullCheck, SignCondition}},
		{"	if (IS_ERR(foo))", []Sign{SignNullCheck, SignCondition}},
		{"	if (!foo_ready(bar))", []Sign{SignCondition}},
		{"	if (i >= ARRAY_SIZE(x))", []Sign{SignBounds, SignCondition}},
		{"	if (len > max)", []Sign{SignBounds, SignCondition}},
		{"	if (a->b)", []Sign{SignCondition}},
		{"	if (a << 3 == b)", []Sign{SignCondition}},
		{"	mutex_lock(&x);", []Sign{SignLock}},
		{"	spin_unlock_irqrestore(&x, flags);", []Sign{SignLock}},
		{"	of_node_put(np);", []Sign{SignRef}},
		{"	pm_runtime_get_sync(dev);", []Sign{SignRef}},
		{"	kfree(p);", []Sign{SignFree}},
		{"	acme_bo_release(bo);", []Sign{SignFree}},
		{"	struct foo f = {};", []Sign{SignInit}},
		{"	memset(&x, 0, sizeof(x));", []Sign{SignInit}},
		{"	goto out;", []Sign{SignErrorPath}},
		{"	return -EINVAL;", []Sign{SignErrorPath}},
		{"	return 0;", nil},
		{"	{ PCI_DEVICE(0x1234, 0x5678) },", []Sign{SignID}},
		{"	{ .compatible = \"acme,gx2\" },", []Sign{SignID}},
		{"	_ACME_DEV_INFO(ACME_ANY, ACME_MAC_SO,", []Sign{SignID}},
		{"	.compatible = acme_compatible,", nil},
		{"	x = config_space[PCI_DEVICE_ID];", nil},
		{"	case IP_VERSION(1, 2, 3):", []Sign{SignCase}},
		{"	case RATE_1:", nil},
		{"	DMI_MATCH(DMI_SYS_VENDOR, \"X\"),", []Sign{SignQuirk}},
		{"	writel(1, base);", []Sign{SignRegister}},
		{"	msleep(20);", []Sign{SignDelay}},
		{"	dev_dbg(dev, \"mutex_lock(kfree)\");", []Sign{SignDebug}},
		{"	// kfree(p);", nil},
		{"	 * kfree(p);", nil},
		{"static int foo(struct bar *b)", []Sign{SignFunction}},
		{"int foo(void);", nil},
		{"EXPORT_SYMBOL_GPL(foo);", []Sign{SignExport}},
		{"module_param(foo, int, 0444);", []Sign{SignParam}},
		{"MODULE_FIRMWARE(\"acme/x.bin\");", []Sign{SignFirmware}},
		{"#define DRM_IOCTL_X DRM_IOWR(1, struct x)", []Sign{SignIoctl, SignMacro}},
		{"module_pci_driver(foo);", []Sign{SignDriver}},
	} {
		c := codeOf(t, "drivers/a.c", "\n a;\n+"+tt.line+"\n b;\n")
		want := map[Sign]bool{}
		for _, s := range tt.signs {
			want[s] = true
		}
		for s := range Sign(numSigns) {
			if got := c.Added[s] > 0; got != want[s] {
				t.Errorf("%q: sign %d: %v", tt.line, s, got)
			}
		}
		for _, s := range tt.signs {
			if e := c.Evidence(s); e.File != "drivers/a.c" || e.Line != 11 || e.Text != strings.TrimSpace(tt.line) {
				t.Errorf("%q: evidence %+v", tt.line, e)
			}
		}
		if c.Power != 1 {
			t.Errorf("the function of the hunk was not seen")
		}
	}
}

func TestSameness(t *testing.T) {
	for _, tt := range []struct {
		name, hunk                string
		blanks, comments, strings bool
	}{
		{"indentation", "\n a;\n-  b = 1;\n+\tb = 1;\n c;\n", true, true, true},
		{"a call broken in two lines", "\n a;\n-foo(a, b);\n+foo(a,\n+    b);\n c;\n", true, true, true},
		{"a comment", "\n a;\n-\tb; /* x */\n+\tb; /* y */\n c;\n", false, true, true},
		{"a new comment line", "\n a;\n+\t/* x */\n b;\n", false, true, true},
		{"a string", "\n a;\n-\tpr_info(\"x\");\n+\tpr_info(\"y\");\n c;\n", false, false, true},
		{"the prefix of messages", "\n a;\n-#define pr_fmt(f) \"acem: \" f\n+#define pr_fmt(f) \"acme: \" f\n c;\n", false, false, true},
		{"a name by a macro", "\n a;\n-#define ACME_GUID \"ab-11d1\"\n+#define ACME_GUID \"AB-11D1\"\n c;\n", false, false, false},
		{"a comment behind it", "\n a;\n-#define ACME_GUID \"ab\" /* x */\n+#define ACME_GUID \"ab\" /* y */\n c;\n", false, true, true},
		{"a name of devices", "\n a;\n-\t{ .compatible = \"acem,x\" },\n+\t{ .compatible = \"acme,x\" },\n c;\n", false, false, false},
		{"an alias", "\n a;\n-MODULE_ALIAS(\"acem\");\n+MODULE_ALIAS(\"acme\");\n c;\n", false, false, false},
		{"a value", "\n a;\n-\tb = 1;\n+\tb = 2;\n c;\n", false, false, false},
		{"moved code", "\n-\tb();\n a;\n+\tb();\n", false, false, false},
		{"code in a comment comes to life", "\n-\t/*\n \tb();\n-\t*/\n c;\n", false, false, false},
		{"a changed line inside a comment", "\n /*\n- * kfree\n+ * kmalloc\n  */\n", false, true, true},
		{"inside a comment that began above", "\n-kfree\n+kmalloc\n */\n", false, true, true},
	} {
		c := codeOf(t, "drivers/a.c", tt.hunk)
		if c.WhitespaceOnly != tt.blanks || c.CommentsOnly != tt.comments || c.StringsOnly != tt.strings {
			t.Errorf("%s: blanks %v, comments %v, strings %v", tt.name, c.WhitespaceOnly, c.CommentsOnly, c.StringsOnly)
		}
	}
}

func TestValueChange(t *testing.T) {
	for hunk, want := range map[string]int32{
		"\n a;\n-\tx = 10;\n+\tx = 20;\n b;\n":                       1,
		"\n a;\n-\tx = 10;\n-\ty = 1;\n+\tx = 20;\n+\ty = 2;\n b;\n": 2,
		"\n a;\n-\tx = 10;\n+\ty = 20;\n b;\n":                       0,
		"\n a;\n-#define VER \"1.2.3\"\n+#define VER \"1.2.4\"\n":    1,
		"\n a;\n-\tx = 10;\n b;\n+\tx = 20;\n":                       0,
	} {
		if got := codeOf(t, "drivers/a.c", hunk).Added[SignValue]; got != want {
			t.Errorf("%q: %d, want %d", hunk, got, want)
		}
	}
}

func TestFileKinds(t *testing.T) {
	for path, want := range map[string]Code{
		"Documentation/gpu/acme.rst":        {Docs: 1},
		"MAINTAINERS":                       {Docs: 1},
		"tools/testing/x.c":                 {Tests: 1},
		"drivers/gpu/drm/tests/x.c":         {Tests: 1},
		"include/uapi/drm/x.h":              {UAPI: 1},
		"drivers/gpu/drm/acme/Kconfig":      {Build: 1},
		"drivers/gpu/drm/acme/Makefile":     {Build: 1},
		"drivers/gpu/drm/acme/acme_drv.c":   {Sources: 1},
		"arch/arm64/boot/dts/acme/gx2.dtsi": {Sources: 1},
	} {
		c := codeOf(t, path, "\n a\n+b\n c\n")
		if got := (Code{Docs: c.Docs, Tests: c.Tests, UAPI: c.UAPI, Build: c.Build, Sources: c.Sources}); got != want {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

func TestTruncated(t *testing.T) {
	c := codeOf(t, "drivers/a.c", "\n"+strings.Repeat("+\tkfree(a);\n", maxCodeLines+10))
	if !c.Truncated || c.Added[SignFree] != maxCodeLines || c.CommentsOnly {
		t.Errorf("%+v", c)
	}
}

// A list of the machines on which a driver loads works around nothing.
func TestLoadList(t *testing.T) {
	const table = "+static const struct dmi_system_id acme_list[] = {\n+	{ DMI_MATCH(DMI_SYS_VENDOR, \"Acme\") },\n+};\n"
	list := codeOf(t, "drivers/platform/x86/acme.c", table+"+	if (!dmi_check_system(acme_list))\n+		return -ENODEV;\n")
	if !list.LoadList || list.Net(SignQuirk) == 0 {
		t.Errorf("a list of what loads: %v, %d rows", list.LoadList, list.Net(SignQuirk))
	}
	for _, use := range []string{"+	if (dmi_check_system(acme_list))\n+		slow = true;\n", "+	if (!dmi_check_system(acme_list))\n+		return 0;\n"} {
		if quirk := codeOf(t, "drivers/platform/x86/acme.c", table+use); quirk.LoadList {
			t.Errorf("a quirk was taken for it:\n%s", use)
		}
	}
}
