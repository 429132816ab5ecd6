# SPDX-License-Identifier: BSD-2-Clause
# What is run: the image on the emulated platform, and all tests. Each target is complete by itself: it installs the packages
# that are missing and builds what it needs, so it works on a bare machine, and in that order: hence makes of their own.
#
# make run ARGS='tests=dsa.op.* seed=7'	boots the image; ARGS become lines of \adit.cfg in a copy of it
# make test [JUNIT=file]			everything, through prove
# make test-NAME				tests/NAME.t alone; make test-unit: the unit tests
# make list				the names of the tests in the image
# make sections				sections of the specifications against them, for docs/sections.md
# make format-check			as format, without changing anything

sub_make = $(MAKE) -s $(if $(filter -j%,$(MAKEFLAGS)),,-j$$(nproc))
# The emulator is built here, once, and not by tests that run side by side.
with_qemu = ADIT_QEMU=$${ADIT_QEMU:-$$(tests/setup/qemu.sh)} && export ADIT_QEMU

# The longest first.
IMAGE_TESTS := $(addprefix tests/,$(addsuffix .t,faults bochs injections build absent fuzz verdict uefi properties image vtd))

.PHONY: run test test-unit list sections format-check
run:
	@tests/setup/packages.sh
	@+$(sub_make) image
	@$(with_qemu) && set -f && tests/harness/run-image -u $(ARGS)

test:
	@tests/setup/packages.sh
	@+$(sub_make) image unit-build fuzz-build
	@$(with_qemu) && tests/harness/prove -j2 $(IMAGE_TESTS) $(UNIT_BINS)

test-unit:
	@tests/setup/packages.sh
	@+$(sub_make) unit-build
	@tests/harness/prove -j2 $(UNIT_BINS)

test-fuzz: fuzz-build

test-%: tests/%.t
	@tests/setup/packages.sh
	@+$(sub_make) image
	@$(with_qemu) && tests/harness/prove -v $<

# From the files: the image's own tests and those of its guests.
listed = $(sub_make) build/adit.elf >&2 && for f in build/adit.elf $(PAYLOADS:%=build/payloads/%.elf); do \
		$(OBJCOPY) --dump-section .adit.list=build/list.tmp $$f /dev/null && tr '\0' '\n' <build/list.tmp || exit 1; \
	done | LC_ALL=C sort -u; rm -f build/list.tmp

list:
	@tests/setup/packages.sh
	@+{ $(listed); } | cut -f 1

sections:
	@tests/setup/packages.sh
	@+{ $(listed); } | tests/harness/sections

format-check:
	@clang-format-14 --dry-run -Werror $(OUR_C)

-include tests/linux/linux.mk
