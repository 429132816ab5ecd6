# SPDX-License-Identifier: BSD-2-Clause
# Tests that run on the developer's machine. Each tests/unit/test_<name>.c is a cmocka program of its own, linked with the
# sources named here; `make unit` runs them all through prove. Each tests/fuzz/<name>.c is a libFuzzer target.
# Each tests/bench/<name>.c prints figures of this machine: `make bench`.
#
# make fuzz		each fuzzer for FUZZ_SECONDS; make fuzz-corpus: what they found goes into tests/fuzz/corpus
UNIT_SRC_acpi := kernel/acpi_parse.c kernel/acpi_dmar.c
UNIT_SRC_elf := kernel/elf.c
UNIT_SRC_boot := kernel/elf.c boot/memmap.c boot/options.c
UNIT_SRC_unpack := boot/unpack.c
UNIT_LIBS_unpack := -lz
UNIT_LIBDEFLATE := $(patsubst %,build/unit/obj/libdeflate/%.o,crc32 deflate_decompress gzip_decompress utils)
UNIT_SRC_config := kernel/config.c
DSA_EXEC_UNIT := $(addprefix tests/qemu/dsa/,checks.c ops.c crc.c dif.c delta.c memory.c faults.c) tests/unit/dsa_flat.c
UNIT_SRC_dsa_checks := $(DSA_EXEC_UNIT)
UNIT_SRC_dsa_exec := $(DSA_EXEC_UNIT)
UNIT_LIBS_dsa_exec := -lisal
UNIT_SRC_dsa_exec2 := $(DSA_EXEC_UNIT)
UNIT_LIBS_dsa_exec2 := -lisal
UNIT_SRC_dsa_records := $(DSA_EXEC_UNIT)
UNIT_LIBS_dsa_records := -lisal
DSA_MODEL := $(addprefix tests/qemu/dsa/,batch.c capability.c commands.c descriptor.c enable.c engine.c errors.c evl.c fiber.c \
	idpt.c inject.c interrupts.c order.c pages.c perfmon.c perfmon_regs.c portals.c queue.c regs.c slots.c tables.c traffic.c)
DSA_MODEL_UNIT := $(DSA_EXEC_UNIT) $(DSA_MODEL) tests/unit/dsa_world.c
BENCH_SRC_dsa_model := $(filter tests/qemu/dsa/%,$(DSA_EXEC_UNIT)) $(DSA_MODEL) tests/qemu/dsa/tlb.c
$(foreach t,regs enable commands drain work batch interrupts faults faults_desc faults_regs faults_portals inject pages perfmon evl version2 faults_version2 faults_perfmon traffic slots slots_batch,$(eval UNIT_SRC_dsa_model_$(t) := $(DSA_MODEL_UNIT)))
$(foreach t,idpt idpt_rules faults_idpt,$(eval UNIT_SRC_dsa_model_$(t) := $(DSA_MODEL_UNIT) tests/unit/dsa_idpt.c))
FUZZ_SRC_dsa_model := $(DSA_MODEL_UNIT) tests/qemu/dsa/tlb.c
UNIT_SRC_fbcon := kernel/fbcon.c kernel/font.S
UNIT_SRC_pci := drivers/pci/capability.c drivers/pci/ecam.c kernel/acpi_parse.c
UNIT_SRC_tap := tests/tap.c
UNIT_SRC_vtd_domain := drivers/vtd/domain.c
UNIT_SRC_vtd_walk := $(addprefix tests/qemu/vtd/,fault.c stages.c walk.c)
UNIT_SRC_vtd_ats := $(addprefix tests/qemu/vtd/,ats.c fault.c prq.c stages.c walk.c)
UNIT_SRC_vtd_posted := tests/qemu/vtd/posted.c
UNIT_SRC_vtd_queue := $(addprefix tests/qemu/vtd/,prq.c queue.c stages.c walk.c)
UNIT_SRC_dsa_tlb := tests/qemu/dsa/tlb.c
UNIT_SRC_hv_parts := kernel/hv/apic.c kernel/hv/cpuid.c
UNIT_SRC_hv_machine_check := kernel/hv/machine_check.c
UNIT_SRC_hv_posted := kernel/hv/posted.c
UNIT_LIBS_hv_posted := -lpthread
UNIT_SRC_hv_vm := kernel/hv/vm.c
UNIT_SRC_hv_vmx := kernel/hv/vmx_pasid.c kernel/hv/vmx_words.c
UNIT_SRC_hv_decode := $(addprefix kernel/hv/,arithmetic.c decode.c decode_operand.c emulate.c emulate_string.c walk.c)
UNIT_ZYDIS := $(patsubst %,build/unit/obj/zydis/%.o,Decoder DecoderData SharedData)

