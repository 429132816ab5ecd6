/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an exit costs, cause by cause, in ticks of the time-stamp counter: `make run ARGS='tests=hv.cost.*'`. On
 * hardware ticks are cycles of the counter; on emulators that count instructions (docs/hypervisor.md) they are
 * instructions, the guest's and the host's. Nothing is asserted of the cost: the test is that each row measures what
 * its name says, one exit of that cause each time.
 */
#include "drivers/dsa/regs.h"
#include "tests/suites/hv.h"
#include "tests/suites/vdsa_soft.h"
#include "tests/test.h"

#define SAMPLES      9U
#define ENOUGH_TICKS 200000U
#define MOST_ROUNDS  4096U
#define LEAST_ROUNDS 4U
#define ADDRESS      GUEST_DATA /* where the guest finds what it is to access */
#define ANY_DEVICE   (HV_BAR_WINDOW_BASE + 0x1000000)

/* RDI rounds of text, timed inside the guest: the ticks are its status. RBX is the row's address. */
#define ROW(name, text)                                                                                               \
	GUEST(name,                                                                                                   \
	      INTERRUPTS "mov 0x30000, %rbx\nmov %rdi, %r12\nmov $0x80, %r13d\nrdtsc\nshl $32, %rdx\nor %rdx, %rax\n" \
	                 "mov %rax, %r14\n1: " text "dec %r12\njnz 1b\nrdtsc\nshl $32, %rdx\nor %rdx, %rax\n"         \
	                 "sub %r14, %rax\nmov %rax, %rdi\n" EXIT)

ROW(empty, "");
ROW(hypercall, "mov $3, %eax\n" HYPERCALL);
ROW(cpuid, "xor %eax, %eax\ncpuid\n");
ROW(rdmsr, "mov $0x1b, %ecx\nrdmsr\n");
ROW(wrmsr, "mov $0x808, %ecx\nxor %eax, %eax\nxor %edx, %edx\nwrmsr\n");
ROW(port_in, "mov %r13d, %edx\nin %dx, %al\n");
ROW(port_out, "mov %r13d, %edx\nout %al, %dx\n");
ROW(mmio_read, "mov (%rbx), %eax\n");
ROW(mmio_write, "mov %eax, (%rbx)\n");
/* The interrupt comes with the entry behind the WRMSR that raises it; its handler's EOI is another WRMSR. */
ROW(interrupt, "sti\nmov $0x83f, %ecx\nmov $0x41, %eax\nxor %edx, %edx\nwrmsr\nnop\n");
/* The same, raised with interrupts off: one exit more, when they are on. */
ROW(window, "cli\nmov $0x83f, %ecx\nmov $0x41, %eax\nxor %edx, %edx\nwrmsr\nsti\nnop\nnop\n");
/* A stage-2 fault that becomes an exception of the guest's: an instruction that no device takes. */
GUEST(refused, INTERRUPTS "lea 6f(%rip), %rax\nmov %ax, 0x8060\nshr $16, %eax\nmov %ax, 0x8066\n"
                          "mov 0x30000, %rbx\nmov %rdi, %r12\nrdtsc\nshl $32, %rdx\nor %rdx, %rax\nmov %rax, %r14\n"
                          "1: divl (%rbx)\n2: dec %r12\njnz 1b\nrdtsc\nshl $32, %rdx\nor %rdx, %rax\nsub %r14, %rax\n"
                          "mov %rax, %rdi\n" EXIT "6: addq $2, (%rsp)\niretq\n");

static uint64_t any_read(void *arg, uint64_t offset, unsigned width)
{
	(void)arg, (void)offset, (void)width;
	return 0;
}

static void any_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)arg, (void)offset, (void)width, (void)value;
}

struct row {
	const char *name;
	const uint8_t *first, *end;
	uint64_t address;
	enum hv_cause cause; /* HV_CAUSE_COUNT: no exit */
	unsigned each;       /* exits of that cause a round */
};

#define ROW_OF(name, guest, address, cause, each)                          \
	{                                                                  \
		name, guest##_first, guest##_end, (address), (cause), each \
	}

