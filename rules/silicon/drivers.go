package silicon

import (
	_ "embed"
	"strings"
	"sync"
)

// Role says what a module is to the hardware of its users.
type Role string

// The roles of a driver.
const (
	Hardware Role = "hardware" // drives devices of a bus, or registers without one
	Library  Role = "library"  // serves the drivers of a subsystem that drives hardware
	Software Role = "software" // makes devices of its own and drives none
	Core     Role = "core"     // serves the kernel
)

// Driver is one module, or one object that is always built, of a kernel tree.
type Driver struct {
	Name   string `json:"name"`   // of the module, as its Makefile writes it
	Folder string `json:"folder"` // of that Makefile, or the top folder that holds this driver alone
	Role   Role   `json:"role"`
	// Files are its sources and the headers that nobody else includes. A folder
	// ends in a slash and holds this driver alone.
	Files       []string `json:"files"`
	Symbol      string   `json:"symbol,omitempty"` // of Kconfig, without CONFIG_
	Buses       []string `json:"buses,omitempty"`  // with a table of devices
	NoTable     []string `json:"no_table,omitempty"`
	Makes       string   `json:"makes,omitempty"`       // of Software: the call that makes its device
	Maintainers string   `json:"maintainers,omitempty"` // title of its MAINTAINERS entry
	// Since is the first release with it, when the release before it was read
	// too. Else After and By bound it: After lacks it, By has it. All are empty
	// for what the oldest release that was read has already.
	Since string `json:"since,omitempty"`
	After string `json:"after,omitempty"`
	By    string `json:"by,omitempty"`
	// Until is the newest release that has it, when a newer one that was read has not.
	Until string `json:"until,omitempty"`
}

// ID is one device ID and the drivers whose tables have it.
type ID struct {
	Bus, ID string
	Drivers []int // indices
}

// DriverTable answers which driver a file belongs to. It is the text that
// EncodeDrivers writes, and is searched where it stands: nothing of it is
// copied at start but where its folders begin. It is immutable.
type DriverTable struct {
	text     string
	releases []string
	titles   []string
	folders  map[string]section
	subs     map[string]subsystem
	rows     []rowAt                  // in the order of the text, but for those that begin with "@"
	ids      func() map[string]string // bus → lines, sorted

	socOnce sync.Once
	socs    map[string]string // see soc

	familyOnce sync.Once
	families   map[string]string // see family

	indexOnce sync.Once
	index     sourceIndex // see sources

	once  sync.Once
	moved map[string][]rowAt // file name → rows of folders that several drivers share
	named map[string][]rowAt // Kconfig symbol → rows
}

// section is the part of the text with a folder's rows, and the maintainer of most.
type section struct{ from, to, title int32 }

// rowAt is a row and the folder that it stands in.
type rowAt struct {
	folder string
	at     int32
}

//go:embed drivers.txt
var driversText string

//go:embed ids.txt.gz
var idsText string

var builtinDrivers = sync.OnceValue(func() *DriverTable {
	t, err := LoadDrivers(driversText, func() (string, error) { return Unzip(idsText) })
	if err != nil {
		panic("silicon: the built-in table of drivers is broken: " + err.Error()) // held by a test
	}
	return t
})

// Releases are those that the table was made of, oldest first.
func (t *DriverTable) Releases() []string { return t.releases }

// Newest is the newest of them, "" without any.
func (t *DriverTable) Newest() string {
	if len(t.releases) == 0 {
		return ""
	}
	return t.releases[len(t.releases)-1]
}

// All yields every driver in the order of the table.
func (t *DriverTable) All(yield func(Driver) bool) {
	for _, r := range t.rows {
		if !yield(t.rowOf(r)) {
			return
		}
	}
}

// Len is the number of drivers.
func (t *DriverTable) Len() int { return len(t.rows) }

// Reason says in a phrase why a driver counts as hardware, or what else it is.
func (d *Driver) Reason() string {
	switch {
	case d.Role == Library:
		return "library of the drivers of " + Subsystem(d.Folder)
	case d.Role == Software:
		return "makes its device in software"
	case d.Role == Core:
		return "serves the kernel, not hardware"
	case len(d.Buses) > 0:
		return "has a table of " + busNames(d.Buses) + " devices"
	case len(d.NoTable) == 1 && d.NoTable[0] == "io":
		return "talks to registers or firmware of the machine"
	case len(d.NoTable) > 0:
		return "registers a driver of the " + strings.Join(d.NoTable, ", ") + " bus"
	}
	return "drives hardware"
}

// busName is what people call a bus; the table has the words of the kernel's headers.
var busName = map[string]string{"pci": "PCI", "usb": "USB", "of": "device-tree", "acpi": "ACPI", "sdio": "SDIO", "hda": "HDA", "hid": "HID", "spi": "SPI", "i2c": "I²C",
	"dmi": "DMI", "pnp": "PNP", "mdio": "MDIO", "wmi": "WMI", "pcmcia": "PCMCIA", "ssb": "SSB", "bcma": "BCMA"}

func busNames(buses []string) string {
	out := make([]string, len(buses))
	for i, b := range buses {
		if out[i] = busName[strings.TrimSpace(b)]; out[i] == "" {
			out[i] = strings.TrimSpace(b)
		}
	}
	return strings.Join(out, ", ")
}