VDSA_UNIT := $(addprefix vdsa/,commands.c config.c errors.c interrupts.c life.c mmio.c portals.c state.c types.c) \
	tests/unit/vdsa_host.c
$(foreach t,config mmio commands interrupts errors life linux,$(eval UNIT_SRC_vdsa_$(t) := $(VDSA_UNIT)))
FUZZ_SRC_vdsa := $(VDSA_UNIT)

FUZZ_SRC_vtd_walk := $(addprefix tests/qemu/vtd/,ats.c fault.c prq.c queue.c stages.c walk.c)
FUZZ_SRC_acpi := kernel/acpi_parse.c kernel/acpi_dmar.c
FUZZ_SECONDS ?= 30
# Of what has no corpus: another one each time, and printed.
FUZZ_SEED ?= $(shell date +%s)

# The compiler whose sanitizers and libFuzzer are used.
UNIT_CC ?= clang-14
UNIT_CFLAGS := -std=gnu11 -O1 -g -I. -Ibuild -Wall -Wextra -Wconversion -Werror -fno-omit-frame-pointer -MMD -MP
UNIT_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all

UNIT_NAMES := $(patsubst tests/unit/test_%.c,%,$(wildcard tests/unit/test_*.c))
UNIT_BINS := $(UNIT_NAMES:%=build/unit/test_%)
FUZZ_NAMES := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
FUZZ_BINS := $(FUZZ_NAMES:%=build/fuzz/%)
BENCH_NAMES := $(patsubst tests/bench/%.c,%,$(wildcard tests/bench/*.c))
BENCH_BINS := $(BENCH_NAMES:%=build/bench/%)

# $(call objects,FOLDER,SOURCES)
unit_objects = $(patsubst %,$(1)/%.o,$(basename $(2)))

build/unit/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $< (host)"
	@$(UNIT_CC) $(UNIT_CFLAGS) $(UNIT_SANITIZE) -c -o $@ $<

build/unit/obj/%.o: %.S
	@mkdir -p $(@D)
	@echo "  AS $< (host)"
	@$(UNIT_CC) $(UNIT_CFLAGS) -c -o $@ $<

build/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $< (fuzz)"
	@$(UNIT_CC) $(UNIT_CFLAGS) -fsanitize=fuzzer-no-link $(UNIT_SANITIZE) -c -o $@ $<

# As QEMU's build compiles it: without sanitizers.
build/bench/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $< (bench)"
	@$(UNIT_CC) $(UNIT_CFLAGS) -O2 -c -o $@ $<

build/unit/obj/kernel/font.o: build/font.psf

# The decoder faces hostile bytes: here it runs under the sanitizers too.
build/unit/obj/zydis/%.o: | $(ZYDIS)
	@mkdir -p $(@D)
	$(UNIT_CC) -O1 -g -w $$(cat $(ZYDIS)/cflags) -I$(ZYDIS)/include -I$(ZYDIS)/src $(UNIT_SANITIZE) -c -o $@ $(ZYDIS)/src/$*.c

build/unit/obj/kernel/hv/%.o build/unit/obj/tests/unit/test_hv_%.o: UNIT_CFLAGS += -isystem $(ZYDIS)/include -DZYDIS_STATIC_BUILD
build/unit/obj/kernel/hv/decode.o build/unit/obj/kernel/hv/decode_operand.o: | $(ZYDIS)
build/unit/test_hv_decode: $(UNIT_ZYDIS)

# So does what unpacks the kernel.
build/unit/obj/libdeflate/%.o: | $(LIBDEFLATE)
	@mkdir -p $(@D)
	$(UNIT_CC) -O1 -g -w $$(cat $(LIBDEFLATE)/cflags) -I$(LIBDEFLATE)/src $(UNIT_SANITIZE) -c -o $@ $(LIBDEFLATE)/src/lib/$*.c

build/unit/obj/boot/unpack.o: UNIT_CFLAGS += -isystem $(LIBDEFLATE)/include
build/unit/obj/boot/unpack.o: | $(LIBDEFLATE)
build/unit/test_unpack: $(UNIT_LIBDEFLATE)

define UNIT_TEST
build/unit/test_$(1): $(call unit_objects,build/unit/obj,tests/unit/test_$(1).c $(UNIT_SRC_$(1)))
	@echo "  LD $$@"
	@$(UNIT_CC) $(UNIT_SANITIZE) -o $$@ $$^ -lcmocka $(UNIT_LIBS_$(1))
endef
$(foreach name,$(UNIT_NAMES),$(eval $(call UNIT_TEST,$(name))))

define FUZZ_TARGET
build/fuzz/$(1): $(call unit_objects,build/fuzz/obj,tests/fuzz/$(1).c $(FUZZ_SRC_$(1)))
	@echo "  LD $$@"
	@$(UNIT_CC) -fsanitize=fuzzer $(UNIT_SANITIZE) -o $$@ $$^
endef
$(foreach name,$(FUZZ_NAMES),$(eval $(call FUZZ_TARGET,$(name))))

define BENCH_TARGET
build/bench/$(1): $(call unit_objects,build/bench/obj,tests/bench/$(1).c $(BENCH_SRC_$(1)))
	@echo "  LD $$@"
	@$(UNIT_CC) -o $$@ $$^
endef
$(foreach name,$(BENCH_NAMES),$(eval $(call BENCH_TARGET,$(name))))

.PHONY: unit unit-build fuzz-build fuzz fuzz-corpus bench
unit-build: $(UNIT_BINS)
fuzz-build: $(FUZZ_BINS)
unit: $(UNIT_BINS)
	CMOCKA_MESSAGE_OUTPUT=TAP prove --exec '' $(UNIT_BINS)

# What is found new stays in build/fuzz/corpus; make fuzz-corpus keeps of it what reaches code that the committed corpus does not.
fuzz:
	@tests/setup/packages.sh
	@+$(sub_make) build/adit.elf $(FUZZ_BINS)
	@for f in $(FUZZ_NAMES); do \
		mkdir -p build/fuzz/corpus/$$f && echo "fuzz: $$f" && \
		build/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -max_len=2000 -print_final_stats=1 -artifact_prefix=build/fuzz/ \
			build/fuzz/corpus/$$f tests/fuzz/corpus/$$f || exit 1; \
	done
	@$(with_qemu) && tests/fuzz/qtest --seconds $(FUZZ_SECONDS) --seed $(FUZZ_SEED) && tests/fuzz/hostile $(FUZZ_SECONDS) $(FUZZ_SEED)

fuzz-corpus: $(FUZZ_BINS)
	@for f in $(FUZZ_NAMES); do \
		rm -rf build/fuzz/kept && mkdir -p build/fuzz/kept build/fuzz/corpus/$$f tests/fuzz/corpus/$$f && \
		build/fuzz/$$f -merge=1 -set_cover_merge=1 -use_counters=0 build/fuzz/kept tests/fuzz/corpus/$$f build/fuzz/corpus/$$f && \
		rm -rf tests/fuzz/corpus/$$f && mv build/fuzz/kept tests/fuzz/corpus/$$f || exit 1; \
	done

bench:
	@tests/setup/packages.sh
	@+$(sub_make) $(BENCH_BINS) >&2
	@for b in $(BENCH_BINS); do $$b || exit 1; done

-include $(shell test -d build/unit/obj && find build/unit/obj build/fuzz/obj build/bench/obj -name '*.d' 2>/dev/null)
