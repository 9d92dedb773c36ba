package workflow

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/stablebot/stablebot/rules"
)

// What of SARIF 2.1.0 GitHub's code scanning reads.
type (
	sarif struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
		Help  sarifText `json:"help"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		Rule      string          `json:"ruleId"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region struct {
			Line int `json:"startLine"`
		} `json:"region"`
	}
)

// WriteSARIF writes the findings for code scanning: those that stand in a file.
func WriteSARIF(w io.Writer, version string, all []Annotation) error {
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "stablebot", Version: version, Rules: []sarifRule{}}
	known := map[string]bool{}
	for _, a := range all {
		if a.File == "" {
			continue // code scanning refuses the whole file for a result without a place
		}
		if !known[a.Rule] {
			known[a.Rule] = true
			r := sarifRule{ID: a.Rule, Short: sarifText{a.Rule}, Help: sarifText{a.Rule}}
			if def := rules.ByID(a.Rule); def != nil {
				title, _, _ := strings.Cut(def.Doc, "\n")
				r.Short.Text, r.Help.Text = title, def.Ref.File+", "+def.Ref.Section
			}
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, r)
		}
		x := sarifResult{Rule: a.Rule, Level: "note", Message: sarifText{a.Text}}
		var at sarifPhysical
		at.Artifact.URI, at.Region.Line = a.File, max(1, a.Line)
		x.Locations = []sarifLocation{{at}}
		run.Results = append(run.Results, x)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(sarif{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}
