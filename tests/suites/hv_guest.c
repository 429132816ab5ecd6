/* SPDX-License-Identifier: BSD-2-Clause */
/* The small guests' common part: see tests/suites/hv.h. */
#include <string.h>

#include "kernel/cpu.h"
#include "tests/suites/hv.h"
#include "tests/test.h"

#define GDT_POINTER    0x7100
#define IDT_POINTER    0x7110
#define GATE_INTERRUPT UINT64_C(0x8e00)
#define CODE_SELECTOR  0x08U

static void destroy(void *arg)
{
	hv_vm_destroy(arg);
}

static void put_gate(uint8_t *ram, unsigned vector, uint64_t handler)
{
	uint64_t gate[2] = {
	        (handler & 0xffff) | (uint64_t)CODE_SELECTOR << 16 | GATE_INTERRUPT << 32 |
	                (handler & 0xffff0000) << 32,
	        handler >> 32,
	};

	memcpy(ram + GUEST_IDT + vector * sizeof(gate), gate, sizeof(gate));
}

/* mov $GUEST_EXCEPTION + vector, %edi; mov $2, %eax; vmmcall */
static void put_exception_stub(uint8_t *stub, unsigned vector)
{
	const uint32_t status = GUEST_EXCEPTION + vector;
	static const uint8_t code[] = {0xbf, 0, 0, 0, 0, 0xb8, 2, 0, 0, 0, 0x0f, 0x01, 0xd9};

	memcpy(stub, code, sizeof(code));
	memcpy(stub + 1, &status, sizeof(status));
	guest_patch_calls(stub, sizeof(code));
}

/* push rax, rcx, rdx; incb counts+vector; xor eax, eax; xor edx, edx; mov $0x80b, %ecx; wrmsr; pop ...; iretq */
static void put_interrupt_stub(uint8_t *stub, unsigned vector)
{
	const uint32_t address = (uint32_t)GUEST_COUNTS + vector;
	static const uint8_t code[] = {0x50, 0x51, 0x52, 0xfe, 0x04, 0x25, 0,    0,    0,    0,    0x31, 0xc0, 0x31,
	                               0xd2, 0xb9, 0x0b, 0x08, 0,    0,    0x0f, 0x30, 0x5a, 0x59, 0x58, 0x48, 0xcf};

	memcpy(stub, code, sizeof(code));
	memcpy(stub + 6, &address, sizeof(address));
}

static void put_tables(uint8_t *ram)
{
	static const uint64_t gdt[] = {
	        [GUEST_CODE64 / 8] = UINT64_C(0x00af9b000000ffff),
	        [GUEST_FLAT / 8] = UINT64_C(0x00cf93000000ffff),
	        [GUEST_CODE32 / 8] = UINT64_C(0x00cf9b000000ffff),
	        [GUEST_CODE16 / 8] = UINT64_C(0x40009b000000ffff),
	        [GUEST_WINDOW32 / 8] = UINT64_C(0x40cf93000000ffff),
	        [GUEST_WINDOW16 / 8] = UINT64_C(0x400093000000ffff),
	        [GUEST_TSS / 8] = UINT64_C(0x0000890000000067) | GUEST_TSS_BASE << 16,
	        [GUEST_TSS / 8 + 1] = 0,
	        [GUEST_USER_FLAT / 8] = UINT64_C(0x00cff3000000ffff),
	        [GUEST_LOW_CODE16 / 8] = UINT64_C(0x00009b010000ffff),
	        [GUEST_USER_CODE64 / 8] = UINT64_C(0x00affb000000ffff),
	};
	static const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) gdt_pointer = {sizeof(gdt) - 1, GUEST_GDT}, idt_pointer = {0xfff, GUEST_IDT};

	/* Intel SDM vol. 3, 8.7: stacks for ring 0 and for the first entry of the interrupt stack table. */
	static const uint64_t rsp0 = GUEST_RSP0, ist1 = GUEST_IST1;

	memcpy(ram + GUEST_GDT, gdt, sizeof(gdt));
	memcpy(ram + GUEST_TSS_BASE + 4, &rsp0, sizeof(rsp0));
	memcpy(ram + GUEST_TSS_BASE + 36, &ist1, sizeof(ist1));
	ram[GUEST_TSS_BASE + 102] = 0x68; /* no bitmap of ports */
	memcpy(ram + GDT_POINTER, &gdt_pointer, sizeof(gdt_pointer));
	memcpy(ram + IDT_POINTER, &idt_pointer, sizeof(idt_pointer));
	for (unsigned v = 0; v < 256; v++) {
		uint64_t stub = GUEST_STUBS + v * GUEST_STUB_SIZE;

		if (v < 32)
			put_exception_stub(ram + stub, v);
		else
			put_interrupt_stub(ram + stub, v);
		put_gate(ram, v, stub);
	}
}

