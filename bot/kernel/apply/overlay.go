package apply

import "context"

// Overlay is a tree with changes on top. It is what the tree looks like after
// patches; the tree below is not touched. It is used by one goroutine.
type Overlay struct {
	below Tree
	put   map[string]Entry // the zero Entry: deleted
}

// NewOverlay makes one without changes.
func NewOverlay(t Tree) *Overlay { return &Overlay{below: t, put: map[string]Entry{}} }

// Entry implements Tree.
func (o *Overlay) Entry(ctx context.Context, path string) (Entry, error) {
	if e, ok := o.put[path]; ok {
		return e, nil
	}
	return o.below.Entry(ctx, path)
}

// Image implements Tree.
func (o *Overlay) Image(ctx context.Context, e Entry) (*Image, error) {
	if e.image != nil {
		return e.image, nil
	}
	return o.below.Image(ctx, e)
}

// Set puts something at a path; the zero Entry deletes.
func (o *Overlay) Set(path string, e Entry) { o.put[path] = e }

// Add puts the result of a patch on the tree. Of a result that fails it takes
// the files that fit.
func (o *Overlay) Add(r *Result) {
	for i := range r.Files {
		if x := &r.Files[i]; x.How < Fails {
			o.file(x)
		}
	}
}

// Copy is an independent overlay with the same changes.
func (o *Overlay) Copy() *Overlay {
	c := &Overlay{below: o.below, put: make(map[string]Entry, len(o.put))}
	for p, e := range o.put {
		c.put[p] = e
	}
	return c
}

func (o *Overlay) written(path string) bool { _, ok := o.put[path]; return ok }

func (o *Overlay) file(x *File) {
	if x.Old != "" && x.Old != x.New && !x.patch.IsCopy {
		o.put[x.Old] = Entry{}
	}
	if x.New != "" {
		o.put[x.New] = x.Entry
	}
}
