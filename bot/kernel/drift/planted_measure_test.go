//go:build measure

package drift

import (
	"bufio"
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// planted is a change of an interface.
type planted struct{ how, name, file, line string }

// TestPlanted plants 60 changes in a copy of a kernel's headers, in what a driver uses,
// has the compiler build the driver with them, and says how much of what it complains of
// was told before. What is planted is chosen by chance among what ctags finds, not by what
// this package reads:
//
//	STABLEBOT_DRIVER=rtw88 STABLEBOT_HEADERS=6.1.0-57 go test -tags measure -v -timeout 60m -run TestPlanted ./bot/kernel/drift
//
// The headers are Debian's, /usr/src/linux-headers-6.1.0-57-common and -amd64.
func TestPlanted(t *testing.T) {
	driver, version := os.Getenv("STABLEBOT_DRIVER"), os.Getenv("STABLEBOT_HEADERS")
	if driver == "" || version == "" {
		t.Skip("STABLEBOT_DRIVER names a driver's source, STABLEBOT_HEADERS a version of Debian's headers")
	}
	old, changed := filepath.Join(t.TempDir(), "old"), filepath.Join(t.TempDir(), "new")
	sh(t, `cp -a /usr/src/linux-headers-$1-common "$2" && rm "$2/scripts" "$2/tools" && cp -a /usr/src/linux-headers-$1-amd64/include /usr/src/linux-headers-$1-amd64/arch /usr/src/linux-headers-$1-amd64/.config \
		/usr/src/linux-headers-$1-amd64/.kernelvariables /usr/src/linux-headers-$1-amd64/Module.symvers "$2/" &&
		for d in scripts tools; do ln -s "$(readlink -f /usr/src/linux-headers-$1-amd64/$d)" "$2/$d"; done && cp -a "$2" "$3"`, version, old, changed)
	plants := choose(t, old, driver)
	if len(plants) != 60 {
		t.Fatalf("%d changes, want 60", len(plants))
	}
	plant(t, changed, plants)
	began := time.Now()
	r := compare(t, Folder(driver), Folder(old), Folder(changed))
	took := time.Since(began)
	complaints := build(t, changed, driver)
	var complained, told, quiet int
	for _, p := range plants {
		name := regexp.MustCompile(`(^|[^A-Za-z0-9_])` + regexp.QuoteMeta(p.name) + `([^A-Za-z0-9_]|$)`)
		loud := slices.ContainsFunc(complaints, name.MatchString)
		row := slices.ContainsFunc(r.Rows, func(x Row) bool { return name.MatchString(x.Name) })
		switch {
		case loud && row:
			complained++
			told++
		case loud:
			complained++
			t.Logf("not told: %s %s of %s", p.how, p.name, p.file)
		case !row:
			quiet++
			t.Logf("neither told nor complained of: %s %s of %s", p.how, p.name, p.file)
		}
	}
	false := 0
	for _, x := range r.Rows {
		if !slices.ContainsFunc(plants, func(p planted) bool { return strings.Contains(x.Name, p.name) || strings.Contains(x.Was, p.name) }) {
			false++
			t.Logf("told, and not planted: %s %s: %s (%s)", x.Kind, x.Name, x.Change, x.From)
		}
	}
	t.Logf("of %d planted changes the compiler complains of %d, %d of them told before (%.1f %%); %d neither; %d rows told, %d of them not planted; %.1f s",
		len(plants), complained, told, 100*float64(told)/float64(max(complained, 1)), quiet, len(r.Rows), false, took.Seconds())
	if complained < 30 || told*100 < complained*95 {
		t.Errorf("%d of %d told", told, complained)
	}
}

func sh(t *testing.T, script string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "bash", append([]string{"-c", script, "bash"}, args...)...).Output()
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return string(out)
}

// choose takes by chance from what ctags finds once, and the driver uses.
func choose(t *testing.T, kernel, driver string) (out []planted) {
	t.Helper()
	source := sh(t, `cat "$1"/*.c "$1"/*.h`, driver)
	used := map[string]bool{}
	for _, w := range regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]{4,}`).FindAllString(source, -1) {
		used[w] = true
	}
	tags := func(dir string) (rows [][]string, seen map[string]int) {
		seen = map[string]int{}
		text := sh(t, `cd "$1" && find . -name '*.[hc]' | sed 's:^./::' | grep -E '^(include/(linux|net|uapi/linux)/|[^/]*$)' | LC_ALL=C sort | ctags -L - -f - --c-kinds=+p --excmd=number -x`, dir)
		lines := bufio.NewScanner(strings.NewReader(text))
		for lines.Scan() {
			if f := strings.Fields(lines.Text()); len(f) > 3 {
				rows = append(rows, []string{f[0], f[1], f[2], f[3], strings.Join(f[4:], " ")})
				seen[f[0]]++
			}
		}
		return rows, seen
	}
	_, own := tags(driver)
	rows, seen := tags(kernel)
	want := map[string]int{"prototype": 14, "function": 8, "macro": 9, "enumerator": 10, "member": 15, "struct": 4}
	chance := rand.New(rand.NewPCG(6, 1))
	chance.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	for _, r := range rows {
		name, kind := r[0], r[1]
		if want[kind] == 0 || seen[name] != 1 || own[name] > 0 || !used[name] || kind == "member" && !regexp.MustCompile(`(->|\.)`+name+`\b`).MatchString(source) {
			continue
		}
		how := "gone"
		if kind == "prototype" && want[kind]%2 == 0 && !strings.Contains(r[4], "...") && strings.HasSuffix(r[4], ";") {
			how = "argument more"
		}
		if kind == "member" && want[kind]%3 == 0 && strings.HasSuffix(r[4], ";") {
			how = "moved"
		}
		want[kind]--
		out = append(out, planted{how, name, r[3], r[2]})
	}
	return out
}

// plant changes the headers, so that they still fit each other.
func plant(t *testing.T, kernel string, plants []planted) {
	t.Helper()
	for _, p := range plants {
		file := filepath.Join(kernel, p.file)
		switch p.how {
		case "argument more":
			sh(t, `perl -pi -e 's/\b'"$1"'\((?!void)/'"$1"'(int planted, /' "$2"`, p.name, file)
		case "moved":
			sh(t, `perl -pi -e 's/^(\s+)(.*\b'"$1"'\b.*;)/${1}struct { ${2} } planted_'"$1"';/ if $. == '"$3" "$2"`, p.name, file, p.line)
		default:
			sh(t, `grep -rlw -- "$1" "$2/include" "$2/arch/x86/include" | xargs -r perl -pi -e 's/\b'"$1"'\b/'"$1"'_planted/g unless /^\s*#\s*include/'`, p.name, kernel)
		}
	}
}

// build are the complaints of the compiler about a driver.
func build(t *testing.T, kernel, driver string) (out []string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "driver")
	sh(t, `cp -a "$1" "$2"`, driver, dir)
	cmd := exec.CommandContext(t.Context(), "make", "-k", "-C", kernel, "M="+dir, "KCFLAGS=-fsyntax-only", "modules")
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	_ = cmd.Run() // it has to fail
	for line := range strings.Lines(text.String()) {
		if strings.Contains(line, "error:") || strings.Contains(line, "warning:") {
			out = append(out, line)
		}
	}
	if len(out) == 0 {
		t.Fatalf("nothing is complained of:\n%s", text.String())
	}
	t.Logf("%d complaints, the first: %s", len(out), strings.Join(out[:min(8, len(out))], ""))
	return out
}
