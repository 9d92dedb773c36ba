package git

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// What callers branch on. Each is wrapped in an *Error that says what was being
// done, on which repository, and what the user can do.
var (
	ErrNoGit         = errors.New("the git program was not found")
	ErrTooOld        = errors.New("git is too old")
	ErrNotFound      = errors.New("no such folder")
	ErrNotRepository = errors.New("not a git repository")
	ErrOwner         = errors.New("the repository belongs to another user")
	ErrNoRevision    = errors.New("no such revision")
	ErrMissing       = errors.New("object is missing")
	ErrCorrupt       = errors.New("object is corrupt")
	ErrRemote        = errors.New("the remote cannot be read")
	ErrTooMuch       = errors.New("more than is read")
)

// Error is a failed git command, or a failed look at a repository.
type Error struct {
	Doing  string   // "listing commits"
	Repo   string   // path or URL
	Args   []string // of git, without the options that every command gets; may be nil
	Stderr string   // what git said, its last 8 KiB, unedited
	Advice string   // what the user can do, "" when nothing is known
	Err    error    // a sentinel of this package, a context's error, or the exit status
}

// Error is one line: git's own words stay in Stderr, apart from the one line
// that says why it gave up.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s: %v", e.Doing, e.Repo, e.Err)
	if f := fatalLine(e.Stderr); f != "" {
		fmt.Fprintf(&b, " (git: %s)", f)
	}
	if e.Advice != "" {
		b.WriteString("; ")
		b.WriteString(e.Advice)
	}
	return Redact(b.String())
}

var (
	inAddress = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)([^/\s@'"]+)@`)
	// A password with a slash in it that nobody escaped: what stands behind the colon
	// is no port, or one as far as anybody can tell.
	unescaped = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)[^/\s@'":]+:[^\s@'"…][^\s@'"]*@`)
	inQuery   = regexp.MustCompile(`(?i)([?&](?:[a-z_]*token|password|secret|key|auth)=)[^&\s'"]+`)
)

// Redact takes passwords and tokens out of the addresses in a text. Every address
// that becomes text goes through it. The name that ssh logs in with is none.
func Redact(text string) string {
	text = inAddress.ReplaceAllStringFunc(text, func(m string) string {
		scheme, who, _ := strings.Cut(strings.TrimSuffix(m, "@"), "://")
		if name, _, secret := strings.Cut(who, ":"); strings.HasSuffix(scheme, "ssh") {
			if secret {
				return scheme + "://" + name + ":…@"
			}
			return m
		}
		return scheme + "://…@"
	})
	text = unescaped.ReplaceAllString(text, "${1}…@")
	return inQuery.ReplaceAllString(text, "${1}…")
}

func (e *Error) Unwrap() error { return e.Err }

// fatalLine is the last line in which git says why it gave up. Git may be told
// by the other end of a connection first, so the last one is the nearest.
func fatalLine(stderr string) string {
	found := ""
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "fatal: "); ok {
			found = rest
		} else if rest, ok := strings.CutPrefix(line, "error: "); ok && found == "" {
			found = rest
		}
	}
	if len(found) > 300 {
		found = found[:300] + "…"
	}
	return found
}

// signs are what git writes in the C locale, with what it means. The order
// matters: a corrupt object is also reported as one that cannot be read, and a
// remote that refuses is also "not a repository" to the local end.
var signs = []struct {
	text, advice string
	err          error
}{
	{"detected dubious ownership", "trust it with: git config --global --add safe.directory PATH", ErrOwner},
	{"unsafe repository", "trust it with: git config --global --add safe.directory PATH", ErrOwner},
	{"Could not read from remote repository", "check the address and the access rights", ErrRemote},
	{"does not appear to be a git repository", "check the address", ErrRemote},
	{"Could not resolve host", "check the address and the network", ErrRemote},
	{"unable to access '", "check the address and the network", ErrRemote},
	{"unable to connect to", "check the address and the network", ErrRemote},
	{"could not read Username", "git asked for a password: configure a credential helper or use a public address", ErrRemote},
	{"the remote end hung up", "", ErrRemote},
	{"transport '", "only file, git, http, https and ssh addresses are fetched", ErrRemote},
	{"not a git repository", "give the path of a repository, or of a bare repository", ErrNotRepository},
	{"is corrupt", "run git fsck there, and fetch the object anew", ErrCorrupt},
	{"inflate: data stream error", "run git fsck there, and fetch the object anew", ErrCorrupt},
	{"hash mismatch", "run git fsck there, and fetch the object anew", ErrCorrupt},
	{"unable to unpack", "run git fsck there, and fetch the object anew", ErrCorrupt},
	{"could not fetch ", "the repository is a partial clone: use a full one", ErrMissing},
	{"unable to read ", "the repository is incomplete: use a full clone", ErrMissing},
	{"missing blob object", "the repository is incomplete: use a full clone", ErrMissing},
	{"Could not read ", "the repository is incomplete: use a full clone", ErrMissing},
	{"Failed to traverse parents", "the repository is incomplete: use a full clone", ErrMissing},
	{"missing tree object", "the repository is incomplete: use a full clone", ErrMissing},
	{"unable to parse commit", "the repository is incomplete: use a full clone", ErrMissing},
	{"bad object", "", ErrNoRevision},
	{"bad revision", "", ErrNoRevision},
	{"unknown revision", "", ErrNoRevision},
	{"ambiguous argument", "", ErrNoRevision},
	{"Needed a single revision", "", ErrNoRevision},
	{"Invalid revision range", "", ErrNoRevision},
}

// classify says what git's words mean; err stays when they say nothing known.
func classify(stderr string, err error) (advice string, meaning error) {
	for _, s := range signs {
		if strings.Contains(stderr, s.text) {
			return s.advice, s.err
		}
	}
	return "", err
}
