# SPDX-License-Identifier: BSD-2-Clause
#
# make           the image (build/adit.elf, build/BOOTX64.EFI, build/adit.img)
# make run       boots it in QEMU and prints the verdict; installs what is missing
# make test      every test, through prove
# make list      the names of the tests in the image
# make format    clang-format over our C; make tidy: clang-tidy
# make clean     removes build/ (not the cache of newlib, Zydis, libdeflate and QEMU)
#
# SKIP="vdsa kernel/hv" leaves folders out of the image while they do not compile; calling what is missing crashes.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := image

CLANG ?= clang-14
LD := ld.lld-14
AR := llvm-ar-14
NM := llvm-nm-14
OBJCOPY := llvm-objcopy-14
SKIP ?=

# --- what is compiled how ---

# The libraries are made once, outside the tree, and linked into it: a path that does not depend on the user.
NEWLIB := build/newlib
ZYDIS := build/zydis
UAPI := build/uapi

# The switches that the decoder was built with change its structures, too.
ZYDIS_FLAGS = $(shell cat $(ZYDIS)/cflags 2>/dev/null)

KERNEL_FLAGS = --target=x86_64-unknown-elf -mcmodel=kernel -fno-pic -fno-pie -mno-red-zone -mgeneral-regs-only \
	-mlong-double-64 -fno-stack-protector -fno-omit-frame-pointer -fno-asynchronous-unwind-tables -fno-common \
	-ffunction-sections -fdata-sections -nostdlibinc -isystem $(NEWLIB)/include -isystem $(ZYDIS)/include \
	-isystem $(UAPI) $(ZYDIS_FLAGS) -I. -Ibuild
WARNINGS := -Wall -Wextra -Wconversion -Werror
# For size: one file has to boot from anywhere, and what is measured is the device, not this code.
CFLAGS = -std=c11 -Os -g $(WARNINGS) $(KERNEL_FLAGS) -ffile-prefix-map=$(CURDIR)=.
LDFLAGS := $(if $(SKIP),--unresolved-symbols=ignore-all) -static -nostdlib --gc-sections -z max-page-size=4096 -z nostart-stop-gc --build-id=none -T linker.ld

# --- what is in it ---

sources = $(filter-out $(addsuffix /%,$(filter-out kernel,$(SKIP))),$(sort $(wildcard $(1))))
objects = $(patsubst %,build/obj/%.o,$(1))

KERNEL_SRC := $(call sources,kernel/*.c kernel/*.S)
HV_SRC := $(call sources,kernel/hv/*.c kernel/hv/*.S)
DRIVER_SRC := $(call sources,drivers/*.c drivers/*/*.c)
VDSA_SRC := $(call sources,vdsa/*.c)
RUNNER_SRC := $(call sources,tests/*.c tests/runner/*.c)
SUITE_SRC := $(filter-out tests/suites/guest_%,$(call sources,tests/suites/*.c))
PAYLOADS := $(patsubst payloads/%/,%,$(dir $(call sources,payloads/*/main.c)))

IMAGE_SRC := $(KERNEL_SRC) $(HV_SRC) $(DRIVER_SRC) $(VDSA_SRC) $(RUNNER_SRC) $(SUITE_SRC)
IMAGE_OBJ := $(call objects,$(IMAGE_SRC)) $(PAYLOADS:%=build/payloads/%.embed.o)
# A guest has neither a screen nor a loader but the hypervisor.
PAYLOAD_COMMON_SRC := $(filter-out kernel/fbcon.c kernel/font.S kernel/pvh.c kernel/pvh.S,$(KERNEL_SRC)) \
	$(call sources,drivers/pci/*.c drivers/dsa/*.c) $(filter-out tests/runner/main.c tests/runner/host_%,$(RUNNER_SRC)) \
	$(call sources,tests/suites/dsa_*.c tests/suites/guest_*.c)

ALL_OBJ := $(sort $(IMAGE_OBJ) $(call objects,$(PAYLOAD_COMMON_SRC) $(call sources,payloads/*/*.c)))

# --- rules ---

.PHONY: image format tidy clean
image: build/adit.elf

build/obj/%.c.o: %.c Makefile | $(NEWLIB) $(ZYDIS) $(UAPI)/linux
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CLANG) $(CFLAGS) -MD -MP -c -o $@ $<

