/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest may leave 64-bit mode: for 32-bit paging of both kinds, for protected mode without paging, for real mode. In
 * each it stops, is interrupted and reaches its devices like before. None of the control registers is the host's.
 */
#include <string.h>

#include "tests/suites/hv.h"
#include "tests/test.h"

#define DEVICE       HV_BAR_WINDOW_BASE
#define FIRST_VECTOR 0x40U
#define CR4_PSE      0x10U
#define CR4_PAE      0x20U
#define TABLES       UINT64_C(0x40000)
#define PARAMETERS   GUEST_DATA

/* From 64-bit mode to 32-bit protected mode without paging: first to a 32-bit code segment, then paging and LME off. */
#define TO_32                                                                                                   \
	"push $0x18\nlea 1f(%rip), %rax\npush %rax\nlretq\n.code32\n1: mov %cr0, %eax\nand $0x7fffffff, %eax\n" \
	"mov %eax, %cr0\nmov $0xc0000080, %ecx\nrdmsr\nand $~0x100, %eax\nwrmsr\n"                              \
	"mov $0x10, %eax\nmov %eax, %ds\nmov %eax, %es\nmov %eax, %ss\nmov %eax, %fs\n"
/* Status in EDI. */
#define EXIT_32 "mov $2, %eax\nvmmcall\n.code64\n"

static uint64_t writes[8];
static unsigned write_count;

static uint64_t device_read(void *arg, uint64_t offset, unsigned width)
{
	(void)arg;
	return 0x11220000 + offset * 16 + width;
}

/* What looks like a vector is one. */
static void device_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	if (write_count < sizeof(writes) / sizeof(writes[0]))
		writes[write_count] = offset << 16 | (uint64_t)width << 8 | value;
	write_count++;
	if (value >= FIRST_VECTOR)
		hv_msi(arg, UINT64_C(0xfee00000), (uint32_t)value);
}

static struct hv_vm *with_device(struct hv_vm *vm)
{
	const struct hv_mmio region = {DEVICE, 0x1000, device_read, device_write, vm, "mode"};

	write_count = 0;
	EXPECT_OK(hv_mmio_add(vm, &region));
	return vm;
}

GUEST(flat32, INTERRUPTS TO_32 "xor %eax, %eax\ncpuid\nin $0x80, %al\nmov $0xc0000000, %ebx\nmovl $0x32, (%ebx)\n"
                               "movzwl 6(%ebx), %edi\n" EXIT_32);

TEST(mode_flat, "hv.mode.protected_without_paging", NEEDS_HV, "SDM 3A 10.9")
{
	struct hv_vm *vm = with_device(GUEST_VM(flat32, 0));

	EXPECT_EQ(0x62, guest_exit_status(vm));
	EXPECT_EQ(1, write_count);
	EXPECT_EQ(0x432, writes[0]);
}

/* CR4 and CR3 as the test says, then paging on. The device is seen through page tables of that kind. */
GUEST(paged32, INTERRUPTS TO_32 "mov 0x30000, %eax\nmov %eax, %cr4\nmov 0x30004, %eax\nmov %eax, %cr3\nmov %cr0, %eax\n"
                                "or $0x80000000, %eax\nmov %eax, %cr0\njmp 2f\n2: xor %eax, %eax\ncpuid\n"
                                "mov $0x80000000, %ebx\nmovl $0x33, 4(%ebx)\nmov 8(%ebx), %edi\n" EXIT_32);

static uint64_t run_paged(struct hv_vm *vm, uint32_t cr4, uint32_t cr3)
{
	const uint32_t parameters[] = {cr4, cr3};

	memcpy(guest_at(vm, PARAMETERS), parameters, sizeof(parameters));
	return guest_exit_status(vm);
}

/* Linear 2 GiB is the device, the rest one to one. */
TEST(mode_legacy, "hv.mode.paging_of_32_bits", NEEDS_HV, "SDM 3A 4.3")
{
	struct hv_vm *vm = with_device(GUEST_VM(paged32, 0));
	uint32_t *pd = guest_at(vm, TABLES), *pt = guest_at(vm, TABLES + 0x1000);

	pd[0] = 0x83; /* 4 MiB */
	pd[0x200] = (uint32_t)TABLES + 0x1003;
	pt[0] = (uint32_t)DEVICE | 3;
	EXPECT_EQ(0x11220084, run_paged(vm, CR4_PSE, (uint32_t)TABLES));
	EXPECT_EQ(0x40433, writes[0]);
	/* And by a large page. */
	GUEST_LOAD(vm, paged32, 0);
	pd[0] = 0x83;
	pd[0x200] = (uint32_t)DEVICE | 0x83;
	EXPECT_EQ(0x11220084, run_paged(vm, CR4_PSE, (uint32_t)TABLES));
	EXPECT_EQ(2, write_count);
}

