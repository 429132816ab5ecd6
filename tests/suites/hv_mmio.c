/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's addresses: RAM of its own, a device that is callbacks, a device page of the host's that it reaches without
 * an exit, and nothing. Each access to a device arrives with the address, width and value that the instruction gave it;
 * what reaches out of all this ends the guest, and the host hears where.
 */
#include <errno.h>
#include <string.h>

#include "kernel/mem.h"
#include "tests/suites/hv.h"
#include "tests/test.h"

#define UD      6
#define BAR     HV_BAR_WINDOW_BASE
#define NOWHERE UINT64_C(0x40000000)

struct record {
	bool write;
	uint32_t offset;
	unsigned width;
	uint64_t value;
};

static struct record records[64];
static unsigned record_count;

static void note(bool write, uint64_t offset, unsigned width, uint64_t value)
{
	if (record_count < sizeof(records) / sizeof(records[0]))
		records[record_count] = (struct record){write, (uint32_t)offset, width, value};
	record_count++;
}

static uint64_t device_read(void *arg, uint64_t offset, unsigned width)
{
	note(false, offset, width, 0);
	return *(uint64_t *)arg + offset;
}

static void device_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)arg;
	note(true, offset, width, value);
}

static uint64_t device_value;

static void add_device(struct hv_vm *vm, uint64_t gpa, uint64_t size)
{
	const struct hv_mmio region = {gpa, size, device_read, device_write, &device_value, "test"};

	record_count = 0;
	device_value = UINT64_C(0x8877665544332200);
	EXPECT_OK(hv_mmio_add(vm, &region));
}

static void expect_records(const struct record *expected, unsigned count)
{
	for (unsigned i = 0; i < count && i < record_count; i++) {
		test_context("access %u", i);
		EXPECT_EQ(expected[i].write, records[i].write);
		EXPECT_EQ(expected[i].offset, records[i].offset);
		EXPECT_EQ(expected[i].width, records[i].width);
		EXPECT_EQ(expected[i].value, records[i].value);
	}
	test_context("");
	EXPECT_EQ(count, record_count);
}

GUEST(writes, "mov $0xc0000000, %ebx\nmov $0x1122334455667788, %rax\n"
              "mov %al, (%rbx)\nmov %ah, 1(%rbx)\nmov %ax, 2(%rbx)\nmov %eax, 4(%rbx)\nmov %rax, 8(%rbx)\n"
              "movb $0x5a, 16(%rbx)\nmovw $0x1234, 18(%rbx)\nmovl $0x89abcdef, 20(%rbx)\nmovq $-2, 24(%rbx)\n"
              "movl $1, 0x31(%rbx)\n" EXIT);

TEST(hv_mmio_writes, "hv.mmio.write_widths", NEEDS_HV, "APM 2 15.25.6")
{
	static const struct record expected[] = {
	        {true, 0, 1, 0x88},
	        {true, 1, 1, 0x77},
	        {true, 2, 2, 0x7788},
	        {true, 4, 4, 0x55667788},
	        {true, 8, 8, UINT64_C(0x1122334455667788)},
	        {true, 16, 1, 0x5a},
	        {true, 18, 2, 0x1234},
	        {true, 20, 4, 0x89abcdef},
	        {true, 24, 8, UINT64_MAX - 1},
	        {true, 0x31, 4, 1},
	};
	struct hv_vm *vm = GUEST_VM(writes, 0);

	add_device(vm, BAR, 0x1000);
	guest_run(vm, HV_END_EXIT);
	expect_records(expected, sizeof(expected) / sizeof(expected[0]));
}

GUEST(reads,
      "mov $0xc0000000, %ebx\nmov $-1, %rax\nmov $-1, %rcx\nmov $-1, %rdx\nmov $-1, %rsi\nmov $-1, %r8\nmov $-1, %r9\n"
      "mov 1(%rbx), %al\nmov 2(%rbx), %cx\nmov 4(%rbx), %edx\nmov 8(%rbx), %rsi\nmovzbl 16(%rbx), %r8d\n"
      "movswq 0xee00(%rbx), %r9\n"
      "mov %rax, 0x30000\nmov %rcx, 0x30008\nmov %rdx, 0x30010\nmov %rsi, 0x30018\nmov %r8, 0x30020\nmov %r9, "
      "0x30028\n" EXIT);

