package live

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/silicon"
)

// indexedFolders are those in which prerequisites are looked for: where the drivers
// of the catalogue are with the frameworks that they stand on, and the headers. The
// commits of a kernel that touch them are a quarter of all.
func indexedFolders() []string {
	out := []string{"include"}
	for _, path := range silicon.Default().Folders(silicon.Default().Entries()) {
		at := strings.Split(strings.Trim(path, "/"), "/")
		out = append(out, strings.Join(at[:min(len(at), 3)], "/"))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// outsideFolders is an error for a change of other folders: whether it needs
// something first was not looked at.
func outsideFolders(c *change.Change) error {
	folders := indexedFolders()
	for _, f := range c.Files {
		for _, folder := range folders {
			if strings.HasPrefix(f.NewName, folder+"/") || strings.HasPrefix(f.OldName, folder+"/") {
				return nil
			}
		}
	}
	return fmt.Errorf("prerequisites are looked for in %s only", strings.Join(folders, ", "))
}
