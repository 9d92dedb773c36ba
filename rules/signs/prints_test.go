package signs

import "testing"

func TestPrints(t *testing.T) {
	for _, tt := range []struct {
		name, hunk  string
		added, gone int // both 0: something else differs
	}{
		{"a new print", "\n a;\n+\tdev_dbg(dev, \"x %d\\n\", x);\n b;\n", 1, 0},
		{"over two lines", "\n a;\n+\tnvkm_error(subdev, \"x %d\\n\",\n+\t\t   f(x));\n b;\n", 1, 0},
		{"another text", "\n a;\n-\tdev_err(dev, \"x\\n\");\n+\tdev_err(dev, \"y\\n\");\n b;\n", 1, 1},
		{"made quiet", "\n a;\n-\tdev_err(dev, \"x\\n\");\n+\tdev_dbg(dev, \"x\\n\");\n b;\n", 1, 1},
		{"taken out", "\n a;\n-\tpr_info(\"x\\n\");\n b;\n", 0, 1},
		{"under a condition of its own", "\n a;\n+\tif (ret)\n+\t\tdrm_dbg(drm, \"x\\n\");\n b;\n", 1, 0},
		{"with braces", "\n-\tif (ret)\n+\tif (ret) {\n+\t\tDRM_ERROR(\"x\\n\");\n \t\treturn ret;\n+\t}\n b;\n", 1, 0},
		{"a block of two", "\n a;\n+\tif (a == b) {\n+\t\tpr_err(\"x\");\n+\t\tpr_err(\"y\");\n+\t}\n b;\n", 2, 0},
		{"in the other branch", "\n \tif (x)\n \t\ta();\n+\telse\n+\t\tpr_err(\"x\");\n b;\n", 1, 0},
		{"a trace point", "\n a;\n+\ttrace_acme_flip(crtc);\n b;\n", 1, 0},
		{"a comment as well", "\n a;\n+\t/* so */\n+\tpr_err(\"x\");\n b;\n", 1, 0},
		{"a comment alone", "\n a;\n+\t/* so */\n b;\n", 0, 0},
		{"a condition that assigns", "\n a;\n+\tif ((ret = f()))\n+\t\tpr_err(\"x\");\n b;\n", 0, 0},
		{"a return as well", "\n \tif (ret) {\n+\t\tpr_err(\"x\");\n+\t\treturn ret;\n \t}\n", 0, 0},
		{"an error that is set", "\n a;\n+\tdma_fence_set_error(fence, -EIO);\n b;\n", 0, 0},
		{"a warning with a trace", "\n a;\n+\tWARN(x, \"y\");\n b;\n", 0, 0},
		{"a returned error", "\n-\treturn ret;\n+\treturn dev_err_probe(dev, ret, \"x\\n\");\n b;\n", 0, 0},
		{"a read that is printed", "\n a;\n+\tu32 v = rd32(dev, 4);\n+\tdev_err(dev, \"%x\\n\", v);\n b;\n", 0, 0},
		{"an error that is declared", "\n a;\n+\tdeclare_err!(EAGAIN, \"Try again.\");\n b;\n", 0, 0},
		{"a print of Rust", "\n a;\n+\tdev_dbg!(dev, \"x\\n\");\n b;\n", 1, 0},
		{"a condition that waits", "\n a;\n+\tif (acme_wait_for_lock(dev, 5))\n+\t\tdev_err(dev, \"x\\n\");\n b;\n", 0, 0},
		{"a condition that only asks", "\n a;\n+\tif (unlikely(IS_ERR(p)))\n+\t\tdev_err(dev, \"x\\n\");\n b;\n", 1, 0},
		{"braces that were missing", "\n a;\n-\tif (ret)\n-\t\tcleanup(x);\n-\treturn ret;\n+\tif (ret) {\n+\t\tdev_err(dev, \"x\\n\");\n+\t\tcleanup(x);\n+\t\treturn ret;\n+\t}\n b;\n", 0, 0},
		{"a value", "\n a;\n-\tb = 1;\n+\tb = 2;\n c;\n", 0, 0},
		{"the next statement falls under the condition", "\n \tif (x)\n-\t\tpr_err(\"x\");\n \ta();\n", 0, 0},
	} {
		p := ReadPrints(hunkOf(t, "drivers/a.c", tt.hunk).Files)
		if p.Only != (tt.added+tt.gone > 0) || p.Only && (p.Added != tt.added || p.Gone != tt.gone) {
			t.Errorf("%s: %+v", tt.name, p)
		}
	}
}
