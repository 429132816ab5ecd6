/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Second-stage translation: pages of every size, what the guest may do with them, of what type they are, and which of
 * them it has written. The guest's own page tables allow everything here, so what stops it is the second stage.
 */
#include <errno.h>
#include <string.h>

#include "kernel/bits.h"
#include "kernel/cpu.h"
#include "kernel/hv/vm.h"
#include "kernel/mem.h"
#include "tests/suites/hv.h"
#include "tests/test.h"

#define MIB2    UINT64_C(0x200000)
#define GIB     UINT64_C(0x40000000)
#define OTHER   UINT64_C(0x10000000) /* more RAM */
#define MSR_PAT 0x277U
#define WB      6U
#define UC      0U

static unsigned level_at(struct hv_vm *vm, uint64_t gpa)
{
	unsigned level;

	return hv_stage2_leaf(&vm->stage2, gpa, &level) ? level : 0;
}

/* Reads at RDI, writes it plus one to RDI + 8. */
GUEST(exchange, "mov (%rdi), %rax\ninc %rax\nmov %rax, 8(%rdi)\nmov %rax, %rdi\n" EXIT);

TEST(stage2_4k, "hv.stage2.pages_of_4k", NEEDS_HV, "APM 2 15.25.5")
{
	struct hv_vm *vm = GUEST_VM(exchange, OTHER + 0x2ff0);
	uint64_t *there;

	EXPECT_OK(hv_ram_add(vm, OTHER, 0x3000));
	there = guest_at(vm, OTHER + 0x2ff0);
	*there = 41;
	EXPECT_EQ(1, level_at(vm, OTHER + 0x2000));
	EXPECT_EQ(42, guest_exit_status(vm));
	EXPECT_EQ(42, there[1]);
	GUEST_LOAD(vm, exchange, OTHER + 0x3000);
	EXPECT_EQ(OTHER + 0x3000, guest_run(vm, HV_END_BAD_ACCESS).address);
}

TEST(stage2_2m, "hv.stage2.pages_of_2m", NEEDS_HV, "APM 2 15.25.5")
{
	struct hv_vm *vm = GUEST_VM(exchange, OTHER + 2 * MIB2 - 16);
	uint64_t *there;

	EXPECT_OK(hv_ram_add(vm, OTHER, 2 * MIB2));
	there = guest_at(vm, OTHER + 2 * MIB2 - 16);
	*there = 1;
	EXPECT_EQ(2, level_at(vm, OTHER));
	EXPECT_EQ(2, level_at(vm, OTHER + MIB2 + 0x1000));
	EXPECT_EQ(2, guest_exit_status(vm));
	EXPECT_EQ(2, there[1]);
	GUEST_LOAD(vm, exchange, OTHER + 2 * MIB2);
	EXPECT_EQ(OTHER + 2 * MIB2, guest_run(vm, HV_END_BAD_ACCESS).address);
}

/* No guest gets so much RAM here: a window over a page of the host's own stands for it. */
TEST(stage2_1g, "hv.stage2.pages_of_1g", NEEDS_HV, "APM 2 15.25.5")
{
	uint64_t *page = test_pages(1), hpa = phys_of(page);
	struct hv_vm *vm = GUEST_VM(exchange, GIB + hpa % GIB);

	if (!vm->stage2.format->huge)
		SKIP("the processor has no second-stage pages of 1 GiB");
	EXPECT_OK(hv_stage2_map(&vm->stage2, GIB, hpa - hpa % GIB, GIB, false));
	vm->ops->flush(vm->vcpu);
	page[0] = 77;
	EXPECT_EQ(3, level_at(vm, GIB + hpa % GIB));
	EXPECT_EQ(78, guest_exit_status(vm));
	EXPECT_EQ(78, page[1]);
	/* A part of it forbidden: the rest is as before, in smaller pages. */
	EXPECT_OK(hv_stage2_protect(&vm->stage2, GIB + (hpa ^ 0x1000) % GIB, 0x1000, false, true));
	vm->ops->flush(vm->vcpu);
	EXPECT_EQ(1, level_at(vm, GIB + hpa % GIB));
	EXPECT_EQ(2, level_at(vm, GIB + (hpa ^ MIB2) % GIB));
	GUEST_LOAD(vm, exchange, GIB + hpa % GIB);
	EXPECT_EQ(78, guest_exit_status(vm));
	hv_stage2_unmap(&vm->stage2, GIB, GIB);
	vm->ops->flush(vm->vcpu);
	EXPECT_EQ(0, level_at(vm, GIB + hpa % GIB));
}

