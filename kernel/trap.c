/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stddef.h>

#include "kernel/bits.h"
#include "kernel/boot.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/exit.h"
#include "kernel/guard_internal.h"
#include "kernel/irq.h"
#include "kernel/isr_layout.h"
#include "kernel/panic.h"
#include "kernel/percpu.h"
#include "kernel/trap.h"

#define GATE_INTERRUPT 0x8e

struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t rsvd;
};
_Static_assert(sizeof(struct gate) == 16, "SDM vol. 3, 6.14.1");

/* An instruction that may fault, and where to go on then. */
struct fixup {
	uint64_t fault, resume;
};

extern const char isr_entries[];
extern const struct fixup __start_fixups[], __stop_fixups[];
void trap_dispatch(struct trap_frame *frame);

static struct gate idt[256];

static uint8_t ist_of(unsigned vector)
{
	switch (vector) {
	case TRAP_DF:
		return IST_DOUBLE_FAULT;
	case TRAP_NMI:
		return IST_NMI;
	case TRAP_MC:
		return IST_MACHINE_CHECK;
	case TRAP_PF:
		return IST_PAGE_FAULT; /* so that running over a stack's end is reported as that */
	default:
		return 0;
	}
}

void trap_load_idt(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) idtr = {sizeof(idt) - 1, (uint64_t)(uintptr_t)idt};

	for (unsigned v = 0; v < ARRAY_SIZE(idt) && idt[255].type == 0; v++) {
		uint64_t entry = (uint64_t)(uintptr_t)isr_entries + v * ISR_STRIDE;

		idt[v] = (struct gate){
		        .offset_low = (uint16_t)entry,
		        .selector = GDT_CODE,
		        .ist = ist_of(v),
		        .type = GATE_INTERRUPT,
		        .offset_middle = (uint16_t)(entry >> 16),
		        .offset_high = (uint32_t)(entry >> 32),
		};
	}
	__asm__ volatile("lidt %0" : : "m"(idtr));
}

/* The frame that the processor would push (SDM vol. 3, 6.14.2): the handler's IRET brings us back. */
void trap_interrupt(uint8_t vector)
{
	uint64_t entry = (uint64_t)(uintptr_t)isr_entries + (uint64_t)vector * ISR_STRIDE;

	__asm__ volatile("mov %%rsp, %%rax\n\t"
	                 "and $-16, %%rsp\n\t"
	                 "push %2\n\t"
	                 "push %%rax\n\t"
	                 "pushfq\n\t"
	                 "push %1\n\t"
	                 "call *%0"
	                 :
	                 : "r"(entry), "i"(GDT_CODE), "i"(GDT_DATA)
	                 : "rax", "memory", "cc");
}

const char *trap_name(uint64_t vector)
{
	static const char *const names[] = {
	        [0] = "#DE divide error",
	        [1] = "#DB debug",
	        [2] = "NMI",
	        [3] = "#BP breakpoint",
	        [4] = "#OF overflow",
	        [5] = "#BR bound range exceeded",
	        [6] = "#UD invalid opcode",
	        [7] = "#NM device not available",
	        [8] = "#DF double fault",
	        [10] = "#TS invalid TSS",
	        [11] = "#NP segment not present",
	        [12] = "#SS stack segment fault",
	        [13] = "#GP general protection",
	        [14] = "#PF page fault",
	        [16] = "#MF floating point",
	        [17] = "#AC alignment check",
	        [18] = "#MC machine check",
	        [19] = "#XM SIMD floating point",
	        [20] = "#VE virtualization",
	        [21] = "#CP control protection",
	};

	return vector < ARRAY_SIZE(names) && names[vector] ? names[vector] : "exception";
}

static void print_page_fault(uint64_t error, uint64_t address)
{
	console_printf("#   %s of 0x%016llx: %s%s\n",
	               error & BIT64(4)   ? "execution"
	               : error & BIT64(1) ? "write"
	                                  : "read",
	               (unsigned long long)address,
	               error & BIT64(3)   ? "a reserved bit is set in a page table"
	               : error & BIT64(0) ? "the page does not allow it"
	                                  : "nothing is mapped there",
	               address < 4096 ? " (a NULL pointer?)" : "");
}

