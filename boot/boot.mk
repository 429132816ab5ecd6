# SPDX-License-Identifier: BSD-2-Clause
# build/BOOTX64.EFI: the loader with the kernel (build/adit.gz) inside. build/adit.img: a disk that boots it.
CLANG ?= clang-14
LLD_LINK ?= lld-link-14
# What unpacks the kernel; made once, outside the tree.
LIBDEFLATE := build/libdeflate
# Without -fno-ms-extensions gnu-efi defines __attribute__ away.
BOOT_FLAGS := --target=x86_64-unknown-windows -fno-ms-extensions -fno-ms-compatibility -DGNU_EFI_USE_MS_ABI -nostdlibinc \
	-std=c11 -O2 -ffreestanding -fshort-wchar -mno-red-zone -mno-sse -fno-stack-protector -mno-stack-arg-probe \
	-isystem /usr/include/efi -isystem /usr/include/efi/x86_64 -isystem $(LIBDEFLATE)/include -I. -Wall -Wextra -Wconversion -Werror
BOOT_SRC := $(filter-out boot/mkcfg.c,$(sort $(wildcard boot/*.c))) kernel/elf.c
BOOT_OBJ := $(BOOT_SRC:%.c=build/obj/%.efi.o) build/obj/boot/kernel.efi.o
BOOT_SIZE_LIMIT := 819200

image: build/BOOTX64.EFI build/adit.img

$(LIBDEFLATE): tests/setup/libdeflate.sh tests/setup/common.sh
	@mkdir -p $(@D)
	@path=$$(tests/setup/libdeflate.sh) && ln -sfnT "$$path" $@

build/obj/%.efi.o: %.c boot/boot.mk | $(LIBDEFLATE)
	@mkdir -p $(@D)
	@echo "  CC $< (EFI)"
	@$(CLANG) $(BOOT_FLAGS) -MD -MP -c -o $@ $<

# The same bytes each time: neither a name nor a time goes in, nor what a user has in GZIP. Its CRC-32 is what the loader
# trusts the kernel by.
build/adit.gz: build/adit.stripped boot/boot.mk
	@env -u GZIP gzip -9 -n -c $< > $@.tmp
	@mv $@.tmp $@

build/obj/boot/kernel.efi.o: boot/kernel.S build/adit.gz boot/boot.mk
	@mkdir -p $(@D)
	@$(CLANG) --target=x86_64-unknown-windows -Ibuild -c -o $@ $<

# /timestamp:0 and no debug directory: the same input gives the same bytes.
build/BOOTX64.EFI: $(BOOT_OBJ) boot/check-efi.sh tests/setup/libdeflate.sh | $(LIBDEFLATE)
	@echo "  LINK $@"
	@$(LLD_LINK) /subsystem:efi_application /entry:efi_main /nodefaultlib /timestamp:0 /dynamicbase /nxcompat \
		/out:$@.tmp $(BOOT_OBJ) $(LIBDEFLATE)/libdeflate.a
	@boot/check-efi.sh $@.tmp $(BOOT_SIZE_LIMIT)
	@mv $@.tmp $@

build/mkcfg: boot/mkcfg.c kernel/config.c kernel/config.h
	@mkdir -p $(@D)
	@$(CLANG) -std=c11 -O1 -I. -o $@ boot/mkcfg.c kernel/config.c

build/adit.cfg: build/mkcfg
	@build/mkcfg > $@.tmp
	@mv $@.tmp $@

build/adit.img: build/BOOTX64.EFI build/adit.cfg boot/mkimage.sh
	@echo "  IMAGE $@"
	@boot/mkimage.sh $@ build/BOOTX64.EFI build/adit.cfg

.PHONY: tidy-boot
tidy: tidy-boot
tidy-boot: | $(LIBDEFLATE)
	clang-tidy-14 --quiet $(filter boot/%,$(BOOT_SRC)) -- $(BOOT_FLAGS)
	clang-tidy-14 --quiet boot/mkcfg.c -- -std=c11 -I.

-include $(BOOT_OBJ:.o=.d)
