/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An instruction that the hypervisor does in the guest's place fails as the processor's own would: its other operand is
 * where the guest's page tables forbid it, its target is no address, or the device ends in its middle. The guest gets
 * the exception with the error code and address that the manual says, and nothing of the instruction is done.
 */
#include "tests/suites/hv.h"
#include "tests/test.h"

#define GP      13
#define PF      14
#define NOWHERE UINT64_C(0x100000000) /* behind what the guest's tables map */
#define PAGE    UINT64_C(0x200000)    /* its table entry is what a test says */
#define ENTRY   (PAGE | 0x83)         /* present, writable, large */
#define USER    UINT64_C(4)
#define WRITE   UINT64_C(2)

/* The bits of a page fault's error code. */
#define ERROR_PRESENT 1U
#define ERROR_WRITE   2U
#define ERROR_USER    4U

static unsigned reads, writes;
static uint64_t value;

static uint64_t device_read(void *arg, uint64_t offset, unsigned width)
{
	(void)arg, (void)offset, (void)width;
	reads++;
	return value;
}

static void device_write(void *arg, uint64_t offset, unsigned width, uint64_t written)
{
	(void)arg, (void)offset, (void)width, (void)written;
	writes++;
}

static struct hv_vm *with_device(struct hv_vm *vm, uint64_t size)
{
	const struct hv_mmio region = {HV_BAR_WINDOW_BASE, size, device_read, device_write, NULL, "test"};

	reads = writes = 0;
	value = UINT64_C(0x1122334455667788);
	EXPECT_OK(hv_mmio_add(vm, &region));
	return vm;
}

/* The error code is where the processor leaves it for the handler. */
static void expect_page_fault(struct hv_vm *vm, uint64_t address, uint64_t error)
{
	struct hv_result result = guest_run(vm, HV_END_EXIT);

	test_context("error code %#x", (unsigned)error);
	EXPECT_EQ(GUEST_EXCEPTION + PF, result.status);
	EXPECT_EQ(address, result.regs.cr2);
	EXPECT_EQ(error, guest_u64(vm, result.regs.gpr[HV_RSP]));
	test_context("");
}

/* ---- the second operand ---- */

#define FROM_DEVICE "mov $0xc0000000, %esi\n"
/* RDI: the table entry of PAGE. */
#define SET_ENTRY   "mov %rdi, 0x3008\nmov $0x200000, %edi\ninvlpg (%rdi)\n"

GUEST(absent_write, INTERRUPTS FROM_DEVICE "mov $0x100000124, %rdi\nmovsl\n");
GUEST(absent_read, INTERRUPTS FROM_DEVICE "mov $0x100000000, %rdi\ncmpsl\n");
GUEST(absent_user, INTERRUPTS TO_RING3("0x202") FROM_DEVICE "mov $0x100000000, %rdi\nmovsl\n");
GUEST(forbidden_write, INTERRUPTS SET_ENTRY FROM_DEVICE "movsl\n");
GUEST(forbidden_user, INTERRUPTS SET_ENTRY TO_RING3("0x202") FROM_DEVICE "mov $0x200000, %edi\nmovsl\n");

TEST(fault_operand, "hv.mmio.page_fault_of_second_operand", NEEDS_HV, "SDM 3A 4.7")
{
	struct hv_vm *vm = with_device(GUEST_VM(absent_write, 0), 0x1000);

	expect_page_fault(vm, NOWHERE + 0x124, ERROR_WRITE);
	GUEST_LOAD(vm, absent_read, 0);
	expect_page_fault(vm, NOWHERE, 0);
	GUEST_LOAD(vm, absent_user, 0);
	guest_allow_user(vm);
	expect_page_fault(vm, NOWHERE, ERROR_USER | ERROR_WRITE);
	GUEST_LOAD(vm, forbidden_write, ENTRY & ~WRITE);
	expect_page_fault(vm, PAGE, ERROR_PRESENT | ERROR_WRITE);
	GUEST_LOAD(vm, forbidden_user, ENTRY);
	guest_allow_user(vm);
	expect_page_fault(vm, PAGE, ERROR_PRESENT | ERROR_USER | ERROR_WRITE);
	EXPECT_EQ(0, writes);
}