/* Ranges that begin and end within larger pages: the middle is large, the ends are small. */
TEST(stage2_mixed, "hv.stage2.sizes_mixed", NEEDS_HV, "kernel/hv/stage2.h")
{
	const uint64_t base = GIB - 0x2000, size = MIB2 + 0x4000;
	uint8_t *pages = page_alloc_aligned(size / PAGE_SIZE + 512, MIB2);
	struct hv_stage2 s;
	unsigned level;

	EXPECT_TRUE(pages != NULL);
	if (hv_stage2_init(&s, GUEST_VM(exchange, 0)->stage2.format))
		FAIL("no memory");
	EXPECT_OK(hv_stage2_map(&s, base, phys_of(pages) + MIB2 - 0x2000, size, false));
	for (uint64_t at = 0; at < size; at += 0x1000) {
		const uint64_t *leaf = hv_stage2_leaf(&s, base + at, &level);
		bool large = at >= 0x2000 && at < size - 0x2000;

		test_context("offset %#x", (unsigned)at);
		EXPECT_TRUE(leaf != NULL);
		EXPECT_EQ(large ? 2 : 1, level);
		EXPECT_EQ(phys_of(pages) + MIB2 - 0x2000 + (large ? 0x2000 : at), *leaf & GENMASK64(51, 12));
	}
	test_context("");
	EXPECT_TRUE(!hv_stage2_leaf(&s, base - 0x1000, &level) && !hv_stage2_leaf(&s, base + size, &level));
	hv_stage2_unmap(&s, base, size);
	EXPECT_TRUE(!hv_stage2_leaf(&s, base, &level) && !hv_stage2_leaf(&s, GIB, &level));
	hv_stage2_destroy(&s);
	page_free(pages, size / PAGE_SIZE + 512);
}

GUEST(nothing, "xor %edi, %edi\n" EXIT);

TEST(stage2_high, "hv.stage2.high_addresses", NEEDS_HV, "kernel/hv/stage2.h")
{
	uint64_t width = cpu_cpuid_checked(0x80000008, 0).eax & 0xff;
	uint64_t end = BIT64(HV_STAGE2_BITS), top = width < HV_STAGE2_BITS ? BIT64(width) : end;
	struct hv_vm *vm = GUEST_VM(nothing, 0);

	EXPECT_ERRNO(EINVAL, hv_ram_add(vm, end, 0x1000));
	EXPECT_ERRNO(EINVAL, hv_ram_add(vm, end - 0x1000, 0x2000));
	/* The highest page that the processor reaches; linear 1 GiB leads there. */
	EXPECT_OK(hv_ram_add(vm, top - 0x1000, 0x1000));
	GUEST_LOAD(vm, exchange, GIB);
	*(uint64_t *)guest_at(vm, 0x4000) = 0x40000 | 3;
	*(uint64_t *)guest_at(vm, 0x40000) = (top - 0x1000) | 3;
	*(uint64_t *)guest_at(vm, top - 0x1000) = 5;
	EXPECT_EQ(6, guest_exit_status(vm));
}

TEST(stage2_memory, "hv.stage2.gives_all_memory_back", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_vm *vm;
	size_t before;

	GUEST_VM(nothing, 0); /* what is made once is made now */
	before = page_free_count();
	EXPECT_OK(hv_vm_create(&vm));
	EXPECT_OK(hv_ram_add(vm, 0, MIB2));
	EXPECT_OK(hv_ram_add(vm, GIB, 0x5000));
	EXPECT_OK(hv_ram_protect(vm, 0x1000, 0x1000, 0));
	EXPECT_OK(hv_map_device(vm, HV_BAR_WINDOW_BASE, 0xfee00000, 0x1000));
	EXPECT_OK(hv_unmap(vm, HV_BAR_WINDOW_BASE, 0x1000));
	EXPECT_TRUE(page_free_count() < before);
	hv_vm_destroy(vm);
	EXPECT_EQ(before, page_free_count());
}