TEST(mode_pae, "hv.mode.paging_of_pae", NEEDS_HV, "SDM 3A 4.4")
{
	struct hv_vm *vm = with_device(GUEST_VM(paged32, 0));
	uint64_t *pdpt = guest_at(vm, TABLES), *low = guest_at(vm, TABLES + 0x1000),
	         *high = guest_at(vm, TABLES + 0x2000);

	pdpt[0] = (TABLES + 0x1000) | 1;
	pdpt[2] = (TABLES + 0x2000) | 1;
	low[0] = 0x83; /* 2 MiB */
	high[0] = DEVICE | 0x83;
	EXPECT_EQ(0x11220084, run_paged(vm, CR4_PAE, (uint32_t)TABLES));
	EXPECT_EQ(0x40433, writes[0]);
}

/* To real mode by a 16-bit segment, with FS still 4 GiB wide; an interrupt by the vectors at address 0; out by a call.
 */
GUEST(real, INTERRUPTS TO_32
      "ljmp $0x58, $2f-real_first\n.code16\n2: mov %cr0, %eax\nand $~1, %eax\nmov %eax, %cr0\n"
      "ljmp $0x1000, $3f-real_first\n3: xor %ax, %ax\nmov %ax, %ds\nmov %ax, %es\nmov %ax, %ss\n"
      "mov $0xe000, %sp\nlidt 0x7120\nmovw $4f-real_first, 0x104\nmovw $0x1000, 0x106\n"
      "xor %eax, %eax\ncpuid\nin $0x80, %al\nxor %edi, %edi\n"
      "mov $0xc0000000, %ebx\nmovl $0x16, %fs:(%ebx)\nmov $0xabcd, %ax\nmov %fs:2(%ebx), %ax\nmov %ax, 0x7200\n"
      "movw $0x20, %fs:4(%ebx)\nsti\nnop\nmovl $0x41, %fs:(%ebx)\nnop\ncli\n"
      "mov %cr0, %eax\nand $1, %eax\nshl $8, %eax\nor %eax, %edi\nmov $2, %eax\nvmmcall\n"
      "4: push %eax\npush %ecx\npush %edx\ninc %edi\nmov $0x80b, %ecx\nxor %eax, %eax\nxor %edx, %edx\nwrmsr\n"
      "pop %edx\npop %ecx\npop %eax\niret\n.code64\n");

static void prepare_real(struct hv_vm *vm)
{
	static const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) vectors = {0x3ff, 0};

	memcpy(guest_at(vm, 0x7120), &vectors, sizeof(vectors));
}

TEST(mode_real, "hv.mode.real", NEEDS_HV, "SDM 3A 10.9.2")
{
	struct hv_vm *vm = with_device(GUEST_VM(real, 0));

	prepare_real(vm);
	EXPECT_EQ(1, guest_exit_status(vm)); /* the interrupt came once, and PE is off */
	EXPECT_EQ(3, write_count);
	EXPECT_EQ(0x416, writes[0]);
	EXPECT_EQ(0x40220, writes[1]);
	EXPECT_EQ(0x441, writes[2]);
	EXPECT_EQ(0x22, guest_u64(vm, 0x7200) & 0xffff);
}

/* In real mode, too, the third fault is the last: no vectors, no stack. */
GUEST(real_triple, INTERRUPTS TO_32
      "ljmp $0x58, $2f-real_triple_first\n.code16\n2: mov %cr0, %eax\nand $~1, %eax\nmov %eax, %cr0\n"
      "ljmp $0x1000, $3f-real_triple_first\n3: xor %ax, %ax\nmov %ax, %ds\nlidt 0x7120\nud2\n.code64\n");

TEST(mode_real_triple, "hv.mode.real_triple_fault", NEEDS_HV, "SDM 3A 7.15")
{
	struct hv_vm *vm = GUEST_VM(real_triple, 0);

	memset(guest_at(vm, 0x7120), 0, 10); /* a table of one byte */
	guest_run(vm, HV_END_SHUTDOWN);
	GUEST_LOAD(vm, flat32, 0);
	with_device(vm);
	EXPECT_EQ(0x62, guest_exit_status(vm)); /* and the machine begins in 64-bit mode again */
}
