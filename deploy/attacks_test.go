package deploy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	quoted   = regexp.MustCompile("`([^`]+)`")
	testName = regexp.MustCompile(`^Test[A-Z]\w*$`)
)

// TestAttacks: what ATTACKS.md says holds an attack is there.
func TestAttacks(t *testing.T) {
	page, err := os.ReadFile("ATTACKS.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{} // of each package, the text of its test files
	rows, numbered := 0, 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|--") || strings.Contains(cells[len(cells)-1], "held by") {
			continue
		}
		rows++
		if len(cells) == 3 {
			numbered++
		}
		folder, found := "", 0
		for _, m := range quoted.FindAllStringSubmatch(cells[len(cells)-1], -1) {
			if !testName.MatchString(m[1]) {
				folder = m[1]
				if _, ok := tests[folder]; !ok {
					tests[folder] = textOfTests(t, folder)
				}
				continue
			}
			if found++; !strings.Contains(tests[folder], "\nfunc "+m[1]+"(t *testing.T) {") {
				t.Errorf("%s has no %s, which is to hold%s", folder, m[1], cells[len(cells)-2])
			}
		}
		if found == 0 {
			t.Errorf("no test holds%s", cells[len(cells)-2])
		}
	}
	if numbered != 14 || rows < 30 {
		t.Errorf("%d rows were read, %d of them with numbers: the page has another form", rows, numbered)
	}
}

func textOfTests(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no tests: %v", folder, err)
	}
	var all strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}
