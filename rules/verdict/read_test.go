package verdict

import (
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// What readers of real mails called false, each kind with what is true of it.
func TestReadersKinds(t *testing.T) {
	const tags = "\n\nFixes: 0123456789ab (\"usb: acme: start\")\nSigned-off-by: Ada Example <ada@example.org>\n---\n"
	const usb = "diff --git a/drivers/usb/class/usblp.c b/drivers/usb/class/usblp.c\n--- a/drivers/usb/class/usblp.c\n+++ b/drivers/usb/class/usblp.c\n"
	const oneLine = usb + "@@ -10,3 +10,4 @@ static int acme_get(struct acme *a)\n \tint err;\n \n+\tmemset(a->device_id_string, 0, ACME_SIZE);\n \terr = acme_ask(a);\n"
	const dts = "diff --git a/arch/arm64/boot/dts/acme/board.dts b/arch/arm64/boot/dts/acme/board.dts\n--- a/arch/arm64/boot/dts/acme/board.dts\n+++ b/arch/arm64/boot/dts/acme/board.dts\n" +
		"@@ -10,3 +10,3 @@ &mmc {\n \tbus-width = <4>;\n-\tcd-gpios = <&gpio 1 0>;\n+\tcd-gpios = <&gpio 2 0>;\n \tdisable-wp;\n"
	for _, c := range []struct {
		name, subject, text string
		verdict             Verdict // "": any
		rule                string
		outcome             rules.Outcome
		says, never         string // of the reason of the rule
	}{
		{"a device tree that mends a board", "arm64: dts: acme: fix the card detect of the board", "The card is not found after boot." + tags + dts,
			"", "production-silicon", rules.Met, "the board board is in use", ""},
		{"a device tree that mends nothing", "arm64: dts: acme: align the node names", "The binding wants it so.\n\nSigned-off-by: Ada Example <ada@example.org>\n---\n" + dts,
			OutOfScope, "", "", "", ""},
		{"nothing changes, by its own word", "usb: acme: fix the revision", "The revision is 7.2.\n\nNo functional change." + tags + oneLine,
			OutOfScope, "real-bug", rules.Unmet, "changes nothing in function", ""},
		{"an ID in the title is no row", "usb: acme: fix heap leak in the device ID", "It leaks." + tags + oneLine,
			"", "device-id", rules.NotApplicable, "", "adds 1 ID"},
		{"fixed is no verb", "usb: acme: remove fixed 1 ms delay", "It takes long.\n\nSigned-off-by: Ada Example <ada@example.org>\n---\n" + oneLine,
			"", "fixes-tag", rules.NotApplicable, "", "says that it fixes"},
		{"a parameter is no hang", "usb: acme: fix the start", "Use the timeout value that the device names." + tags + oneLine,
			"", "real-bug", rules.Unknown, "", "timeout"},
		{"what is given back is not new", "usb: acme: restore what users had", "Programs fail since." + tags + usb +
			"@@ -10,3 +10,4 @@ static int acme_get(struct acme *a)\n \tint err;\n \n+#define ACME_IOCTL_GET _IOR('a', 1, int)\n \terr = acme_ask(a);\n",
			"", "no-new-uapi", rules.Met, "", "adds"},
		{"style, by its title", "usb: acme: move assignment out of condition and fix spacing", "As the kernel's style asks.\n\nSigned-off-by: Ada Example <ada@example.org>\n---\n" + usb +
			"@@ -10,4 +10,5 @@ static int acme_get(struct acme *a)\n \tint err;\n \n-\tif (err || !(a->reg = b.reg))\n+\ta->reg = b.reg;\n+\tif (err || !a->reg)\n \t\treturn err;\n",
			OutOfScope, "not-trivial", rules.Unmet, "style", ""},
		{"harmless in one case alone", "usb: acme: fix the order", "This is harmless when the device is idle. However, the next frame is lost." + tags + oneLine,
			"", "not-trivial", rules.Met, "", "harmless"},
		{"a warning of kernel-doc", "usb: acme: fix kernel-doc warnings", "Two are not described." + tags + oneLine,
			"", "reported", rules.Unmet, "kernel-doc's warning", "compiler"},
		{"a file that is no comment", "usb: acme: fix the address", "It moved." + tags +
			"diff --git a/Documentation/usb/acme.rst b/Documentation/usb/acme.rst\n--- a/Documentation/usb/acme.rst\n+++ b/Documentation/usb/acme.rst\n@@ -1,3 +1,3 @@\n one\n-two\n+three\n four\n",
			OutOfScope, "not-trivial", rules.Unmet, "only documentation changes", "comments"},
		{"a firmware file that it needs", "usb: acme: fix the start of a board", "It requires a dedicated firmware file." + tags + oneLine,
			"", "no-firmware", rules.Unknown, "needs a firmware file", ""},
		{"functions in place of one", "usb: acme: fix the lock", "It deadlocks." + tags + usb +
			"@@ -10,7 +10,12 @@ static int acme_get(struct acme *a)\n \treturn 0;\n }\n \n-static void acme_old(struct acme *a)\n+static void acme_one(struct acme *a)\n {\n+\tkfree(a->x);\n+}\n+\n+static void acme_two(struct acme *a)\n+{\n \tkfree(a);\n }\n",
			"", "no-enablement", rules.Met, "2 new functions in place of 1", ""},
		{"the type stands on a line of its own", "usb: acme: fix the lock", "It deadlocks." + tags + usb +
			"@@ -10,3 +10,8 @@ static int acme_get(struct acme *a)\n \treturn 0;\n }\n \n+static void\n+acme_put(struct acme *a)\n+{\n+\tkfree(a);\n+}\n",
			"", "no-enablement", rules.Met, "1 new function", ""},
	} {
		message, diff, _ := strings.Cut(c.text, "\n---\n")
		in, err := change.Parse(change.Input{Kind: change.Mail, Subject: "[PATCH] " + c.subject, Text: message + "\n---\n", Diff: diff,
			Author: change.ParsePerson("Ada Example <ada@example.org>")})
		if err != nil {
			t.Fatal(err)
		}
		j := Default().Change(in, nil, nil)
		if c.verdict != "" && j.Verdict != c.verdict || c.verdict == "" && j.Verdict == OutOfScope && c.rule == "production-silicon" {
			t.Errorf("%s: %s (%s), want %s", c.name, j.Verdict, j.Reason, c.verdict)
		}
		for _, f := range j.Rules {
			if f.ID != c.rule {
				continue
			}
			if f.Outcome != c.outcome || !strings.Contains(f.Reason, c.says) || c.never != "" && strings.Contains(f.Reason, c.never) {
				t.Errorf("%s: %s is %s: %s", c.name, f.ID, f.Outcome, f.Reason)
			}
		}
	}
}

// What changes comments alone is no fix for whatever hardware its title names: nobody is
// told that it has none. Code of the same file that is for no known hardware is.
func TestCommentsOfCoreCode(t *testing.T) {
	const file = "diff --git a/include/uapi/linux/acmefd.h b/include/uapi/linux/acmefd.h\n--- a/include/uapi/linux/acmefd.h\n" +
		"+++ b/include/uapi/linux/acmefd.h\n@@ -10,4 +10,5 @@ enum acme_queue {\n  * One\n  * two\n"
	for want, diff := range map[string]string{
		"not a fix: only comments differ":                                                file + "+ * The VMM has to clear OWN.\n  */\n enum x {\n",
		"it changes core code (include/uapi/linux), which is for no hardware of its own": file + "  */\n+#define ACME_OWN 2\n enum x {\n",
	} {
		in, err := change.Parse(change.Input{Kind: change.Mail, Subject: "[PATCH] acmefd/acme9-queue: clarify what OWN wants",
			Text: "It is unclear.\n\nFixes: 0123456789ab (\"acmefd: add a queue\")\nSigned-off-by: Ada Example <ada@example.org>\n---\n",
			Diff: diff, Author: change.ParsePerson("Ada Example <ada@example.org>")})
		if err != nil {
			t.Fatal(err)
		}
		if j := Default().Change(in, nil, nil); j.Verdict != OutOfScope || j.Reason != want {
			t.Errorf("%s: %q, want %q", j.Verdict, j.Reason, want)
		}
	}
}
