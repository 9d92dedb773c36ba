package signs

import "testing"

func TestOnlyQualifiers(t *testing.T) {
	for _, tt := range []struct {
		name, hunk string
		want       bool
	}{
		{"const", "\n-static struct acme_reg regs[] = {\n+static const struct acme_reg regs[] = {\n b\n", true},
		{"static of a function", "\n-void acme_reset(struct acme *a)\n+static void acme_reset(struct acme *a)\n {\n", true},
		{"static within a function", "\n a;\n-\tstatic u8 edid[256];\n+\tu8 edid[256];\n b;\n", false},
		{"a type as well", "\n-static int regs[] = {\n+static const u32 regs[] = {\n b\n", false},
		{"moved behind a check", "\n-\tconst int x = p->x;\n+\tint x;\n \tif (!p)\n \t\treturn;\n+\tx = p->x;\n b;\n", false},
		{"a line that moved", "\n-\tx = p->x;\n \tif (!p)\n \t\treturn;\n+\tx = p->x;\n b;\n", false},
		{"only added", "\n a;\n+\tconst int x = 1;\n b;\n", false},
	} {
		if got := OnlyQualifiers(hunkOf(t, "drivers/a.c", tt.hunk).Files); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
