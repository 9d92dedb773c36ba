package silicon

import (
	"path"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// Classes of paths.
type pathClass uint8

const (
	pathCore     pathClass = iota // of the kernel
	pathHardware                  // a folder of drivers
	pathBoard                     // a device tree
	pathBinding
	pathDoc
	pathTool
	pathForeign // no path of a kernel tree
)

// folderClass of the kernel's folders that hold no code of its core.
var folderClass = map[string]pathClass{"Documentation": pathDoc, "LICENSES": pathDoc, "drivers": pathHardware, "sound": pathHardware,
	"firmware": pathHardware, "samples": pathTool, "scripts": pathTool, "tools": pathTool, "usr": pathTool}

// classOf tells by its path what a file can be.
func classOf(p string) pathClass {
	top, rest, ok := strings.Cut(p, "/")
	if !ok {
		switch {
		case p == "MAINTAINERS" || p == "CREDITS" || p == "COPYING" || p == "README":
			return pathDoc
		case topFile(p):
			return pathTool
		}
		return pathForeign
	}
	class := folderClass[top]
	switch {
	case !change.KernelFolder(p):
		return pathForeign
	case top == "Documentation" && strings.HasPrefix(rest, "devicetree/"), strings.HasPrefix(p, "include/dt-bindings/"):
		return pathBinding
	case isDeviceTree(p):
		return pathBoard
	case top == "arch":
		return archClass(rest)
	case top == "net":
		if HardwareNet(path.Dir(p)) {
			return pathHardware
		}
	case top == "include":
		return pathHardware // the table tells whose header it is; else headerOf
	}
	return class
}

func archClass(rest string) pathClass {
	_, rest, _ = strings.Cut(rest, "/")
	if strings.HasPrefix(rest, "kvm/") || strings.HasPrefix(rest, "crypto/") || strings.HasPrefix(rest, "mm/") || strings.HasPrefix(rest, "lib/") || strings.HasPrefix(rest, "net/") {
		return pathCore
	}
	return pathHardware
}

func isDeviceTree(p string) bool {
	switch path.Ext(p) {
	case ".dts", ".dtsi", ".dtso":
		return true
	}
	return strings.HasPrefix(p, "arch/") && strings.Contains(p, "/boot/dts/")
}

func boardName(p string) string {
	base := path.Base(p)
	return strings.TrimSuffix(base, path.Ext(base))
}

// topFile: a file in the root of a kernel tree.
func topFile(p string) bool {
	switch p {
	case "Makefile", "Kbuild", "Kconfig":
		return true
	}
	return strings.HasPrefix(p, ".")
}

// NoHardware says in one sentence why there is no hardware in a change, "" when
// there is some, when it is uncertain, and when its paths are not those of a
// kernel tree, so that nothing can be said.
func (c *Catalogue) NoHardware(ch *change.Change) string {
	if len(ch.Files) == 0 || len(c.Match(ch)) > 0 {
		return ""
	}
	return c.noHardware(ch)
}

// NoPath is what is said where neither hardware nor its absence can be told.
const NoPath = "its paths are not those of a kernel tree; which driver they belong to is not known"

// Foreign names the project that a posted patch is for when that is not the kernel,
// "" for the kernel and where nothing tells: a name that drivers of the kernel give
// their files (main.c) is as well that of a driver whose tree has it at the root.
func (c *Catalogue) Foreign(ch *change.Change) string {
	if ch.Kind != change.Mail {
		return ""
	}
	n := ch.Neighbour()
	if n == change.OtherProject && c.table != nil && c.table.sharesName(ch) {
		return ""
	}
	return n
}

// sharesName: each file of code has a name that some driver's file has, in a folder
// that an out-of-tree driver keeps its sources in.
func (t *DriverTable) sharesName(ch *change.Change) bool {
	at, code := t.sourcesOnce(), false
	for _, f := range ch.Named().Files {
		p := f.NewName
		if p == "" {
			p = f.OldName
		}
		dir, base := path.Split(p)
		if ext := path.Ext(base); ext != ".c" && ext != ".h" {
			continue
		}
		if !slices.Contains(sourceFolders, strings.TrimSuffix(dir, "/")) || len(at.claims(base)) == 0 {
			return false
		}
		code = true
	}
	return code
}

func (c *Catalogue) noHardware(ch *change.Change) string {
	if n := c.Foreign(ch); n != "" {
		return "no kernel patch: it is for " + n
	}
	reason, rank := "", -1
	for _, f := range ch.Files {
		p := f.NewName
		if p == "" || f.IsDelete {
			p = f.OldName
		}
		why, r := c.whyNone(p)
		if why == "" {
			return ""
		}
		if r > rank { // code says more than documentation beside it
			reason, rank = why, r
		}
	}
	return reason
}

// whyNone says why a file is no hardware's, and how much that says of a change.
func (c *Catalogue) whyNone(p string) (string, int) {
	switch classOf(p) {
	case pathForeign:
		return "", 0
	case pathDoc:
		return "it changes documentation", 0
	case pathTool:
		top, _, ok := strings.Cut(p, "/")
		if !ok {
			return "it changes how the kernel is built (" + p + ")", 1
		}
		return "it changes " + toolKind[top] + " (" + path.Dir(p) + ")", 1
	case pathBinding:
		return "it changes device-tree bindings, which describe hardware and run nowhere", 1
	}
	if c.table != nil {
		for _, d := range c.table.Of(p) {
			switch d.Role {
			case Software:
				return d.Name + " (" + d.Folder + ") is a device in software: it has no table of devices on a hardware bus and makes its own by " + d.Makes + "()", 3
			case Core:
				return d.Name + " (" + d.Folder + ") serves the kernel, and no driver of hardware is in its folders", 2
			}
		}
	}
	return "it changes core code (" + path.Dir(p) + "), which is for no hardware of its own", 2
}

var toolKind = map[string]string{"tools": "a userspace tool or test", "samples": "a sample", "scripts": "a script of the build", "usr": "the build of the initramfs"}

// Folders are the folders and files of the drivers of some chips.
func (c *Catalogue) Folders(chips []Entry) []string {
	var out []string
	for _, e := range c.entries {
		for _, chip := range chips {
			if e.Kind != KindDriver || !slices.Contains(chip.Drivers, e.Name) {
				continue
			}
			for _, p := range e.Patterns {
				if p.How == "path" && strings.HasPrefix(p.What, "drivers/") {
					out = append(out, p.What)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
