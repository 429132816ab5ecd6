# SPDX-License-Identifier: BSD-2-Clause
# make test-linux: Debian's Linux, unmodified, judges the platform: both kernels, one after the other.

.PHONY: test-linux
test-linux:
	@tests/setup/packages.sh
	@$(with_qemu) && tests/harness/prove -v tests/linux/linux-6.12.t tests/linux/linux-6.1.t