TEST(hv_mmio_reads, "hv.mmio.read_widths", NEEDS_HV, "APM 2 15.25.6")
{
	static const uint64_t expected[] = {
	        UINT64_C(0xffffffffffffff01),
	        UINT64_C(0xffffffffffff2202),
	        0x44332204,
	        UINT64_C(0x8877665544332208),
	        0x10,
	        0x1000,
	};
	struct hv_vm *vm = GUEST_VM(reads, 0);

	add_device(vm, BAR, 0x10000);
	guest_run(vm, HV_END_EXIT);
	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		test_context("read %u", i);
		EXPECT_EQ(expected[i], guest_u64(vm, GUEST_DATA + 8 * i));
	}
}

GUEST(modify, "mov $0xc0000000, %ebx\nlock orl $0x10000, (%rbx)\nmov $3, %eax\nxchg %eax, 4(%rbx)\nmov %eax, %ecx\n"
              "cmpl $0x44332208, 8(%rbx)\nsete %dil\ntestb $0x10, 16(%rbx)\nsetne %al\nand %al, %dil\n"
              "movzbl %dil, %edi\nshl $32, %rcx\nor %rcx, %rdi\n" EXIT);

TEST(hv_mmio_modify, "hv.mmio.read_modify_write", NEEDS_HV, "SDM 2A, B")
{
	static const struct record expected[] = {
	        {false, 0, 4, 0}, {true, 0, 4, 0x44332200 | 0x10000},
	        {false, 4, 4, 0}, {true, 4, 4, 3},
	        {false, 8, 4, 0}, {false, 16, 1, 0},
	};
	struct hv_vm *vm = GUEST_VM(modify, 0);

	add_device(vm, BAR, 0x1000);
	EXPECT_EQ(UINT64_C(0x44332204) << 32 | 1, guest_exit_status(vm));
	expect_records(expected, sizeof(expected) / sizeof(expected[0]));
}

GUEST(strings, "cld\nmov $0xc0000000, %edi\nmov $0xabcdef01, %eax\nmov $3, %ecx\nrep stosl\n"
               "mov $0xc0000100, %esi\nmov $0x30000, %edi\nmov $2, %ecx\nrep movsq\n"
               "mov $0x30000, %esi\nmov $0xc0000ffe, %edi\nmovsl\n" /* across two pages of the device */
               "mov %rcx, %rdi\n" EXIT);

TEST(hv_mmio_strings, "hv.mmio.string_instructions", NEEDS_HV, "SDM 2B MOVS")
{
	static const struct record expected[] = {
	        {true, 0, 4, 0xabcdef01}, {true, 4, 4, 0xabcdef01}, {true, 8, 4, 0xabcdef01},  {false, 0x100, 8, 0},
	        {false, 0x108, 8, 0},     {true, 0xffe, 2, 0x2300}, {true, 0x1000, 2, 0x4433},
	};
	struct hv_vm *vm = GUEST_VM(strings, 0);
	struct hv_stats stats;

	add_device(vm, BAR, 0x2000);
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_EQ(UINT64_C(0x8877665544332300), guest_u64(vm, GUEST_DATA));
	EXPECT_EQ(UINT64_C(0x8877665544332308), guest_u64(vm, GUEST_DATA + 8));
	expect_records(expected, sizeof(expected) / sizeof(expected[0]));
	hv_stats_get(vm, &stats);
	EXPECT_EQ(3, stats.exits[HV_CAUSE_MMIO]); /* one an instruction, not one an element */
}

/* The region's own write callback takes the region away and puts another one elsewhere, as a moved BAR does. */
static struct hv_vm *moving;

static void move_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	const struct hv_mmio region = {value, 0x1000, device_read, device_write, &device_value, "moved"};

	(void)arg, (void)offset, (void)width;
	note(true, 0, 0, (uint64_t)(int64_t)hv_mmio_remove(moving, BAR));
	note(true, 0, 0, (uint64_t)(int64_t)hv_mmio_add(moving, &region));
}

GUEST(move, "mov $0xc0000000, %ebx\nmov $0xc0400000, %eax\nmov %eax, (%rbx)\nmovl $7, 0x400008(%rbx)\nmov (%rbx), "
            "%eax\n" EXIT);

TEST(hv_mmio_move, "hv.mmio.moved_inside_callback", NEEDS_HV, "kernel/hv/hv.h")
{
	static const struct record expected[] = {{true, 0, 0, 0}, {true, 0, 0, 0}, {true, 8, 4, 7}};
	const struct hv_mmio region = {BAR, 0x1000, device_read, move_write, &device_value, "moves"};
	struct hv_result result;

	moving = GUEST_VM(move, 0);
	record_count = 0;
	EXPECT_OK(hv_mmio_add(moving, &region));
	result = guest_run(moving, HV_END_BAD_ACCESS);
	EXPECT_EQ(BAR, result.address);
	expect_records(expected, 3);
}

