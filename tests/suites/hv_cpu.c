/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processor that a guest sees: CPUID says only what the guest can have, an MSR that it does not have is #GP, an
 * instruction that it does not have is #UD, and what one guest leaves in a register no other one finds.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/cpu.h"
#include "kernel/guest.h"
#include "kernel/hypercall.h"
#include "tests/suites/hv.h"
#include "tests/test.h"

#define UD 6
#define GP 13

GUEST(rdmsr, INTERRUPTS "mov %edi, %ecx\nrdmsr\nshl $32, %rdx\nmov %eax, %edi\nor %rdx, %rdi\n" EXIT);

TEST(hv_cpuid, "hv.cpu.cpuid", NEEDS_HV, "SDM 2A CPUID")
{
	struct hv_vm *vm = GUEST_VM(rdmsr, 0);
	struct cpuid r = guest_cpuid(vm, 1, 0);

	EXPECT_EQ(0, r.ecx & (1U << 5 | 1U << 3 | 1U << 27)); /* VMX, MONITOR, OSXSAVE */
	EXPECT_EQ(1U << 31 | 1U << 24 | 1U << 21,
	          r.ecx & (1U << 31 | 1U << 24 | 1U << 21)); /* in a guest, TSC deadline, x2APIC */
	EXPECT_EQ(0, r.ebx >> 24);
	r = guest_cpuid(vm, 0x80000001, 0);
	EXPECT_EQ(0, r.ecx & 1U << 2); /* SVM */
	EXPECT_EQ(1U << 29, r.edx & 1U << 29);
	r = guest_cpuid(vm, 0x8000000a, 0);
	EXPECT_EQ(0, r.eax | r.ebx | r.ecx | r.edx);
	r = guest_cpuid(vm, 7, 0);
	EXPECT_EQ(cpu_has_movdir64b(), r.ecx >> 28 & 1);
	EXPECT_EQ(0, r.ecx >> 29 & 1); /* ENQCMD */
	r = guest_cpuid(vm, 0x40000000, 0);
	EXPECT_MEM_EQ("AditAditAdit", &r.ebx, 12);
	EXPECT_EQ(0x40000001, r.eax);
	EXPECT_EQ(hv_call_instruction()[2] == 0xc1 ? GUEST_HYPERCALL_VMCALL : GUEST_HYPERCALL_VMMCALL,
	          guest_cpuid(vm, 0x40000001, 0).eax);
	r = guest_cpuid(vm, 0xdeadbeef, 0xffffffff);
	EXPECT_EQ(0, r.eax | r.ebx | r.ecx | r.edx);
}

/* The MSR in the low half of RDI, its value's low half in the high one. */
GUEST(wrmsr, INTERRUPTS "mov %edi, %ecx\nmov %rdi, %rax\nshr $32, %rax\nxor %edx, %edx\nwrmsr\nxor %edi, %edi\n" EXIT);

TEST(hv_msr, "hv.cpu.msr_that_exist", NEEDS_HV, "SDM 4 2.1")
{
	struct hv_vm *vm = GUEST_VM(rdmsr, 0x1b);

	EXPECT_EQ(0xfee00d00, guest_exit_status(vm)); /* APIC base: x2APIC, on, boot processor */
	GUEST_LOAD(vm, rdmsr, 0xc0000080);
	EXPECT_EQ(0x500, guest_exit_status(vm)); /* EFER: LMA, LME, and nothing of SVME */
	GUEST_LOAD(vm, rdmsr, 0x802);
	EXPECT_EQ(0, guest_exit_status(vm)); /* APIC id */
	GUEST_LOAD(vm, wrmsr, 0xc0000080 | UINT64_C(0x900) << 32);
	EXPECT_EQ(0, guest_exit_status(vm)); /* EFER: NXE on */
	GUEST_LOAD(vm, rdmsr, 0x277);
	EXPECT_EQ(UINT64_C(0x0007040600070406), guest_exit_status(vm)); /* PAT */
}