/* ---- permissions ---- */

GUEST(write, "movq $7, (%rdi)\nxor %edi, %edi\n" EXIT);
GUEST(call, "movb $0xc3, 0x30ff0\nmov (%rdi), %rax\ncall *%rdi\nxor %edi, %edi\n" EXIT);

static void expect_refused(struct hv_vm *vm, uint64_t gpa, enum hv_access access)
{
	struct hv_result result = guest_run(vm, HV_END_BAD_ACCESS);

	test_context("%s", result.text);
	EXPECT_EQ(gpa, result.address);
	EXPECT_EQ(access, result.access);
	EXPECT_TRUE(strstr(result.text, "RAM that the host") != NULL);
	test_context("");
}

TEST(stage2_read_only, "hv.stage2.read_only", NEEDS_HV, "APM 2 15.25.6")
{
	struct hv_vm *vm = GUEST_VM(write, GUEST_DATA + 0x2008);

	EXPECT_OK(hv_ram_protect(vm, GUEST_DATA + 0x2000, 0x1000, HV_RAM_EXECUTE));
	expect_refused(vm, GUEST_DATA + 0x2008, HV_ACCESS_WRITE);
	EXPECT_EQ(0, guest_u64(vm, GUEST_DATA + 0x2008));
	GUEST_LOAD(vm, exchange, GUEST_DATA + 0x1ff0); /* its neighbour */
	EXPECT_EQ(1, guest_exit_status(vm));
	GUEST_LOAD(vm, exchange, GUEST_DATA + 0x1ff8); /* reads before, writes behind the border */
	expect_refused(vm, GUEST_DATA + 0x2000, HV_ACCESS_WRITE);
	EXPECT_OK(hv_ram_protect(vm, GUEST_DATA + 0x2000, 0x1000, HV_RAM_WRITE | HV_RAM_EXECUTE));
	GUEST_LOAD(vm, write, GUEST_DATA + 0x2008);
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_EQ(7, guest_u64(vm, GUEST_DATA + 0x2008));
}

TEST(stage2_no_execute, "hv.stage2.no_execute", NEEDS_HV, "APM 2 15.25.6")
{
	struct hv_vm *vm = GUEST_VM(call, GUEST_DATA + 0xff0);

	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_OK(hv_ram_protect(vm, GUEST_DATA, 0x1000, HV_RAM_WRITE));
	GUEST_LOAD(vm, call, GUEST_DATA + 0xff0);
	expect_refused(vm, GUEST_DATA + 0xff0, HV_ACCESS_FETCH);
}

/* A device's page is never code, whatever stands in it. */
GUEST(jump, "call *%rdi\nxor %edi, %edi\n" EXIT);

TEST(stage2_device_code, "hv.stage2.device_page_is_no_code", NEEDS_HV, "APM 2 15.25.6")
{
	uint8_t *page = test_pages(1);
	struct hv_vm *vm = GUEST_VM(jump, HV_BAR_WINDOW_BASE);
	struct hv_result result;

	page[0] = 0xc3;
	EXPECT_OK(hv_map_device(vm, HV_BAR_WINDOW_BASE, phys_of(page), 0x1000));
	result = guest_run(vm, HV_END_BAD_ACCESS);
	EXPECT_EQ(HV_BAR_WINDOW_BASE, result.address);
	EXPECT_EQ(HV_ACCESS_FETCH, result.access);
}