/* A portal that is taken away from the guest meanwhile: 64 bytes arrive in order. */
GUEST(movdir64b, "mov $0x30000, %esi\nmov $0xc0000040, %eax\n.byte 0x66, 0x0f, 0x38, 0xf8, 0x06\n" EXIT);

TEST(hv_mmio_movdir64b, "hv.mmio.movdir64b", NEEDS_HV | NEEDS_MOVDIR64B, "SDM 2A MOVDIR64B")
{
	struct hv_vm *vm = GUEST_VM(movdir64b, 0);
	uint64_t *source = guest_at(vm, GUEST_DATA);

	add_device(vm, BAR, 0x1000);
	for (unsigned i = 0; i < 8; i++)
		source[i] = i * UINT64_C(0x0101010101010101);
	guest_run(vm, HV_END_EXIT);
	EXPECT_EQ(8, record_count);
	for (unsigned i = 0; i < 8; i++) {
		EXPECT_EQ(0x40 + 8 * i, records[i].offset);
		EXPECT_EQ(source[i], records[i].value);
	}
}

GUEST(unknown, INTERRUPTS "mov $0xc0000000, %ebx\nmull (%rbx)\n" EXIT);

TEST(hv_mmio_unknown, "hv.mmio.unknown_instruction_is_ud", NEEDS_HV, "kernel/hv/decode.h")
{
	struct hv_vm *vm = GUEST_VM(unknown, 0);

	add_device(vm, BAR, 0x1000);
	EXPECT_EQ(GUEST_EXCEPTION + UD, guest_exit_status(vm));
	EXPECT_EQ(0, record_count);
}

GUEST(ecam, "mov $0xb0018000, %ebx\nmov 0x44(%rbx), %eax\nmov 0xffe(%rbx), %cx\nmovb $0x77, 0x3c(%rbx)\nmov "
            "0x100(%rbx), %rdx\n"
            "mov %eax, 0x30000\nmov %ecx, 0x30004\nmov %rdx, 0x30008\nmov 0xb0000000-0xb0018000(%rbx), %edi\n" EXIT);

static uint32_t config_read(void *arg, uint16_t offset, unsigned width)
{
	(void)arg;
	return (uint32_t)offset << 8 | width;
}

static void config_write(void *arg, uint16_t offset, unsigned width, uint32_t value)
{
	*(uint64_t *)arg = (uint64_t)offset << 48 | (uint64_t)width << 32 | value;
}

TEST(hv_ecam, "hv.mmio.ecam", NEEDS_HV, "PCIe 7.2.2")
{
	static const struct hv_pci_ops ops = {config_read, config_write};
	struct hv_vm *vm = GUEST_VM(ecam, 0);
	uint64_t written = 0;

	EXPECT_OK(hv_pci_add(vm, HV_DEVFN(3, 0), &ops, &written));
	EXPECT_ERRNO(EEXIST, hv_pci_add(vm, HV_DEVFN(3, 0), &ops, &written));
	EXPECT_EQ(0xffffffff, guest_exit_status(vm)); /* 00:00.0 is not there */
	EXPECT_EQ(0x4404, guest_u64(vm, GUEST_DATA) & 0xffffffff);
	EXPECT_EQ(0xfe02, guest_u64(vm, GUEST_DATA) >> 32 & 0xffff);
	EXPECT_EQ(UINT64_C(0x0001040400010004), guest_u64(vm, GUEST_DATA + 8));
	EXPECT_EQ(UINT64_C(0x003c0001) << 32 | 0x77, written);
}

/* ---- nothing there ---- */

GUEST(read_nowhere, "mov (%rdi), %eax\n" EXIT);
GUEST(write_nowhere, "mov %eax, (%rdi)\n" EXIT);
GUEST(fetch_nowhere, "jmp *%rdi\n");
GUEST(tables_nowhere, "mov %rdi, %cr3\nnop\n" EXIT);