/* Ends with status 1 where the processor has no SMAP. */
GUEST(supervisor, INTERRUPTS
      "mov %rdi, %r8\nmov $7, %eax\nxor %ecx, %ecx\ncpuid\nmov $1, %edi\nbt $20, %ebx\njc 4f\n" EXIT
      "4: mov %r8, %rdi\n" SET_ENTRY "mov %cr4, %rax\nor $0x200000, %eax\nmov %rax, %cr4\n" FROM_DEVICE "movsl\n");

TEST(fault_smap, "hv.mmio.page_fault_by_smap", NEEDS_HV, "SDM 3A 4.6.1")
{
	struct hv_vm *vm = with_device(GUEST_VM(supervisor, ENTRY), 0x1000);
	struct hv_result result;

	EXPECT_OK(hv_run(vm, GUEST_LIMIT_MS, &result));
	if (result.end == HV_END_EXIT && result.status == 1)
		SKIP("the processor has no SMAP");
	GUEST_LOAD(vm, supervisor, ENTRY | USER);
	*(uint64_t *)guest_at(vm, 0x1000) |= USER; /* and the entries above PAGE's, as kernel/hv/load.c makes them */
	*(uint64_t *)guest_at(vm, 0x2000) |= USER;
	expect_page_fault(vm, PAGE, ERROR_PRESENT | ERROR_WRITE);
}

/* Half of it is where RAM is. */
GUEST(across, INTERRUPTS FROM_DEVICE "mov $0xfffffffc, %edi\nmovsq\n");

TEST(fault_across, "hv.mmio.page_fault_writes_nothing", NEEDS_HV, "SDM 3A 6.5")
{
	struct hv_vm *vm = with_device(GUEST_VM(across, 0), 0x1000);

	EXPECT_OK(hv_ram_add(vm, 0xfffff000, 0x1000));
	expect_page_fault(vm, NOWHERE, ERROR_WRITE);
	EXPECT_EQ(0, guest_u64(vm, 0xfffffff8));
}

/* ---- a target ---- */

GUEST(far_call, INTERRUPTS "mov $0xc0000000, %ebx\ncall *(%rbx)\n");
GUEST(far_jump, INTERRUPTS "mov $0xc0000000, %ebx\njmp *(%rbx)\n");

static void expect_no_branch(struct hv_vm *vm)
{
	struct hv_result result;

	value = UINT64_C(0x0000800000000000);
	result = guest_run(vm, HV_END_EXIT);
	EXPECT_EQ(GUEST_EXCEPTION + GP, result.status);
	EXPECT_EQ(0, guest_u64(vm, result.regs.gpr[HV_RSP]));
	EXPECT_EQ(HV_FLAT_STACK_TOP - 48, result.regs.gpr[HV_RSP]); /* no return address */
}

TEST(fault_target, "hv.mmio.target_not_canonical", NEEDS_HV, "SDM 2A CALL")
{
	struct hv_vm *vm = with_device(GUEST_VM(far_call, 0), 0x1000);

	expect_no_branch(vm);
	GUEST_LOAD(vm, far_jump, 0);
	expect_no_branch(vm);
}

/* ---- the end of a region ---- */

GUEST(edge, "mov $0xc0000000, %ebx\nmov $7, %eax\nmov %eax, 4(%rbx)\nmov 4(%rbx), %edi\nmov 3(%rbx), %ecx\n"
            "mov %ax, 4(%rbx)\nmov 5(%rbx), %cl\n" EXIT);

TEST(fault_edge, "hv.mmio.end_of_a_region", NEEDS_HV, "kernel/hv/hv.h")
{
	EXPECT_EQ(UINT32_MAX, guest_exit_status(with_device(GUEST_VM(edge, 0), 6)));
	EXPECT_EQ(1, reads);
	EXPECT_EQ(1, writes);
}

GUEST(beyond, "mov $0xc0000006, %ebx\nmov (%rbx), %al\n" EXIT);

TEST(fault_beyond, "hv.mmio.behind_a_region", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_result result = guest_run(with_device(GUEST_VM(beyond, 0), 6), HV_END_BAD_ACCESS);

	EXPECT_EQ(HV_BAR_WINDOW_BASE + 6, result.address);
	EXPECT_EQ(0, reads);
}
