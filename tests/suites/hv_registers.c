/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * More of the world switch: the registers of floating point and SSE, system calls and priorities of a guest, each
 * alone, and the host's own registers after a guest that has changed all of them.
 */
#include <string.h>

#include "kernel/cpu.h"
#include "tests/suites/hv.h"
#include "tests/test.h"

#define SSE_ON "mov %cr4, %rax\nor $0x600, %rax\nmov %rax, %cr4\n"

/* Fills all with its argument; then another guest does the same. */
GUEST(sse, SSE_ON "mov %rdi, 0x30000\nmov %rdi, 0x30008\n"
                  ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\nmovdqu 0x30000, %xmm\\n\nincq 0x30000\n.endr\n"
                  "mov $0xc0000000, %ebx\nmov %eax, (%rbx)\n"
                  ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\nmovdqu %xmm\\n, 0x31000+16*\\n\n.endr\n"
                  "xor %edi, %edi\n" EXIT);

static void stop_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)offset, (void)width, (void)value;
	hv_stop(arg);
}

/* A write to the BAR window stops it. */
static struct hv_vm *with_stop(struct hv_vm *vm)
{
	const struct hv_mmio region = {HV_BAR_WINDOW_BASE, 0x1000, guest_no_read, stop_write, vm, "stop"};

	EXPECT_OK(hv_mmio_add(vm, &region));
	return vm;
}

TEST(state_sse, "hv.switch.sse_registers", NEEDS_HV, "APM 2 15.5.1")
{
	struct hv_vm *one = with_stop(GUEST_VM(sse, 1000)), *other = with_stop(GUEST_VM(sse, 5000));

	guest_run(one, HV_END_STOPPED);
	guest_run(other, HV_END_STOPPED);
	guest_run(one, HV_END_EXIT);
	guest_run(other, HV_END_EXIT);
	for (unsigned i = 0; i < 16; i++) {
		test_context("XMM%u", i);
		EXPECT_EQ(1000 + i, guest_u64(one, 0x31000 + 16 * i));
		EXPECT_EQ(1000, guest_u64(one, 0x31008 + 16 * i));
		EXPECT_EQ(5000 + i, guest_u64(other, 0x31000 + 16 * i));
	}
}

/* RDI: 1 rounds down, 2 up. Eight values on the stack, the control word, the tag word by way of FSTENV. */
GUEST(x87, "fninit\nshl $10, %edi\nor $0x37f, %edi\nmov %edi, 0x30000\nfldcw 0x30000\n"
           "fld1\nfldpi\nfldl2e\nfldl2t\nfldlg2\nfldln2\nfldz\nfld1\nfstpt 0x30100\nfldpi\n"
           "mov $0xc0000000, %ebx\nmov %eax, (%rbx)\n"
           "fnstenv 0x30040\nfldcw 0x30000\nfstpt 0x30010\nfstpt 0x30020\nfstpt 0x30030\nxor %edi, %edi\n" EXIT);

TEST(state_x87, "hv.switch.x87_state", NEEDS_HV, "APM 2 15.5.1")
{
	struct hv_vm *one = with_stop(GUEST_VM(x87, 1)), *other = with_stop(GUEST_VM(x87, 2));

	guest_run(one, HV_END_STOPPED);
	guest_run(other, HV_END_STOPPED);
	guest_run(one, HV_END_EXIT);
	guest_run(other, HV_END_EXIT);
	EXPECT_EQ(0x77f, guest_u64(one, GUEST_DATA + 0x40) & 0xffff);
	EXPECT_EQ(0xb7f, guest_u64(other, GUEST_DATA + 0x40) & 0xffff);
	EXPECT_EQ(0, guest_u64(one, GUEST_DATA + 0x44) >> 11 & 7); /* the top of the stack: all eight are in use */
	/* Pi rounded down and up. */
	EXPECT_EQ(UINT64_C(0xc90fdaa22168c234), guest_u64(one, GUEST_DATA + 0x10));
	EXPECT_EQ(UINT64_C(0xc90fdaa22168c235), guest_u64(other, GUEST_DATA + 0x10));
	EXPECT_EQ(0, guest_u64(one, GUEST_DATA + 0x20));
}