void guest_patch_calls(uint8_t *code, size_t size)
{
	static const uint8_t vmmcall[HV_CALL_SIZE] = {0x0f, 0x01, 0xd9};

	for (size_t i = 0; i + HV_CALL_SIZE <= size; i++)
		if (!memcmp(code + i, vmmcall, HV_CALL_SIZE))
			memcpy(code + i, hv_call_instruction(), HV_CALL_SIZE);
}

void guest_load(struct hv_vm *vm, const uint8_t *first, const uint8_t *end, uint64_t arg)
{
	EXPECT_OK(hv_load_flat(vm, HV_FLAT_CODE, first, (size_t)(end - first), arg));
	guest_patch_calls(guest_at(vm, HV_FLAT_CODE), (size_t)(end - first));
	put_tables(hv_ram_ptr(vm, 0, GUEST_RAM));
}

struct hv_vm *guest_vm(const uint8_t *first, const uint8_t *end, uint64_t arg)
{
	struct hv_vm *vm;

	EXPECT_OK(hv_vm_create(&vm));
	test_cleanup(destroy, vm);
	EXPECT_OK(hv_ram_add(vm, 0, GUEST_RAM));
	guest_load(vm, first, end, arg);
	return vm;
}

struct hv_result guest_run(struct hv_vm *vm, enum hv_end end)
{
	struct hv_result result;

	EXPECT_OK(hv_run(vm, GUEST_LIMIT_MS, &result));
	test_context("guest: %s", result.text);
	EXPECT_STR_EQ(hv_end_name(end), hv_end_name(result.end));
	test_context("");
	return result;
}

uint64_t guest_exit_status(struct hv_vm *vm)
{
	return guest_run(vm, HV_END_EXIT).status;
}

/* Leaf in the low half of RDI, subleaf in the high one; the four registers go to memory. */
GUEST(cpuid, "mov %edi, %eax\nmov %rdi, %rcx\nshr $32, %rcx\ncpuid\n"
             "mov %eax, 0x30000\nmov %ebx, 0x30004\nmov %ecx, 0x30008\nmov %edx, 0x3000c\nxor %edi, %edi\n" EXIT);

struct cpuid guest_cpuid(struct hv_vm *vm, uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	GUEST_LOAD(vm, cpuid, leaf | (uint64_t)subleaf << 32);
	EXPECT_EQ(0, guest_exit_status(vm));
	memcpy(&r, guest_at(vm, GUEST_DATA), sizeof(r));
	return r;
}

/* RDI: the MSR, its value's halves in the words at 0x30000. */
GUEST(rdmsr, INTERRUPTS "mov %edi, %ecx\nrdmsr\nmov %eax, 0x30000\nmov %edx, 0x30004\nxor %edi, %edi\n" EXIT);
GUEST(wrmsr, INTERRUPTS "mov %edi, %ecx\nmov 0x30000, %eax\nmov 0x30004, %edx\nwrmsr\nxor %edi, %edi\n" EXIT);

uint64_t guest_rdmsr(struct hv_vm *vm, uint32_t msr, uint64_t *value)
{
	uint64_t status;

	GUEST_LOAD(vm, rdmsr, msr);
	status = guest_exit_status(vm);
	*value = guest_u64(vm, GUEST_DATA);
	return status;
}

uint64_t guest_wrmsr(struct hv_vm *vm, uint32_t msr, uint64_t value)
{
	GUEST_LOAD(vm, wrmsr, msr);
	memcpy(guest_at(vm, GUEST_DATA), &value, sizeof(value));
	return guest_exit_status(vm);
}

void guest_allow_user(struct hv_vm *vm)
{
	const uint64_t user = 4, tables = 0x1000, end = 0x7000; /* as kernel/hv/load.c makes them */
	uint64_t *entries = guest_at(vm, tables);

	for (unsigned i = 0; i < (end - tables) / sizeof(*entries); i++)
		if (entries[i])
			entries[i] |= user;
}

bool guest_on_tcg(void)
{
	struct cpuid brand = cpu_cpuid_checked(0x80000002, 0);

	return memcmp(&brand, "QEMU TCG", 8) == 0;
}

void *guest_at(struct hv_vm *vm, uint64_t gpa)
{
	return hv_ram_ptr(vm, gpa, 1);
}

uint64_t guest_u64(struct hv_vm *vm, uint64_t gpa)
{
	uint64_t value;

	memcpy(&value, guest_at(vm, gpa), sizeof(value));
	return value;
}

unsigned guest_interrupts(struct hv_vm *vm, unsigned vector)
{
	return *(const uint8_t *)guest_at(vm, GUEST_COUNTS + vector);
}

uint64_t guest_no_read(void *arg, uint64_t offset, unsigned width)
{
	(void)arg, (void)offset, (void)width;
	return 0;
}

static void ring(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)offset, (void)width;
	hv_msi(arg, UINT64_C(0xfee00000), (uint32_t)value);
}

struct hv_vm *guest_with_doorbell(struct hv_vm *vm)
{
	const struct hv_mmio doorbell = {HV_BAR_WINDOW_BASE, 0x1000, guest_no_read, ring, vm, "doorbell"};

	EXPECT_OK(hv_mmio_add(vm, &doorbell));
	return vm;
}
