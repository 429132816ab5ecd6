# SPDX-License-Identifier: BSD-2-Clause
# make test-linux: Debian's Linux, unmodified, judges the platform: one kernel after the other.

.PHONY: test-linux
test-linux:
	@tests/setup/packages.sh
	@$(with_qemu) && tests/harness/prove -v $(sort $(wildcard tests/linux/*.t))
