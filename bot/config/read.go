package config

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/stablebot/stablebot/bot/internal/strictyaml"
)

// maxFile is how many bytes of a configuration are read.
const maxFile = 128 << 10

// Read reads and checks a file. A relative state folder is one beside the file, from
// whatever folder the program is called.
func Read(file string) (*Config, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w; `stablebot init` writes a starter", err)
	}
	c, err := Parse(file, b)
	if err == nil {
		c.File = file
	}
	if err == nil && !filepath.IsAbs(c.State) {
		c.State = filepath.Join(filepath.Dir(file), c.State)
	}
	return c, err
}

// Parse checks b over Default. The error is a *strictyaml.Error with all problems.
func Parse(file string, b []byte) (*Config, error) {
	c := Default()
	if err := strictyaml.Read(file, b, maxFile, &c, c.validate); err != nil {
		return nil, err
	}
	return &c, nil
}
