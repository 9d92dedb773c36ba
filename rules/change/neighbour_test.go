package change

import (
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

func TestNeighbour(t *testing.T) {
	for _, c := range []struct {
		subject string
		files   []string
		want    string
	}{
		{"[PATCH iproute2-next] rdma: x", []string{"rdma/dev.c"}, "iproute2"},
		{"[PATCH rdma-core 1/2] mlx5: x", []string{"providers/mlx5/qp.c"}, "rdma-core"},
		{"[PATCH] mmc-utils: lsmmc: x", []string{"lsmmc.c"}, "mmc-utils"},
		{"[PATCH] ethtool: x", []string{"net/ethtool/ioctl.c"}, ""},
		{"[PATCH] mmc-utils: x", []string{"mmc_cmds.c"}, "mmc-utils"},
		{"[PATCH] wifi: acme: x100: fix y", []string{"x100/mac.c"}, ""},
		{"[PATCH mmc-utils] x", []string{"mmc_cmds.c"}, "mmc-utils"},
		{"[PATCH i-g-t] tests: x", []string{"tests/kms.c", "lib/igt_kms.c"}, "IGT"},
		{"[PATCH] linux-firmware: x", []string{"WHENCE", "qcom/x.mbn"}, "linux-firmware"},
		{"[PATCH net] ice: x", []string{"drivers/net/ethernet/intel/ice/ice_main.c"}, ""},
		{"[PATCH b4] x", []string{"b4/ez.py"}, "b4"},
		{"[PATCH bluez] x", []string{"src/adapter.c", "Makefile.am"}, "BlueZ"},
		{"[PATCH] ice: x", []string{"MAINTAINERS"}, ""},
		{"[PATCH] mmc-utils: build with -Wall", []string{"Makefile"}, "mmc-utils"},
		{"[PATCH mmc-utils] x", []string{"Makefile", "drivers/mmc/core/core.c"}, ""},
		{"[PATCH] kbuild: x", []string{"Makefile"}, ""},
		{"[PATCH] ice: x", nil, ""},
	} {
		ch, _ := Parse(Input{Kind: Mail, Subject: c.subject})
		for _, f := range c.files {
			ch.Files = append(ch.Files, &gitdiff.File{OldName: f, NewName: f})
		}
		if got := ch.Neighbour(); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.subject, c.files, got, c.want)
		}
	}
}
