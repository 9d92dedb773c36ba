package missing

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/stablebot/stablebot/bot/flow"
)

// File is the memory of who has no store: a file with a line of JSON for each standing.
// Lines are only added.
type File string

var _ flow.Standings = File("")

// maxLine bounds a line of it.
const maxLine = 1 << 20

// Standings implements flow.Standings. A last line that was not written to its end, as
// after a crash, is none.
func (f File) Standings(_ context.Context, branch string) (out []flow.Standing, err error) {
	in, err := os.Open(string(f))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what is known of %s: %w", branch, err)
	}
	defer func() { _ = in.Close() }()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	var broken error
	for n := 1; lines.Scan(); n++ {
		if broken != nil {
			return nil, broken // it was not the last one
		}
		var s flow.Standing
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			broken = fmt.Errorf("%s, line %d: %w; remove the line", f, n, err)
			continue
		}
		if branch == "" || s.Branch == branch {
			out = append(out, s)
		}
	}
	return out, lines.Err()
}

// Stand implements flow.Standings.
func (f File) Stand(_ context.Context, some []flow.Standing) error {
	if len(some) == 0 {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(string(f)), 0o755); err != nil {
		return fmt.Errorf("keeping what is known of the branches: %w", err)
	}
	var text []byte
	for _, s := range some {
		line, err := json.Marshal(s)
		if err != nil {
			return err
		}
		text = append(append(text, line...), '\n')
	}
	out, err := os.OpenFile(string(f), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return fmt.Errorf("keeping what is known of the branches: %w", err)
	}
	end, err := wholeLines(out)
	if err == nil {
		err = out.Truncate(end)
	}
	if err == nil {
		_, err = out.WriteAt(text, end)
	}
	return errors.Join(err, out.Close())
}

// wholeLines is where the last whole line of a file ends.
func wholeLines(f *os.File) (int64, error) {
	at, err := f.Stat()
	if err != nil {
		return 0, err
	}
	tail := make([]byte, min(at.Size(), maxLine))
	from := at.Size() - int64(len(tail))
	if _, err := f.ReadAt(tail, from); err != nil {
		return 0, err
	}
	return from + int64(bytes.LastIndexByte(tail, '\n')+1), nil
}