/* The processor sets the accessed bit of a page table entry: a write, which a read-only page refuses. */
TEST(stage2_tables, "hv.stage2.page_tables_read_only", NEEDS_HV, "APM 2 15.25.6")
{
	struct hv_vm *vm = GUEST_VM(nothing, 0);
	struct hv_result result;

	EXPECT_OK(hv_ram_protect(vm, 0x1000, 0x6000, HV_RAM_EXECUTE));
	result = guest_run(vm, HV_END_BAD_ACCESS);
	EXPECT_GE(0x1000, result.address);
	EXPECT_LE(0x6fff, result.address);
}

/* What the hypervisor writes for the guest is held to the same: MOVS from a device to a read-only page. */
static uint64_t read_ones(void *arg, uint64_t offset, unsigned width)
{
	(void)arg, (void)offset, (void)width;
	return UINT64_MAX;
}

static void write_nothing(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)arg, (void)offset, (void)width, (void)value;
}

static const struct hv_mmio ones = {HV_BAR_WINDOW_BASE, 0x1000, read_ones, write_nothing, NULL, "ones"};

GUEST(copy, "mov $0xc0000000, %esi\ncld\nmovsq\nxor %edi, %edi\n" EXIT);

TEST(stage2_emulated, "hv.stage2.read_only_for_the_emulator", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(copy, GUEST_DATA);

	EXPECT_OK(hv_mmio_add(vm, &ones));
	EXPECT_OK(hv_ram_protect(vm, GUEST_DATA, 0x1000, HV_RAM_EXECUTE));
	expect_refused(vm, GUEST_DATA, HV_ACCESS_WRITE);
	EXPECT_EQ(0, guest_u64(vm, GUEST_DATA));
}

/* ---- memory types ---- */

/* What the leaf makes of the memory, before the guest's own page tables have their say. */
static unsigned type_of(uint64_t leaf, unsigned level)
{
	unsigned pat_bit = level == 1 ? 7 : 12;

	if (strcmp(hv_vendor_name(), "VMX") == 0)
		return (unsigned)FIELD_GET(GENMASK64(5, 3), leaf);
	return (unsigned)(cpu_rdmsr(MSR_PAT) >> (8 * ((leaf >> 3 & 3) | (leaf >> pat_bit & 1) << 2))) & 7;
}

TEST(stage2_types, "hv.stage2.memory_types", NEEDS_HV, "APM 2 15.25.8")
{
	struct hv_vm *vm = GUEST_VM(nothing, 0);
	unsigned level;

	EXPECT_OK(hv_ram_add(vm, OTHER, 0x1000));
	EXPECT_OK(hv_map_device(vm, HV_BAR_WINDOW_BASE, 0xfee00000, 0x1000));
	EXPECT_EQ(WB, type_of(*hv_stage2_leaf(&vm->stage2, 0, &level), 2));
	EXPECT_EQ(2, level);
	EXPECT_EQ(WB, type_of(*hv_stage2_leaf(&vm->stage2, OTHER, &level), 1));
	EXPECT_EQ(UC, type_of(*hv_stage2_leaf(&vm->stage2, HV_BAR_WINDOW_BASE, &level), 1));
	/* A part of a large page: the bit that made it large is another's in a small one's entry. */
	EXPECT_OK(hv_ram_protect(vm, GUEST_DATA, 0x1000, HV_RAM_WRITE));
	EXPECT_EQ(0, *hv_stage2_leaf(&vm->stage2, GUEST_DATA, &level) >> 7 & 1);
	EXPECT_EQ(1, level);
}

/* ---- which pages were written ---- */

static void need_dirty(const struct hv_vm *vm)
{
	if (!vm->stage2.format->dirty)
		SKIP("the processor does not keep dirty bits in second-stage page tables");
}

