package config

import (
	"fmt"
	"strings"
	"time"
)

// Digest is a mail to an owner, now and then, of what is new and needs a person.
type Digest struct {
	Name   string   `yaml:"name"`
	To     []string `yaml:"to"`
	List   string   `yaml:"list"`   // what it is about: the List-Id of a list,
	Driver string   `yaml:"driver"` // a driver, or both; neither: everything
	Every  string   `yaml:"every"`  // week, day; empty: week
	Day    string   `yaml:"day"`    // of the week; empty: monday
	Hour   int      `yaml:"hour"`   // of the day, in the zone
	Zone   string   `yaml:"zone"`   // "Europe/Berlin"; empty: UTC

	DryRun  bool `yaml:"dry_run"` // to the outbox, though smtp.send is on
	Approve bool `yaml:"approve"` // it waits for "stablebot actions approve"
}

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// Daily reports whether it is sent every day.
func (d Digest) Daily() bool { return d.Every == "day" }

// Weekday is the day of a weekly one.
func (d Digest) Weekday() time.Weekday {
	for i, name := range weekdays {
		if strings.EqualFold(name, d.Day) {
			return time.Weekday(i)
		}
	}
	return time.Monday
}

// Location is the zone, which was checked when the file was read.
func (d Digest) Location() *time.Location {
	l, err := time.LoadLocation(d.Zone)
	if err != nil {
		return time.UTC
	}
	return l
}

func (c *Config) validateDigests(v *validator) {
	names := map[string]bool{}
	for i, d := range c.Digests {
		p := fmt.Sprintf("digests[%d]", i)
		v.need(p+".name", d.Name, "a word that names it in logs and in the store")
		switch {
		case names[d.Name]:
			v.add(p+".name", "%q is the name of another digest", d.Name)
		case strings.ContainsAny(d.Name, "/: \t"):
			v.add(p+".name", "%q: no space, colon or slash in a name", d.Name)
		}
		names[d.Name] = true
		if len(d.To) == 0 {
			v.add(p+".to", "at least one address is needed; `stablebot digest` prints one without sending it")
		}
		for j, to := range d.To {
			v.address(fmt.Sprintf("%s.to[%d]", p, j), to, "the owner that it is for")
		}
		if d.Every != "" {
			v.oneOf(p+".every", d.Every, "week", "day")
		}
		if d.Day != "" {
			v.oneOf(p+".day", strings.ToLower(d.Day), weekdays...)
		}
		if d.Hour < 0 || d.Hour > 23 {
			v.add(p+".hour", "%d is no hour of a day; write 0 to 23", d.Hour)
		}
		if _, err := time.LoadLocation(d.Zone); err != nil {
			v.add(p+".zone", "%q is no time zone; write Europe/Berlin, or leave it out for UTC", d.Zone)
		}
	}
	if len(c.Digests) > 0 {
		v.address("bot.address", c.Bot.Address, "digests need a From address")
	}
}