TEST(hv_nowhere, "hv.mmio.outside_ends_the_guest", NEEDS_HV, "APM 2 15.25.6")
{
	struct hv_vm *vm = GUEST_VM(read_nowhere, NOWHERE + 8);
	struct hv_result result = guest_run(vm, HV_END_BAD_ACCESS);

	EXPECT_EQ(NOWHERE + 8, result.address);
	EXPECT_EQ(HV_ACCESS_READ, result.access);
	EXPECT_EQ(HV_FLAT_CODE, result.regs.rip);
	GUEST_LOAD(vm, write_nowhere, GUEST_RAM);
	result = guest_run(vm, HV_END_BAD_ACCESS);
	EXPECT_EQ(GUEST_RAM, result.address);
	EXPECT_EQ(HV_ACCESS_WRITE, result.access);
	GUEST_LOAD(vm, fetch_nowhere, NOWHERE);
	result = guest_run(vm, HV_END_BAD_ACCESS);
	EXPECT_EQ(NOWHERE, result.address);
	EXPECT_EQ(HV_ACCESS_FETCH, result.access);
	GUEST_LOAD(vm, fetch_nowhere, HV_ECAM_BASE);
	result = guest_run(vm, HV_END_BAD_ACCESS);
	EXPECT_EQ(HV_ECAM_BASE, result.address);
	GUEST_LOAD(vm, tables_nowhere, NOWHERE);
	result = guest_run(vm, HV_END_BAD_ACCESS);
	EXPECT_EQ(NOWHERE, result.address & ~UINT64_C(0xfff));
}

/* ---- memory of one's own, and device pages ---- */

GUEST(exchange, "mov 0x30000, %rax\nmov %rdi, 0x30000\nmov %rax, %rdi\n" EXIT);

TEST(hv_isolation, "hv.memory.one_guest_from_another", NEEDS_HV, "APM 2 15.25")
{
	struct hv_vm *one = GUEST_VM(exchange, 111), *other = GUEST_VM(exchange, 222);

	EXPECT_EQ(0, guest_exit_status(one));
	EXPECT_EQ(0, guest_exit_status(other));
	EXPECT_EQ(111, guest_u64(one, GUEST_DATA));
	EXPECT_EQ(222, guest_u64(other, GUEST_DATA));
	/* The TLB does not mix them either: both again, in turn. */
	for (uint64_t i = 0; i < 10; i++) {
		GUEST_LOAD(one, exchange, i);
		EXPECT_EQ(0, guest_exit_status(one));
		EXPECT_EQ(i, guest_u64(one, GUEST_DATA));
		EXPECT_EQ(222, guest_u64(other, GUEST_DATA));
	}
}

TEST(hv_ram_ranges, "hv.memory.ranges_for_the_iommu", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(exchange, 0);
	const struct hv_ram *ram;

	EXPECT_OK(hv_ram_add(vm, 0x10000000, 0x3000));
	EXPECT_EQ(2, hv_ram_count(vm));
	ram = hv_ram_get(vm, 1);
	EXPECT_EQ(0x10000000, ram->gpa);
	EXPECT_EQ(0x3000, ram->size);
	EXPECT_EQ(phys_of(ram->host), ram->hpa);
	EXPECT_TRUE(hv_ram_get(vm, 2) == NULL);
	EXPECT_EQ(0, guest_exit_status(vm));
}

GUEST(device, "mov %rax, (%rdi)\nmov 8(%rdi), %rax\nmov %rax, %rdi\n" EXIT);

/* A page of the host's own stands for the device's. */
TEST(hv_device_page, "hv.memory.device_page_without_exits", NEEDS_HV, "APM 2 15.25.8")
{
	uint64_t *page = test_pages(1);
	struct hv_vm *vm = GUEST_VM(device, BAR + 0x10);
	struct hv_result result;
	struct hv_stats stats;

	page[2] = 1;
	page[3] = 0x1357;
	EXPECT_OK(hv_map_device(vm, BAR, phys_of(page), 4096));
	EXPECT_ERRNO(EEXIST, hv_map_device(vm, BAR, phys_of(page), 4096));
	EXPECT_EQ(0x1357, guest_exit_status(vm));
	EXPECT_EQ(0, page[2]);
	hv_stats_get(vm, &stats);
	EXPECT_EQ(1 + stats.exits[HV_CAUSE_INTERRUPT], stats.total);
	/* Taken back: the next access finds nothing, although a moment ago it went through. */
	EXPECT_OK(hv_unmap(vm, BAR, 4096));
	GUEST_LOAD(vm, device, BAR + 0x10);
	result = guest_run(vm, HV_END_BAD_ACCESS);
	EXPECT_EQ(BAR + 0x10, result.address);
}