TEST(hv_msr_gp, "hv.cpu.msr_that_do_not", NEEDS_HV, "APM 2 15.11")
{
	/* Feature control, VM_CR, VM_HSAVE_PA, VMX basic, a number in no range, machine check, an APIC hole. */
	static const uint32_t absent[] = {0x3a, 0xc0010114, 0xc0010117, 0x480, 0x12345678, 0x179, 0x8ff};
	struct hv_vm *vm = GUEST_VM(rdmsr, 0);

	for (unsigned i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		test_context("MSR %#x", (unsigned)absent[i]);
		GUEST_LOAD(vm, rdmsr, absent[i]);
		EXPECT_EQ(GUEST_EXCEPTION + GP, guest_exit_status(vm));
		GUEST_LOAD(vm, wrmsr, absent[i]);
		EXPECT_EQ(GUEST_EXCEPTION + GP, guest_exit_status(vm));
	}
	GUEST_LOAD(vm, wrmsr, 0xc0000080 | UINT64_C(0x1500) << 32); /* EFER.SVME */
	EXPECT_EQ(GUEST_EXCEPTION + GP, guest_exit_status(vm));
	GUEST_LOAD(vm, wrmsr, 0x1b); /* APIC off */
	EXPECT_EQ(GUEST_EXCEPTION + GP, guest_exit_status(vm));
	GUEST_LOAD(vm, wrmsr, 0x277 | UINT64_C(0x02) << 32); /* a memory type that there is not */
	EXPECT_EQ(GUEST_EXCEPTION + GP, guest_exit_status(vm));
}

GUEST(do_vmrun, INTERRUPTS "xor %eax, %eax\nvmrun\n" EXIT);
GUEST(do_vmload, INTERRUPTS "xor %eax, %eax\nvmload\n" EXIT);
GUEST(do_stgi, INTERRUPTS "stgi\n" EXIT);
GUEST(do_invlpga, INTERRUPTS "invlpga\n" EXIT);
GUEST(do_dr, INTERRUPTS "mov %rax, %dr0\n" EXIT);
GUEST(do_monitor, INTERRUPTS "xor %ecx, %ecx\nxor %edx, %edx\nmonitor\n" EXIT);

TEST(hv_forbidden, "hv.cpu.forbidden_instructions", NEEDS_HV, "APM 2 15.9")
{
	struct hv_vm *vm = GUEST_VM(do_vmrun, 0);
	struct hv_stats stats;

	EXPECT_EQ(GUEST_EXCEPTION + UD, guest_exit_status(vm));
	GUEST_LOAD(vm, do_vmload, 0);
	EXPECT_EQ(GUEST_EXCEPTION + UD, guest_exit_status(vm));
	GUEST_LOAD(vm, do_stgi, 0);
	EXPECT_EQ(GUEST_EXCEPTION + UD, guest_exit_status(vm));
	GUEST_LOAD(vm, do_invlpga, 0);
	EXPECT_EQ(GUEST_EXCEPTION + UD, guest_exit_status(vm));
	GUEST_LOAD(vm, do_dr, 0);
	EXPECT_EQ(GUEST_EXCEPTION + UD, guest_exit_status(vm));
	hv_stats_get(vm, &stats);
	EXPECT_GE(1, stats.exits[HV_CAUSE_FORBIDDEN]); /* which of them exit is the processor's affair */
	GUEST_LOAD(vm, do_monitor, 0);                 /* an exit only if the processor itself has it */
	EXPECT_EQ(GUEST_EXCEPTION + UD, guest_exit_status(vm));
}

GUEST(flush, "wbinvd\ninvd\nmov $5, %edi\n" EXIT);

TEST(hv_wbinvd, "hv.cpu.cache_instructions_do_nothing", NEEDS_HV, "APM 2 15.9")
{
	EXPECT_EQ(5, guest_exit_status(GUEST_VM(flush, 0)));
}

/* CR4.OSFXSR, then XMM7: what was in it, and a new value. */
GUEST(xmm, "mov %cr4, %rax\nor $0x200, %rax\nmov %rax, %cr4\n"
           "movq %xmm7, %rax\nmovq %rdi, %xmm7\nmov %rax, %rdi\n" EXIT);

