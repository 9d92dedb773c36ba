package change

import (
	"slices"
	"strings"
	"testing"
)

// namesIn are the names of a patch with these lines of a diff of old.c.
func namesIn(t *testing.T, title, lines string) *Names {
	t.Helper()
	if !strings.HasPrefix(lines, "diff ") {
		add, del := strings.Count("\n"+lines, "\n+"), strings.Count("\n"+lines, "\n-")
		all := strings.Count(lines, "\n")
		lines = "diff --git a/old.c b/old.c\n--- a/old.c\n+++ b/old.c\n@@ -1," + itoa(all-add) + " +1," + itoa(all-del) + " @@\n" + lines
	}
	c, err := Parse(Input{Kind: Mail, Subject: title, Text: "x\n\n---\n" + lines})
	if err != nil || len(c.Files) == 0 {
		t.Fatalf("%s: %v", title, err)
	}
	n := c.Names(true)
	n.Adds = strings.Contains(title, "add ")
	return n
}

func itoa(n int) string {
	const digits = "0123456789"
	if n < 10 {
		return digits[n : n+1]
	}
	return itoa(n/10) + digits[n%10:n%10+1]
}

// A posting brings a part where a patch says that it adds support for it and adds the lines,
// and nothing that was there names the part.
func TestBrings(t *testing.T) {
	adds := namesIn(t, "acme: add AC7927 chip helpers", " int a;\n+static int is_ac7927(void)\n+{\n+return 1;\n+}\n")
	later := namesIn(t, "acme: fix a hang on AC7927", " static int is_ac7927(void)\n+\tstop();\n")
	for name, tt := range map[string]struct {
		posting []*Names
		want    bool
	}{
		"added":                     {[]*Names{adds, later}, true},
		"a mail that was not read":  {[]*Names{nil, adds, later}, true},
		"a context has it":          {[]*Names{namesIn(t, "acme: add AC7927 clocks", " int ac7927_x;\n+int ac7927_y;\n+int b;\n+int c;\n+int d;\n"), later}, false},
		"a line that goes has it":   {[]*Names{namesIn(t, "acme: add AC7927 clocks", "-int ac7927_x;\n+int ac7927_y;\n"), later}, false},
		"another file has it":       {[]*Names{adds, namesIn(t, "acme: fix AC7927", " int ac7927_pll;\n+int b;\n")}, false},
		"a file is called so":       {[]*Names{adds, namesIn(t, "acme: fix it", "diff --git a/ac7927.c b/ac7927.c\n--- a/ac7927.c\n+++ b/ac7927.c\n@@ -1,1 +1,2 @@\n a\n+b\n")}, false},
		"the title does not say it": {[]*Names{namesIn(t, "acme: add helpers", " int a;\n+static int is_ac7927(void)\n+{\n+return 1;\n+}\n"), later}, false},
		"the title adds nothing":    {[]*Names{namesIn(t, "acme: fix AC7927", " int a;\n+static int is_ac7927(void)\n+{\n+return 1;\n+}\n"), later}, false},
		"the lines do not have it":  {[]*Names{namesIn(t, "acme: add AC7927", " int a;\n+int b;\n+int c;\n+int d;\n+int e;\n"), later}, false},
		"a file that it made is called so": {[]*Names{namesIn(t, "acme: add AC7927", "diff --git a/ac7927.c b/ac7927.c\nnew file mode 100644\n--- /dev/null\n+++ b/ac7927.c\n@@ -0,0 +1,4 @@\n+b\n+c\n+d\n+e\n"),
			namesIn(t, "acme: fix it", "diff --git a/ac7927.c b/ac7927.c\n--- a/ac7927.c\n+++ b/ac7927.c\n@@ -1,1 +1,2 @@\n a\n+b\n")}, true},
		"a line that may be an ID":    {[]*Names{namesIn(t, "acme: add AC7927", " int a;\n+{ ACME(0x7927) }, /* AC7927 */\n"), later}, false},
		"found before it was brought": {[]*Names{later, adds}, false},
	} {
		_, got := Brings(tt.posting)["ac7927"]
		if got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	adds.Released = []string{"ac7927"}
	if b := Brings([]*Names{adds, later}); len(b) != 0 {
		t.Errorf("a release has it: %v", b)
	}
}

func TestEachPart(t *testing.T) {
	var got []string
	eachPart("wifi: mt76: MT7927, is_mt7925_hw qcom,sc8280xp-dp 0x7927 320MHz WiFi7 u32 "+strings.Repeat("ab12", 9), func(w string) { got = append(got, w) })
	if want := []string{"mt76", "mt7927", "mt7925", "sc8280xp"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