TEST(stage2_dirty, "hv.stage2.dirty.guest_writes", NEEDS_HV, "APM 2 15.25.4")
{
	struct hv_vm *vm = GUEST_VM(write, OTHER + 0x2000);
	uint8_t bitmap[1] = {0xff};

	need_dirty(vm);
	EXPECT_OK(hv_ram_add(vm, OTHER, 0x5000));
	EXPECT_OK(hv_ram_take_dirty(vm, OTHER, 0x5000, bitmap));
	EXPECT_EQ(0xe0, bitmap[0]); /* bits of five pages */
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_OK(hv_ram_take_dirty(vm, OTHER, 0x5000, bitmap));
	EXPECT_EQ(0xe0 | 1 << 2, bitmap[0]);
	EXPECT_OK(hv_ram_take_dirty(vm, OTHER, 0x5000, bitmap));
	EXPECT_EQ(0xe0, bitmap[0]); /* forgotten */
	GUEST_LOAD(vm, write, OTHER + 0x2ff8);
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_OK(hv_ram_take_dirty(vm, OTHER, 0x5000, bitmap));
	EXPECT_EQ(0xe0 | 1 << 2, bitmap[0]); /* again, although the processor had it in its TLB */
}

GUEST(read, "mov (%rdi), %rax\nxor %edi, %edi\n" EXIT);

TEST(stage2_dirty_read, "hv.stage2.dirty.not_by_reading", NEEDS_HV, "APM 2 15.25.4")
{
	struct hv_vm *vm = GUEST_VM(read, OTHER);
	uint8_t bitmap[1] = {0};

	need_dirty(vm);
	EXPECT_OK(hv_ram_add(vm, OTHER, 0x1000));
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_OK(hv_ram_take_dirty(vm, OTHER, 0x1000, bitmap));
	EXPECT_EQ(0, bitmap[0]);
}

TEST(stage2_dirty_large, "hv.stage2.dirty.large_pages", NEEDS_HV, "kernel/hv/hv.h")
{
	static uint8_t bitmap[512 / 8];
	struct hv_vm *vm = GUEST_VM(write, OTHER + 0x5000);
	unsigned count = 0;

	need_dirty(vm);
	EXPECT_OK(hv_ram_add(vm, OTHER, MIB2));
	EXPECT_EQ(2, level_at(vm, OTHER));
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_OK(hv_ram_take_dirty(vm, OTHER, MIB2, bitmap));
	EXPECT_TRUE(bitmap[0] & 1 << 5); /* and perhaps all others */
	GUEST_LOAD(vm, write, OTHER + 0x1ff000);
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_OK(hv_ram_take_dirty(vm, OTHER, MIB2, bitmap));
	for (unsigned i = 0; i < 512; i++)
		count += bitmap[i / 8] >> (i % 8) & 1;
	EXPECT_EQ(1, count);
	EXPECT_EQ(0x80, bitmap[511 / 8]);
}

TEST(stage2_dirty_emulated, "hv.stage2.dirty.by_the_emulator", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(copy, OTHER + 0x1000);
	uint8_t bitmap[1] = {0};

	need_dirty(vm);
	EXPECT_OK(hv_mmio_add(vm, &ones));
	EXPECT_OK(hv_ram_add(vm, OTHER, 0x3000));
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_EQ(UINT64_MAX, guest_u64(vm, OTHER + 0x1000));
	EXPECT_OK(hv_ram_take_dirty(vm, OTHER, 0x3000, bitmap));
	EXPECT_EQ(1 << 1, bitmap[0]);
}

TEST(stage2_arguments, "hv.stage2.arguments", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(nothing, 0);
	uint8_t bitmap[1];

	EXPECT_ERRNO(EINVAL, hv_ram_protect(vm, 0x1001, 0x1000, 0));
	EXPECT_ERRNO(EINVAL, hv_ram_protect(vm, 0x1000, 0, 0));
	EXPECT_ERRNO(EINVAL, hv_ram_protect(vm, 0x1000, 0x1000, 4));
	EXPECT_ERRNO(ENOENT, hv_ram_protect(vm, GUEST_RAM - 0x1000, 0x2000, 0));
	EXPECT_ERRNO(ENOENT, hv_ram_protect(vm, HV_ECAM_BASE, 0x1000, 0));
	need_dirty(vm);
	EXPECT_ERRNO(EINVAL, hv_ram_take_dirty(vm, 0x800, 0x1000, bitmap));
	EXPECT_ERRNO(ENOENT, hv_ram_take_dirty(vm, GUEST_RAM, 0x1000, bitmap));
}
