/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that runs here, then there. What a processor keeps of it, be it registers or translations, must not show when
 * it goes on elsewhere.
 */
#include "kernel/mem.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "tests/suites/hv_far.h"
#include "tests/test.h"

#define WINDOW   HV_BAR_WINDOW_BASE /* 0xc0000000 */
#define COUNTER  GUEST_DATA         /* 0x30000 */
#define MSI      UINT64_C(0xfee00000)
#define SLICES   12U
#define SLICE_MS 4U

/*
 * A number sequence through all the general registers, XMM15 and memory: a register that one
 * slice loses shows in the result of all.
 */
GUEST(moving,
      "mov %cr4, %rax\nor $0x600, %eax\nmov %rax, %cr4\n"
      "mov $1, %eax\nmov $2, %ebx\nmov $3, %edx\nmov $4, %esi\nmov $5, %ebp\nmov $6, %r8d\nmov $7, %r9d\n"
      "mov $8, %r10d\nmov $9, %r11d\nmov $10, %r12d\nmov $11, %r13d\nmov $12, %r14d\nmov %rdi, %r15\n"
      "movq %rax, %xmm15\n"
      "1: movabs $6364136223846793005, %rcx\nimul %rcx, %rax\nadd %rdi, %rax\n"
      "xchg %rax, %rbx\nxchg %rbx, %rdx\nxchg %rdx, %rsi\nxchg %rsi, %rbp\nxchg %rbp, %r8\nxchg %r8, %r9\n"
      "xchg %r9, %r10\nxchg %r10, %r11\nxchg %r11, %r12\nxchg %r12, %r13\nxchg %r13, %r14\n"
      "movq %xmm15, %rcx\nadd %rcx, %rax\nmovq %rax, %xmm15\nadd %rax, 0x30008\n"
      "dec %r15\njnz 1b\n"
      "xor %rbx, %rax\nxor %rdx, %rax\nxor %rsi, %rax\nxor %rbp, %rax\nxor %r8, %rax\nxor %r9, %rax\nxor %r10, %rax\n"
      "xor %r11, %rax\nxor %r12, %rax\nxor %r13, %rax\nxor %r14, %rax\nadd 0x30008, %rax\n"
      "mov %rax, %rdi\n" EXIT);

#define MOVING_ROUNDS 3000000U

TEST(smp_moved, "hv.smp.moved.registers", NEEDS_FAR, "APM 2 15.5")
{
	struct hv_vm *vm = GUEST_VM(moving, MOVING_ROUNDS);
	struct hv_result result = {0};
	unsigned slices = 0;
	uint64_t expected;

	test_limit(60000);
	EXPECT_OK(hv_run(vm, 20000, &result));
	EXPECT_EQ(HV_END_EXIT, result.end);
	expected = result.status;
	GUEST_LOAD(vm, moving, MOVING_ROUNDS);
	do {
		/* The first ones are too short for all of it, however unevenly a busy machine's time goes. */
		far_run(vm, slices % smp_count(), slices < 3 ? 1 : SLICE_MS, &result);
		EXPECT_LE(20000 / SLICE_MS, ++slices);
	} while (result.end == HV_END_TIMEOUT);
	EXPECT_EQ(HV_END_EXIT, result.end);
	EXPECT_EQ(expected, result.status);
	EXPECT_GE(3, slices);
	test_note("%u slices on %u processors", slices, smp_count());
}

/* What no computation uses: MSRs that the processor switches, CR2, the task priority. RDI becomes what was lost. */
GUEST(system_state, INTERRUPTS
      "mov $0xc0000102, %ecx\nmov $0x12345678, %eax\nmov $0x1234, %edx\nwrmsr\n"
      "mov $0xc0000082, %ecx\nmov $0x9abcdef0, %eax\nmov $0x56, %edx\nwrmsr\n"
      "mov $0xc0000100, %ecx\nmov $0x30000, %eax\nxor %edx, %edx\nwrmsr\n"
      "mov $0x175, %ecx\nmov $0x7777, %eax\nwrmsr\n"
      "mov $0x5555000, %eax\nmov %rax, %cr2\nmov $3, %eax\nmov %rax, %cr8\n"
      "movl $1, 0x30000\n"
      "1: cmpl $2, 0x30000\njne 1b\n"
      "mov $1, %edi\nmov $0xc0000102, %ecx\nrdmsr\ncmp $0x12345678, %eax\njne 2f\ncmp $0x1234, %edx\njne 2f\n"
      "mov $2, %edi\nmov $0xc0000082, %ecx\nrdmsr\ncmp $0x9abcdef0, %eax\njne 2f\ncmp $0x56, %edx\njne 2f\n"
      "mov $3, %edi\nmov %fs:0, %eax\ncmp $2, %eax\njne 2f\n"
      "mov $4, %edi\nmov $0x175, %ecx\nrdmsr\ncmp $0x7777, %eax\njne 2f\n"
      "mov $5, %edi\nmov %cr2, %rax\ncmp $0x5555000, %rax\njne 2f\n"
      "mov $6, %edi\nmov %cr8, %rax\ncmp $3, %rax\njne 2f\n"
      "xor %edi, %edi\n2:\n" EXIT);