static const struct row rows[] = {
        ROW_OF("empty loop", empty, 0, HV_CAUSE_COUNT, 0),
        ROW_OF("hypercall", hypercall, 0, HV_CAUSE_HYPERCALL, 1),
        ROW_OF("CPUID", cpuid, 0, HV_CAUSE_CPUID, 1),
        ROW_OF("RDMSR", rdmsr, 0, HV_CAUSE_MSR_READ, 1),
        ROW_OF("WRMSR", wrmsr, 0, HV_CAUSE_MSR_WRITE, 1),
        ROW_OF("IN", port_in, 0, HV_CAUSE_PORT, 1),
        ROW_OF("OUT", port_out, 0, HV_CAUSE_PORT, 1),
        ROW_OF("MMIO read", mmio_read, ANY_DEVICE, HV_CAUSE_MMIO, 1),
        ROW_OF("MMIO write", mmio_write, ANY_DEVICE, HV_CAUSE_MMIO, 1),
        ROW_OF("vDSA: configuration read", mmio_read, SOFT_CONFIG, HV_CAUSE_MMIO, 1),
        ROW_OF("vDSA: register read", mmio_read, SOFT_BAR0 + DSA_GENCAP, HV_CAUSE_MMIO, 1),
        ROW_OF("vDSA: register write", mmio_write, SOFT_BAR0 + DSA_INTCAUSE, HV_CAUSE_MMIO, 1),
        ROW_OF("stage-2 fault, then #UD", refused, ANY_DEVICE, HV_CAUSE_MMIO, 1),
        ROW_OF("interrupt, with its WRMSRs", interrupt, 0, HV_CAUSE_MSR_WRITE, 2),
        ROW_OF("interrupt by a window", window, 0, HV_CAUSE_INTERRUPT_WINDOW, 1),
};

static uint64_t sample(struct hv_vm *vm, const struct row *row, uint64_t rounds)
{
	guest_load(vm, row->first, row->end, rounds);
	*(uint64_t *)guest_at(vm, ADDRESS) = row->address;
	return guest_exit_status(vm);
}

static uint64_t median(uint64_t *values, unsigned count)
{
	for (unsigned i = 1; i < count; i++)
		for (unsigned j = i; j > 0 && values[j] < values[j - 1]; j--) {
			uint64_t swap = values[j];

			values[j] = values[j - 1];
			values[j - 1] = swap;
		}
	return values[count / 2];
}

/* Exits of the row's own cause in the latest sample, what the guest does besides left out. */
static uint64_t exits_of(struct hv_vm *vm, const struct row *row, const struct hv_stats *before)
{
	struct hv_stats after;
	uint64_t besides = row->cause == HV_CAUSE_HYPERCALL || row->cause == HV_CAUSE_MSR_WRITE; /* EXIT, INTERRUPTS */

	hv_stats_get(vm, &after);
	return after.exits[row->cause] - before->exits[row->cause] - besides;
}

/* Ticks a round, times ten. */
static uint64_t measure(struct hv_vm *vm, const struct row *row, uint64_t *rounds)
{
	uint64_t values[SAMPLES];
	struct hv_stats before;

	for (*rounds = LEAST_ROUNDS; *rounds < MOST_ROUNDS && sample(vm, row, *rounds) < ENOUGH_TICKS;)
		*rounds *= 2;
	for (unsigned i = 0; i < SAMPLES; i++) {
		hv_stats_get(vm, &before);
		values[i] = sample(vm, row, *rounds) * 10 / *rounds;
		test_context("%s", row->name);
		if (row->cause < HV_CAUSE_COUNT)
			EXPECT_EQ(*rounds * row->each, exits_of(vm, row, &before));
	}
	return median(values, SAMPLES);
}

TEST(cost_exits, "hv.cost.exits", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(empty, 0);
	const struct hv_mmio region = {ANY_DEVICE, 0x1000, any_read, any_write, NULL, "any"};
	uint64_t loop = 0;

	EXPECT_OK(hv_mmio_add(vm, &region));
	soft_attach(vm);
	test_limit(30 * GUEST_LIMIT_MS);
	test_note("%s, ticks each, the loop left out     median    rounds", hv_vendor_name());
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t rounds, ticks = measure(vm, &rows[i], &rounds);

		test_note("%-34s %7u.%u %9u", rows[i].name, (unsigned)((ticks > loop ? ticks - loop : 0) / 10),
		          (unsigned)((ticks > loop ? ticks - loop : 0) % 10), (unsigned)rounds);
		if (!i)
			loop = ticks;
	}
}
