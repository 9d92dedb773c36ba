package change

import "strings"

// folders are those at the root of the kernel's tree.
var folders = setOf("Documentation LICENSES arch block certs crypto drivers firmware fs include init io_uring ipc kernel lib mm net rust " +
	"samples scripts security sound tools usr virt")

// rootFiles are the files there that patches touch.
var rootFiles = setOf("Makefile Kbuild Kconfig MAINTAINERS CREDITS COPYING README .mailmap .gitignore .gitattributes .clang-format " +
	".clippy.toml .cocciconfig .editorconfig .get_maintainer.ignore .pylintrc .rustfmt.toml")

func setOf(names string) map[string]bool {
	out := map[string]bool{}
	for n := range strings.FieldsSeq(names) {
		out[n] = true
	}
	return out
}

// KernelPath reports whether a path may be one of the kernel's: below one of its
// folders, or a file of its root.
func KernelPath(name string) bool { return KernelFolder(name) || rootFiles[name] }

// KernelFolder reports whether a path is below a folder of the kernel's root.
func KernelFolder(name string) bool {
	top, _, below := strings.Cut(name, "/")
	return below && folders[top]
}
