/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small guests for the suites of the hypervisor: a few instructions each, written beside the test that runs them.
 *
 *	GUEST(answer, "mov $42, %edi\n" EXIT);
 *
 *	TEST(...)
 *	{
 *		struct hv_vm *vm = GUEST_VM(answer, 0);
 *
 *		EXPECT_EQ(42, guest_exit_status(vm));
 *	}
 *
 * A guest starts in ring 0 of 64-bit mode with 2 MiB of RAM, the low 4 GiB mapped one to one and the test's argument in
 * RDI. With INTERRUPTS at its beginning, exceptions end it with status GUEST_EXCEPTION plus the vector, and interrupts
 * count in the byte at GUEST_COUNTS plus the vector, with an EOI.
 */
#ifndef TESTS_SUITES_HV_H
#define TESTS_SUITES_HV_H

#include "kernel/cpu.h"
#include "kernel/hv/hv.h"

#define GUEST_RAM       UINT64_C(0x200000)
#define GUEST_GDT       UINT64_C(0x7000)
#define GUEST_IDT       UINT64_C(0x8000)
#define GUEST_COUNTS    UINT64_C(0x9000)
#define GUEST_STUBS     UINT64_C(0x20000)
#define GUEST_STUB_SIZE 64U
#define GUEST_DATA      UINT64_C(0x30000) /* for the test's own use, up to 0x100000 */
#define GUEST_EXCEPTION 0x100U

/* Selectors of the table that INTERRUPTS loads. CODE16 and the WINDOW segments begin at 1 GiB. */
#define GUEST_CODE64      0x08
#define GUEST_FLAT        0x10
#define GUEST_CODE32      0x18
#define GUEST_CODE16      0x20
#define GUEST_WINDOW32    0x28
#define GUEST_WINDOW16    0x30
#define GUEST_TSS         0x38 /* for LTR */
#define GUEST_USER_FLAT   0x48 /* the segments of ring 3 */
#define GUEST_USER_CODE64 0x50

#define GUEST_LOW_CODE16 0x58 /* begins at HV_FLAT_CODE */

#define GUEST_TSS_BASE UINT64_C(0x7200)
#define GUEST_RSP0     UINT64_C(0xe000)
#define GUEST_IST1     UINT64_C(0xd000)

#define GUEST_USER_STACK "0xc000"

/* Goes on in ring 3 with those flags; wants guest_allow_user(). Exceptions come back by the stack of GUEST_RSP0. */
#define TO_RING3(flags)                                                                                   \
	"mov $0x38, %eax\nltr %ax\npush $0x4b\npush $" GUEST_USER_STACK "\npush $" flags "\npush $0x53\n" \
	"lea 3f(%rip), %rax\npush %rax\niretq\n3:\n"

#define GUEST(name, text)                                                                             \
	__asm__(".pushsection .rodata.guest, \"a\"\n\t.balign 16\n" #name "_first:\n" text "\n" #name \
	        "_end:\n\t.popsection");                                                              \
	extern const uint8_t name##_first[], name##_end[]

/* Calls the hypervisor; loading the guest makes it the instruction that this processor's hypervisor is called by. */
#define HYPERCALL  "vmmcall\n"
/* Ends the guest with the status in RDI. */
#define EXIT       "mov $2, %eax\n" HYPERCALL
/* The tables that guest_vm() has put there, and the APIC on. */
#define INTERRUPTS "lgdt 0x7100\nlidt 0x7110\nmov $0x80f, %ecx\nmov $0x1ff, %eax\nxor %edx, %edx\nwrmsr\n"

/* A guest with that code; destroyed after the test. */
struct hv_vm *guest_vm(const uint8_t *first, const uint8_t *end, uint64_t arg);
#define GUEST_VM(name, arg) guest_vm(name##_first, name##_end, arg)
/* Other code in the same machine. */
void guest_load(struct hv_vm *vm, const uint8_t *first, const uint8_t *end, uint64_t arg);
#define GUEST_LOAD(vm, name, arg) guest_load(vm, name##_first, name##_end, arg)
/* In code that did not come by guest_load(): each VMMCALL becomes what HYPERCALL stands for. */
void guest_patch_calls(uint8_t *code, size_t size);

#define GUEST_LIMIT_MS 2000U

/* Run to the end, which must be of that kind. */
struct hv_result guest_run(struct hv_vm *vm, enum hv_end end);
/* Run to HYPERCALL_EXIT: its status. */
uint64_t guest_exit_status(struct hv_vm *vm);
/* What CPUID tells a guest in that machine. */
struct cpuid guest_cpuid(struct hv_vm *vm, uint32_t leaf, uint32_t subleaf);
/* A guest in that machine that reads or writes an MSR: 0, or GUEST_EXCEPTION plus the vector. */
uint64_t guest_rdmsr(struct hv_vm *vm, uint32_t msr, uint64_t *value);
uint64_t guest_wrmsr(struct hv_vm *vm, uint32_t msr, uint64_t value);
/* After loading: ring 3 may reach all that ring 0 may. */
void guest_allow_user(struct hv_vm *vm);
/* For devices that are only written to: reads are 0. */
uint64_t guest_no_read(void *arg, uint64_t offset, unsigned width);
/* A device of one page at HV_BAR_WINDOW_BASE: what the guest writes there is the vector that it gets. Returns vm. */
struct hv_vm *guest_with_doorbell(struct hv_vm *vm);
/* The guest's memory. */
void *guest_at(struct hv_vm *vm, uint64_t gpa);
uint64_t guest_u64(struct hv_vm *vm, uint64_t gpa);
/* Whether the processor is QEMU's: for skips that name a bug of it. */
bool guest_on_tcg(void);
/* How often the guest took that interrupt. */
unsigned guest_interrupts(struct hv_vm *vm, unsigned vector);

#endif