build/obj/%.S.o: %.S Makefile | $(NEWLIB) $(ZYDIS)
	@mkdir -p $(@D)
	@echo "  AS $<"
	@$(CLANG) $(KERNEL_FLAGS) -MD -MP -c -o $@ $<

build/obj/kernel/font.S.o: build/font.psf

# $(call link,output,objects): linked twice, because the names for backtraces are made from the first link. They come
# last in the read-only part, so that the second link moves no code.
define link
	@mkdir -p $(dir $(1))
	@echo "  LD $(1)"
	@$(LD) $(LDFLAGS) -o $(1).first $(2) $(LIBS)
	@$(NM) --defined-only --numeric-sort $(1).first | LC_ALL=C awk -f kernel/symtab.awk > $(1).symtab.S
	@$(CLANG) $(KERNEL_FLAGS) -c -o $(1).symtab.o $(1).symtab.S
	@$(LD) $(LDFLAGS) -o $(1) $(2) $(1).symtab.o $(LIBS)
	@rm -f $(1).first $(1).symtab.S $(1).symtab.o
endef

LIBS = $(wildcard $(ZYDIS)/libzydis.a) $(NEWLIB)/lib/libc.a
LINK_DEPS := linker.ld kernel/symtab.awk Makefile

build/adit.elf: $(IMAGE_OBJ) $(LINK_DEPS)
	$(call link,$@,$(IMAGE_OBJ))

define payload_rules
PAYLOAD_$(1)_OBJ := $$(call objects,$$(sort $$(PAYLOAD_COMMON_SRC) $$(call sources,payloads/$(1)/*.c)))

build/payloads/$(1).elf: $$(PAYLOAD_$(1)_OBJ) $$(LINK_DEPS)
	$$(call link,$$@,$$(PAYLOAD_$(1)_OBJ))

build/payloads/$(1).embed.o: payloads/embed.S build/payloads/$(1).stripped Makefile
	@$$(CLANG) $$(KERNEL_FLAGS) -DPAYLOAD_NAME=$(1) -DPAYLOAD_FILE='"payloads/$(1).stripped"' -c -o $$@ $$<
endef
$(foreach p,$(PAYLOADS),$(eval $(call payload_rules,$(p))))

build/payloads/%.stripped: build/payloads/%.elf
	@$(OBJCOPY) --strip-all $< $@

# What the loader packs: the kernel without its debugging information and the list of its tests.
build/adit.stripped: build/adit.elf
	@$(OBJCOPY) --strip-all $< $@

# The scripts keep what they build in the user's cache and print where. A link to a folder that is gone counts as missing.
$(NEWLIB): tests/setup/newlib.sh tests/setup/common.sh
	@mkdir -p $(@D)
	@path=$$(tests/setup/newlib.sh) && ln -sfnT "$$path" $@

ifneq ($(wildcard tests/setup/zydis.sh),)
$(ZYDIS): tests/setup/zydis.sh tests/setup/common.sh | $(NEWLIB)
	@mkdir -p $(@D)
	@path=$$(tests/setup/zydis.sh) && ln -sfnT "$$path" $@
else
$(ZYDIS):
	@mkdir -p $@
endif

# The two kernel headers that describe hardware, without the rest of /usr/include.
$(UAPI)/linux:
	@mkdir -p $@
	@ln -sfn /usr/include/linux/idxd.h /usr/include/linux/pci_regs.h $@/

OUR_C = $(sort $(wildcard boot/*.[ch] kernel/*.[ch] kernel/hv/*.[ch] drivers/*.h drivers/*/*.[ch] vdsa/*.[ch] \
	payloads/*/*.[ch] tests/*.h tests/runner/*.[ch] tests/suites/*.[ch] tests/unit/*.[ch] tests/fuzz/*.[ch] tests/bench/*.[ch]))

format:
	clang-format-14 -i $(OUR_C)

tidy: | $(NEWLIB) $(ZYDIS) $(UAPI)/linux
	clang-tidy-14 --quiet $(filter %.c,$(IMAGE_SRC)) -- -std=c11 $(KERNEL_FLAGS)

clean:
	rm -rf build

-include $(ALL_OBJ:.o=.d)
-include $(wildcard kernel/font.mk boot/boot.mk tests/unit/unit.mk tests/tests.mk)
