package trees

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/stablebot/stablebot/rules/release"
)

// Lifetimes says which stable branches are alive, and when the others ended.
type Lifetimes struct {
	// Ended has the days; a branch takes nothing from its day on.
	Ended map[string]time.Time
	// Latest is the last release of each branch that is named: "6.6" → "6.6.30".
	Latest map[string]string
	// Whole: every branch that is alive is named, so one that is not, and is no
	// newer than those that are, ended with its last commit.
	Whole bool
}

// maxLifetimes bounds a file of lifetimes: kernel.org's has 5 KB.
const maxLifetimes = 4 << 20

// ReadLifetimes reads kernel.org's releases.json, or a list with a line for each
// branch that ended: "5.4 2025-12-31"; # begins a comment.
func ReadLifetimes(r io.Reader) (*Lifetimes, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxLifetimes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxLifetimes {
		return nil, fmt.Errorf("more than %d MB: is this a releases.json?", maxLifetimes>>20)
	}
	if b := bytes.TrimSpace(data); len(b) > 0 && b[0] == '{' {
		return readReleases(b)
	}
	l := &Lifetimes{Ended: map[string]time.Time{}, Latest: map[string]string{}}
	in := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; in.Scan(); n++ {
		line, _, _ := strings.Cut(in.Text(), "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		name := versionIn(f[0])
		if name == "" || len(f) != 2 {
			return nil, fmt.Errorf("line %d: %q is no branch with a day; write 5.4 2025-12-31", n, in.Text())
		}
		day, err := time.Parse(time.DateOnly, f[1])
		if err != nil {
			return nil, fmt.Errorf("line %d: %q is no day; write 5.4 2025-12-31", n, f[1])
		}
		l.Ended[name] = day
	}
	return l, in.Err()
}

// readReleases reads what https://www.kernel.org/releases.json has.
func readReleases(data []byte) (*Lifetimes, error) {
	var file struct {
		Releases []struct {
			Moniker, Version string
			EOL              bool `json:"iseol"`
			Released         struct {
				Day string `json:"isodate"`
			}
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("as a releases.json: %w", err)
	}
	l := &Lifetimes{Ended: map[string]time.Time{}, Latest: map[string]string{}, Whole: true}
	for _, r := range file.Releases {
		name := versionIn(r.Version)
		if name == "" || r.Moniker != "stable" && r.Moniker != "longterm" {
			continue // mainline and linux-next are no stable branches
		}
		l.Latest[name] = r.Version
		if !r.EOL {
			continue
		}
		day, err := time.Parse(time.DateOnly, r.Released.Day)
		if err != nil {
			return nil, fmt.Errorf("as a releases.json: %s ended, and its last release has no day but %q", r.Version, r.Released.Day)
		}
		l.Ended[name] = day
	}
	if len(l.Latest) == 0 {
		return nil, errors.New("as a releases.json: it names no stable and no longterm release")
	}
	return l, nil
}

// end says whether a branch ended, and when; last is the day of its last commit.
func (l *Lifetimes) end(name string, last time.Time) (time.Time, bool) {
	if l == nil {
		return time.Time{}, false
	}
	if day, ok := l.Ended[name]; ok {
		return day, true
	}
	if !l.Whole || l.Latest[name] != "" || !release.Is(name) {
		return time.Time{}, false
	}
	for other := range l.Latest {
		if release.Newer(other, name) {
			return last, true
		}
	}
	return time.Time{}, false
}