GUEST(mxcsr, SSE_ON "mov %edi, 0x30000\nldmxcsr 0x30000\nmov $0xc0000000, %ebx\nmov %eax, (%rbx)\n"
                    "stmxcsr 0x30004\nmov 0x30004, %edi\n" EXIT);

TEST(state_mxcsr, "hv.switch.mxcsr", NEEDS_HV, "APM 2 15.5.1")
{
	struct hv_vm *one = with_stop(GUEST_VM(mxcsr, 0x3f80)), *other = with_stop(GUEST_VM(mxcsr, 0x9fc0));

	guest_run(one, HV_END_STOPPED);
	guest_run(other, HV_END_STOPPED);
	EXPECT_EQ(0x3f80, guest_exit_status(one));
	EXPECT_EQ(0x9fc0, guest_exit_status(other));
}

/* A guest that begins finds them as after a reset, whatever the last one left. */
GUEST(fresh,
      SSE_ON "stmxcsr 0x30004\nfnstcw 0x30000\nmovq %xmm5, %rdi\nmov 0x30000, %eax\nshl $32, %rax\nor %rax, %rdi\n"
             "mov 0x30004, %eax\nshl $48, %rax\nadd %rax, %rdi\n" EXIT);

TEST(state_fresh, "hv.switch.fresh_state", NEEDS_HV, "SDM 3A 10.1.1")
{
	struct hv_vm *vm = with_stop(GUEST_VM(sse, 77));

	guest_run(vm, HV_END_STOPPED);
	GUEST_LOAD(vm, mxcsr, 0x9fc0);
	guest_run(vm, HV_END_STOPPED);
	GUEST_LOAD(vm, fresh, 0);
	EXPECT_EQ(UINT64_C(0x1f80037f00000000), guest_exit_status(vm));
}

/* ---- system calls ---- */

GUEST(swapgs, INTERRUPTS "mov $0xc0000101, %ecx\nmov $0x1111, %eax\nmov $0x11, %edx\nwrmsr\n"
                         "inc %ecx\nmov $0x2222, %eax\nmov $0x22, %edx\nwrmsr\n"
                         "swapgs\nxor %eax, %eax\ncpuid\n"
                         "mov $0xc0000101, %ecx\nrdmsr\nmov %eax, %edi\nshl $16, %rdi\n"
                         "inc %ecx\nrdmsr\nor %rax, %rdi\n" EXIT);

TEST(state_swapgs, "hv.switch.swapgs", NEEDS_HV, "SDM 2B SWAPGS")
{
	EXPECT_EQ(0x22221111, guest_exit_status(GUEST_VM(swapgs, 0)));
}

/* STAR: kernel 08/10, user 0x40 + 16 = 0x50; flags to clear: IF. RCX and R11 say where from. */
GUEST(syscall, INTERRUPTS
      "mov $0xc0000080, %ecx\nrdmsr\nor $1, %eax\nwrmsr\n"
      "mov $0xc0000081, %ecx\nxor %eax, %eax\nmov $0x00400008, %edx\nwrmsr\n"
      "inc %ecx\nlea 4f(%rip), %rax\nxor %edx, %edx\nwrmsr\n"
      "mov $0xc0000084, %ecx\nmov $0x200, %eax\nwrmsr\n"
      "xor %eax, %eax\ncpuid\n" TO_RING3(
              "0x202") "syscall\n5: ud2\n"
                       "4: pushf\npop %rdi\nand $0x200, %edi\nlea 5b(%rip), %rax\nsub %rcx, %rax\nor %rax, %rdi\n"
                       "and $0x200, %r11d\nshl $8, %r11\nor %r11, %rdi\nmov %cs, %eax\nadd %rax, %rdi\n" EXIT);