/* And other guests were on both processors in between. */
GUEST(other_state,
      "mov $0xc0000102, %ecx\nmov $1, %eax\nmov $2, %edx\nwrmsr\nmov $0xc0000082, %ecx\nwrmsr\n"
      "mov $0xc0000100, %ecx\nwrmsr\nmov $0x175, %ecx\nwrmsr\nmov %rax, %cr2\nmov $9, %eax\nmov %rax, %cr8\n"
      "xor %edi, %edi\n" EXIT);

TEST(smp_moved_system, "hv.smp.moved.system_registers", NEEDS_FAR, "APM 2 15.5.2")
{
	struct hv_vm *vm = GUEST_VM(system_state, 0), *other = GUEST_VM(other_state, 0);

	far_slices_until(vm, 0, COUNTER, 1);
	for (unsigned cpu = 0; cpu < smp_count(); cpu++) {
		GUEST_LOAD(other, other_state, 0);
		EXPECT_EQ(0, far_exit_status(other, cpu));
	}
	far_put_u32(vm, COUNTER, 2);
	EXPECT_EQ(0, far_exit_status(vm, FAR_CPU));
}

/*
 * The page behind one address changes while the guest is elsewhere; when it comes back, the processor where it was
 * first must not remember. The guest publishes what it reads.
 */
GUEST(reader, "mov $0xc0000000, %ebx\n1: mov (%rbx), %eax\nmov %eax, 0x30000\njmp 1b\n");

TEST(smp_moved_memory, "hv.smp.moved.translations", NEEDS_FAR, "APM 2 15.16.1")
{
	struct hv_vm *vm = GUEST_VM(reader, 0);

	for (unsigned n = 0; n < SLICES; n++) {
		uint32_t *page = test_pages(1);

		test_context("page %u", n);
		*page = 1000 + n;
		if (n)
			EXPECT_OK(hv_unmap(vm, WINDOW, PAGE_SIZE));
		EXPECT_OK(hv_map_device(vm, WINDOW, phys_of(page), PAGE_SIZE));
		for (unsigned m = 0; m < 2; m++) { /* 0 1, 1 0, 0 1: each page is new to both */
			far_put_u32(vm, COUNTER, 0);
			for (unsigned tries = 0; !far_u32(vm, COUNTER) && tries < 100; tries++)
				far_slice(vm, (n + m) % 2, SLICE_MS);
			EXPECT_EQ(1000 + n, far_u32(vm, COUNTER));
		}
	}
}

/* The guest's timer was set here and fires there; a message that came while it ran nowhere waits for it. */
GUEST(timer_moves, INTERRUPTS "mov $0x832, %ecx\nmov $0x40061, %eax\nxor %edx, %edx\nwrmsr\n"
                              "rdtsc\nshl $32, %rdx\nor %rdx, %rax\nadd %rdi, %rax\nmov %rax, %rdx\nshr $32, %rdx\n"
                              "mov $0x6e0, %ecx\nwrmsr\nmovl $1, 0x30000\nsti\n"
                              "1: hlt\ncmpb $0, 0x9061\nje 1b\n2: cmpb $0, 0x9070\nje 2b\nmov $33, %edi\n" EXIT);

TEST(smp_moved_timer, "hv.smp.moved.timer_and_interrupt", NEEDS_FAR, "SDM 3A 11.5.4")
{
	struct hv_vm *vm = GUEST_VM(timer_moves, time_tsc_hz() / 4);
	struct hv_result result = {0};

	for (unsigned n = 0; far_u32(vm, COUNTER) != 1; n++) {
		far_run(vm, 0, SLICE_MS, &result);
		EXPECT_EQ(HV_END_TIMEOUT, result.end);
		EXPECT_LE(50, n);
	}
	EXPECT_OK(hv_msi(vm, MSI, 0x70));
	EXPECT_EQ(33, far_exit_status(vm, FAR_CPU));
	EXPECT_EQ(1, guest_interrupts(vm, 0x61));
	EXPECT_EQ(1, guest_interrupts(vm, 0x70));
}