void trap_dump(const struct trap_frame *f)
{
#define REG(r) (unsigned long long)f->r
	console_printf("#   rax %016llx rbx %016llx rcx %016llx rdx %016llx\n", REG(rax), REG(rbx), REG(rcx), REG(rdx));
	console_printf("#   rsi %016llx rdi %016llx rbp %016llx rsp %016llx\n", REG(rsi), REG(rdi), REG(rbp), REG(rsp));
	console_printf("#   r8  %016llx r9  %016llx r10 %016llx r11 %016llx\n", REG(r8), REG(r9), REG(r10), REG(r11));
	console_printf("#   r12 %016llx r13 %016llx r14 %016llx r15 %016llx\n", REG(r12), REG(r13), REG(r14), REG(r15));
	console_printf("#   rip %016llx flags %08llx cs %02llx ss %02llx cr0 %08llx cr3 %llx cr4 %llx\n", REG(rip),
	               REG(rflags), REG(cs), REG(ss), (unsigned long long)cpu_read_cr0(),
	               (unsigned long long)cpu_read_cr3(), (unsigned long long)cpu_read_cr4());
#undef REG
	if (irq_running())
		console_printf("#   in the interrupt handler of %s\n", irq_running());
	panic_backtrace(f->rip, f->rbp, f->rsp);
}

static void report_exception(const struct trap_frame *f, uint64_t cr2)
{
	console_printf("\n# EXCEPTION %s, vector %u, error code 0x%llx, on processor %u\n", trap_name(f->vector),
	               (unsigned)f->vector, (unsigned long long)f->error, percpu_self()->id);
	if (f->vector == TRAP_PF)
		print_page_fault(f->error, cr2);
	trap_dump(f);
}

static bool fix_up(struct trap_frame *f)
{
	for (const struct fixup *x = __start_fixups; x < __stop_fixups; x++) {
		if (x->fault != f->rip)
			continue;
		f->rip = x->resume;
		return true;
	}
	return false;
}

static void exception(struct trap_frame *f)
{
	struct percpu *cpu = percpu_self();
	uint64_t cr2 = cpu_read_cr2();

	if (fix_up(f))
		return;
	if (f->vector == TRAP_NMI && guard_nmi(f))
		return;
	if (cpu->dump_depth++) {
		/* The dump itself failed: what is known is on the console already. */
		console_printf("\n# %s while the last exception was reported, at 0x%llx\n", trap_name(f->vector),
		               (unsigned long long)f->rip);
		if (cpu->dump_depth > 2 || !guard_crash(f, cr2))
			platform_exit(EXIT_STATUS_CRASH);
		cpu->dump_depth = 0;
		return;
	}
	if (cpu->panic_rip)
		f->rip = cpu->panic_rip;
	else
		report_exception(f, cr2);
	cpu->panic_rip = 0;
	if (f->vector == TRAP_MC || !guard_crash(f, cr2))
		platform_exit(EXIT_STATUS_CRASH);
	cpu->dump_depth = 0;
}

void trap_dispatch(struct trap_frame *frame)
{
	if (frame->vector < TRAP_IRQ_FIRST)
		exception(frame);
	else
		irq_dispatch(frame);
}

/* The error code goes where the fixup puts it: 1 in place of 0. */
int trap_rdmsr(uint32_t msr, uint64_t *value)
{
	uint32_t lo, hi, failed = 1;

	__asm__ volatile("1: rdmsr\n\t"
	                 "xor %2, %2\n"
	                 "2:\n\t"
	                 ".pushsection .fixups, \"a\"\n\t"
	                 ".quad 1b, 2b\n\t"
	                 ".popsection"
	                 : "=a"(lo), "=d"(hi), "+r"(failed)
	                 : "c"(msr)
	                 : "memory");
	*value = failed ? 0 : ((uint64_t)hi << 32) | lo;
	return failed ? -EIO : 0;
}

int trap_wrmsr(uint32_t msr, uint64_t value)
{
	uint32_t failed = 1;

	__asm__ volatile("1: wrmsr\n\t"
	                 "xor %0, %0\n"
	                 "2:\n\t"
	                 ".pushsection .fixups, \"a\"\n\t"
	                 ".quad 1b, 2b\n\t"
	                 ".popsection"
	                 : "+r"(failed)
	                 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
	                 : "memory");
	return failed ? -EIO : 0;
}
