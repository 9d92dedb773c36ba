package verdict

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A row comes back from JSON as it went in, but for what only trees need. Whatever field
// is added is filled here, so that one which the contract's form forgets is found.
func TestBranchJSON(t *testing.T) {
	var b Branch
	fill(reflect.ValueOf(&b).Elem())
	for _, lack := range append(Lacks, "") {
		b.NoBase = lack
		raw, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		want := b
		want.Active, want.As, want.MissingNewer = false, "", nil
		var got Branch
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", lack, d)
		}
	}
	b = Branch{}
	b.Name, b.State, b.NoBase = "6.6", NoBaseThere, NoFiles
	if raw, err := json.Marshal([]Branch{b}); err != nil || !strings.HasPrefix(string(raw), `[{"name":"6.6","state":"no-base","applies":"","verdict":null,"score":0`) ||
		!strings.Contains(string(raw), `"no_files":true`) {
		t.Errorf("%s, %v", raw, err)
	}
}

// fill gives every field a value.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(3)
	case reflect.Float64:
		v.SetFloat(.5)
	}
}