TEST(hv_fpu, "hv.cpu.sse_registers_isolated", NEEDS_HV, "APM 2 15.5.1")
{
	struct hv_vm *one = GUEST_VM(xmm, UINT64_C(0x5ec4e7)), *other = GUEST_VM(xmm, 1);

	EXPECT_EQ(0, guest_exit_status(one));
	EXPECT_EQ(0, guest_exit_status(other));
}

GUEST(rdtsc, "rdtsc\nshl $32, %rdx\nor %rdx, %rax\nmov %rax, %rdi\n" EXIT);

TEST(hv_tsc, "hv.cpu.tsc_is_the_hosts", NEEDS_HV, "APM 2 15.30.5")
{
	struct hv_vm *vm = GUEST_VM(rdtsc, 0);
	uint64_t before = cpu_rdtsc(), told = guest_exit_status(vm), msr;

	EXPECT_GE(before, told);
	GUEST_LOAD(vm, rdmsr, 0x10);
	msr = guest_exit_status(vm);
	EXPECT_GE(told, msr);
	EXPECT_LE(cpu_rdtsc(), msr);
}

/* ---- ports ---- */

static uint32_t config_read(void *arg, uint16_t offset, unsigned width)
{
	(void)arg;
	return (uint32_t)offset << 8 | width;
}

static void config_write(void *arg, uint16_t offset, unsigned width, uint32_t value)
{
	*(uint64_t *)arg = (uint64_t)offset << 48 | (uint64_t)width << 32 | value;
}

static const struct hv_pci_ops config_ops = {config_read, config_write};

GUEST(ports, "mov $0xcf8, %edx\nmov $0x80001810, %eax\nout %eax, %dx\n" /* 00:03.0, offset 10 */
             "mov $0xcfc, %edx\nin %dx, %eax\nmov %eax, 0x30000\n"
             "mov $0xcfe, %edx\nin %dx, %ax\nmov %eax, 0x30004\n"
             "mov $0xbeef, %eax\nout %ax, %dx\n"
             "mov $0xcf8, %edx\nmov $0x80002010, %eax\nout %eax, %dx\n" /* 00:04.0: nobody */
             "mov $0xcfc, %edx\nin %dx, %eax\nmov %eax, 0x30008\n"
             "xor %eax, %eax\nin $0x64, %al\nmov %eax, 0x3000c\n"
             "mov $0xcf8, %edx\nmov $0x1810, %eax\nout %eax, %dx\n" /* 00:03.0, but not enabled */
             "mov $0xcfc, %edx\nin %dx, %eax\nmov %eax, 0x30010\n"
             "mov $0xf4, %edx\nmov $0x55, %eax\nout %eax, %dx\n" /* the host's exit: not the guest's */
             "xor %edi, %edi\n" EXIT);

TEST(hv_ports, "hv.cpu.ports", NEEDS_HV, "PCI 3.0 3.2.2.3")
{
	struct hv_vm *vm = GUEST_VM(ports, 0);
	uint64_t written = 0;
	uint32_t got[5];

	EXPECT_OK(hv_pci_add(vm, HV_DEVFN(3, 0), &config_ops, &written));
	EXPECT_EQ(0, guest_exit_status(vm));
	memcpy(got, guest_at(vm, GUEST_DATA), sizeof(got));
	EXPECT_EQ(0x1004, got[0]);
	EXPECT_EQ(0x1202, got[1] & 0xffff);
	EXPECT_EQ(0xffffffff, got[2]);
	EXPECT_EQ(0xff, got[3]);
	EXPECT_EQ(0xffffffff, got[4]);
	EXPECT_EQ(UINT64_C(0x00120002) << 32 | 0xbeef, written);
}

/* ---- hypercalls ---- */

/* Number in RDI, arguments in what memory at 0x30000 holds; result out as the status. */
GUEST(call,
      "mov %rdi, %rax\nmov 0x30000, %rdi\nmov 0x30008, %rsi\nmov 0x30010, %rdx\n" HYPERCALL "mov %rax, %rdi\n" EXIT);

