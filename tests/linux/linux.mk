# SPDX-License-Identifier: BSD-2-Clause
# make test-linux: Debian's Linux, unmodified, judges the platform: one kernel after the other. make test-linux-KERNEL: one alone.

.PHONY: test-linux
test-linux:
	@tests/setup/packages.sh
	@$(with_qemu) && tests/harness/prove -v $(sort $(wildcard tests/linux/*.t))

test-linux-%: tests/linux/linux-%.t
	@tests/setup/packages.sh
	@$(with_qemu) && tests/harness/prove -v $<
