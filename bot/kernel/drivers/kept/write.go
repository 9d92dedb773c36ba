package kept

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/drivers"
)

// Write writes a table into a folder, and returns the sizes of its files.
func Write(table *drivers.Table, out string) (rows, ids int, err error) {
	text, idText := table.Encode("Which driver each file of the kernel belongs to. Made by `stablebot silicon refresh`; drivers.go tells the form.")
	packed, err := pack(idText)
	if err != nil {
		return 0, 0, err
	}
	err = errors.Join(os.WriteFile(filepath.Join(out, "drivers.txt"), []byte(text), 0o644), //nolint:gosec // data for everybody
		os.WriteFile(filepath.Join(out, "ids.txt.gz"), packed, 0o644)) //nolint:gosec // as above
	if err != nil {
		return 0, 0, fmt.Errorf("writing the table: %w", err)
	}
	return len(text), len(packed), nil
}

// ReadTree reads a folder, or a revision of a repository.
func ReadTree(ctx context.Context, name string) (*drivers.Tree, error) {
	path, rev, ok := strings.Cut(name, "@")
	if !ok {
		if _, err := os.Stat(filepath.Join(path, "MAINTAINERS")); err == nil {
			return drivers.Folder(path)
		}
		rev = "HEAD"
	}
	repo, err := git.Open(ctx, path, git.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { _ = repo.Close() }()
	return drivers.Revision(ctx, repo, rev)
}

// pack makes the same bytes of the same text: no time stands in them.
func pack(text string) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err = io.WriteString(z, text); err == nil {
		err = z.Close()
	}
	return b.Bytes(), err
}