static int64_t call_with(struct hv_vm *vm, uint64_t number, uint64_t a, uint64_t b, const char *text)
{
	const uint64_t args[] = {a, b, 7};

	GUEST_LOAD(vm, call, number);
	memcpy(guest_at(vm, GUEST_DATA), args, sizeof(args));
	memcpy(guest_at(vm, GUEST_DATA + 0x1000), text, strlen(text));
	return (int64_t)guest_exit_status(vm);
}

static char lines[1024];

static void take_line(void *arg, const char *text)
{
	(void)arg;
	snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines), "[%s]", text);
}

TEST(hv_console, "hv.hypercall.console", NEEDS_HV, "kernel/hypercall.h")
{
	struct hv_vm *vm = GUEST_VM(call, 0);
	const uint64_t text = GUEST_DATA + 0x1000;

	lines[0] = '\0';
	hv_set_console(vm, take_line, NULL);
	EXPECT_EQ(0, call_with(vm, HYPERCALL_CONSOLE, text, 14, "hello\n\033[2J\rwo\n"));
	EXPECT_STR_EQ("[hello][[2Jwo]", lines);
	EXPECT_EQ(0, call_with(vm, HYPERCALL_CONSOLE, text, 4, "tail"));
	EXPECT_STR_EQ("[hello][[2Jwo][tail]", lines); /* handed out at the end */
	EXPECT_EQ(0, call_with(vm, HYPERCALL_CONSOLE, text, 0, ""));
	EXPECT_EQ(-EINVAL, call_with(vm, HYPERCALL_CONSOLE, text + 4095, 2, ""));
	EXPECT_EQ(-EINVAL, call_with(vm, HYPERCALL_CONSOLE, text, UINT64_MAX, ""));
	EXPECT_EQ(-EFAULT, call_with(vm, HYPERCALL_CONSOLE, GUEST_RAM, 1, ""));
	EXPECT_EQ(-EFAULT, call_with(vm, HYPERCALL_CONSOLE, UINT64_MAX - 4095, 4096, ""));
}

/* A line that is too long comes in parts, and none of it is lost. */
TEST(hv_console_long, "hv.hypercall.console_long_line", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(call, 0);
	char text[601] = "";
	size_t length;

	memset(text, 'x', 600);
	lines[0] = '\0';
	hv_set_console(vm, take_line, NULL);
	EXPECT_EQ(0, call_with(vm, HYPERCALL_CONSOLE, GUEST_DATA + 0x1000, 600, text));
	length = strlen(lines);
	EXPECT_TRUE(length > 600);
	for (size_t i = 0, left = 600; i < length; i++) {
		left -= lines[i] == 'x';
		EXPECT_TRUE(strchr("[x]", lines[i]) != NULL);
		if (i == length - 1)
			EXPECT_EQ(0, left);
	}
}

/* Ring 0 alone calls. R12 says that the guest went on. */
GUEST(user_call, INTERRUPTS TO_RING3("0x202") "mov $2, %eax\nmov $7, %edi\n" HYPERCALL "mov %rax, %r12\nud2\n");

TEST(hv_user_call, "hv.hypercall.ring_3", NEEDS_HV, "kernel/hypercall.h")
{
	struct hv_vm *vm = GUEST_VM(user_call, 0);
	struct hv_result result;

	guest_allow_user(vm);
	result = guest_run(vm, HV_END_EXIT);
	EXPECT_EQ(GUEST_EXCEPTION + UD, result.status);
	EXPECT_EQ((uint64_t)(int64_t)-EPERM, result.regs.gpr[HV_R12]);
}

static bool add_args(void *arg, uint64_t number, const uint64_t args[3], uint64_t *result)
{
	*result = args[0] + args[1] + args[2] + *(uint64_t *)arg;
	return number == 99;
}

TEST(hv_hook, "hv.hypercall.others", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(call, 0);
	uint64_t more = 1000;

	EXPECT_EQ(-ENOSYS, call_with(vm, 99, 1, 2, ""));
	hv_set_hypercall(vm, add_args, &more);
	EXPECT_EQ(1010, call_with(vm, 99, 1, 2, ""));
	EXPECT_EQ(-ENOSYS, call_with(vm, 100, 1, 2, ""));
	EXPECT_EQ(-ENOSYS, call_with(vm, UINT64_MAX, 1, 2, ""));
}