TEST(state_syscall, "hv.switch.syscall", NEEDS_HV, "SDM 2B SYSCALL")
{
	struct hv_vm *vm = GUEST_VM(syscall, 0);

	guest_allow_user(vm);
	EXPECT_EQ(0x20008, guest_exit_status(vm)); /* IF was set and is not; CS is the kernel's */
}

/* ---- per guest ---- */

GUEST(pat, "mov $0x277, %ecx\nmov %edi, %eax\nmov %edi, %edx\nwrmsr\nmov $0xc0000000, %ebx\nmov %eax, (%rbx)\n"
           "mov $0x277, %ecx\nrdmsr\nmov %eax, %edi\nshl $32, %rdx\nor %rdx, %rdi\n" EXIT);

TEST(state_pat, "hv.switch.pat_of_each_guest", NEEDS_HV, "APM 2 15.25.8")
{
	const uint64_t host = cpu_rdmsr(0x277);
	struct hv_vm *one = with_stop(GUEST_VM(pat, 0x00010406)), *other = with_stop(GUEST_VM(pat, 0x07070606));

	guest_run(one, HV_END_STOPPED);
	guest_run(other, HV_END_STOPPED);
	EXPECT_EQ(host, cpu_rdmsr(0x277));
	EXPECT_EQ(UINT64_C(0x0001040600010406), guest_exit_status(one));
	EXPECT_EQ(UINT64_C(0x0707060607070606), guest_exit_status(other));
}

/* With NXE a page may be made not executable; without it that bit is reserved. Either way #PF, with different words. */
GUEST(efer, INTERRUPTS "mov $0xc0000080, %ecx\nrdmsr\nor %edi, %eax\nwrmsr\nmov $0xc0000000, %ebx\nmov %eax, (%rbx)\n"
                       "lea 4f(%rip), %rax\nmov %rax, 0x80e0\nmovw $0x8e00, 0x80e4\nmovw $8, 0x80e2\n"
                       "shr $16, %rax\nmov %ax, 0x80e6\n" /* the gate of #PF */
                       "mov 0x3000+8, %rax\nbts $63, %rax\nmov %rax, 0x3000+8\nmov %cr3, %rax\nmov %rax, %cr3\n"
                       "mov $0x1ff000, %eax\nmovb $0xc3, (%rax)\n" /* reachable by entry 0 */
                       "mov $0x200000, %eax\ncall *%rax\nud2\n"
                       "4: pop %rdi\n" EXIT);

TEST(state_efer, "hv.switch.efer_of_each_guest", NEEDS_HV, "SDM 3A 4.6")
{
	struct hv_vm *with = with_stop(GUEST_VM(efer, 0x800)), *without = with_stop(GUEST_VM(efer, 0));

	guest_run(with, HV_END_STOPPED);
	guest_run(without, HV_END_STOPPED);
	EXPECT_EQ(0x11, guest_exit_status(with));        /* an instruction fetch, forbidden */
	EXPECT_EQ(0x08, guest_exit_status(without) & 8); /* a reserved bit is set */
}

GUEST(priority, "mov $5, %eax\nmov %rax, %cr8\nxor %eax, %eax\ncpuid\nmov $0x808, %ecx\nrdmsr\nmov %eax, %edi\n"
                "mov $0x30, %eax\nxor %edx, %edx\nwrmsr\nmov %cr8, %rax\nshl $8, %eax\nor %eax, %edi\n" EXIT);

TEST(state_priority, "hv.switch.task_priority", NEEDS_HV, "SDM 3A 11.8.6")
{
	EXPECT_EQ(0x350, guest_exit_status(GUEST_VM(priority, 0)));
}

GUEST(time,
      "mov $1000, %edi\nxor %ebx, %ebx\n1: rdtsc\nshl $32, %rdx\nor %rdx, %rax\ncmp %rbx, %rax\njb 9f\nmov %rax, %rbx\n"
      "in $0x80, %al\ndec %edi\njnz 1b\n9:\n" EXIT);

TEST(state_time, "hv.switch.tsc_never_goes_back", NEEDS_HV, "APM 2 15.30.5")
{
	EXPECT_EQ(0, guest_exit_status(GUEST_VM(time, 0)));
}
