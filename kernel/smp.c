/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/apic.h"
#include "kernel/bits.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/mem.h"
#include "kernel/pages.h"
#include "kernel/paging.h"
#include "kernel/smp.h"
#include "kernel/smp_internal.h"
#include "kernel/time.h"

#define CR4_LA57         BIT64(12)
#define MSR_EFER         0xc0000080U
#define EFER_SCE_LME_NXE (BIT32(8) | BIT32(11))
#define AP_STACK_SIZE    65536U

/* SDM vol. 3, 9.4.4: 10 ms after INIT, 200 us between the two STARTUPs. */
#define INIT_DELAY_US    10000U
#define STARTUP_RETRY_US 200U
/* A processor needs microseconds to get to ap_main(); an emulated one on a busy host may need this. */
#define START_TIMEOUT_US 1000000U

/* The processor that wakes up regularly to see whether others hang with interrupts off. */
#define WATCHER  1U
#define WATCH_NS UINT64_C(250000000)

/* As in trampoline.S. */
struct trampoline_data {
	uint64_t root, stack, cpu;
	uint32_t cr0, cr3, cr4, efer;
	uint32_t far_32;
	uint16_t far_32_selector, rsvd0;
	uint32_t far_64;
	uint16_t far_64_selector, rsvd1;
	uint16_t gdt_limit;
	uint32_t gdt_base;
} __attribute__((packed));

/* The pages below 1 MiB: the code and the page tables until the kernel's own are loaded. */
enum {
	LOW_CODE,
	LOW_PML5,
	LOW_PML4,
	LOW_PDPT,
	LOW_PD,
	LOW_PAGES
};

extern const char trampoline[], trampoline_data[], trampoline_end[];
_Noreturn void ap_main(struct percpu *cpu);

static struct percpu *cpus[SMP_MAX_CPUS];
static unsigned cpu_count = 1, cpu_present = 1;

unsigned smp_count(void)
{
	return cpu_count;
}

unsigned smp_present(void)
{
	return cpu_present;
}

uint32_t smp_apic_id(unsigned cpu)
{
	return smp_percpu(cpu)->apic_id;
}

struct percpu *smp_percpu(unsigned i)
{
	return i == 0 && !cpus[0] ? percpu_self() : cpus[i];
}

void smp_timer_default(void)
{
	apic_timer_arm(percpu_self()->id == WATCHER ? WATCH_NS : 0);
}

static void do_work(struct percpu *cpu)
{
	uint32_t given = WORK_GIVEN;

	/* Translations that another processor took back meanwhile. */
	cpu_write_cr3(cpu_read_cr3());
	cpu->work_fn(cpu->work_arg);
	/* Unless the giver's patience ended: then it stays WORK_LOST. */
	__atomic_compare_exchange_n(&cpu->work, &given, WORK_DONE, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

/* An application processor, on its own stack. */
_Noreturn void ap_main(struct percpu *cpu)
{
	percpu_load(cpu);
	paging_init_cpu();
	apic_init_cpu();
	cpu->apic_id = apic_id();
	smp_timer_default();
	__atomic_store_n(&cpu->online, 1, __ATOMIC_RELEASE);
	for (;;) {
		__asm__ volatile("cli" : : : "memory");
		if (__atomic_load_n(&cpu->work, __ATOMIC_ACQUIRE) != WORK_GIVEN) {
			__asm__ volatile("sti; hlt" : : : "memory");
			continue;
		}
		__asm__ volatile("sti" : : : "memory");
		do_work(cpu);
	}
}

/* Everything in the low pages that is the same for all processors. */
static struct trampoline_data *prepare_low(uint64_t low)
{
	uint8_t *pages = virt_of(low);
	const uint64_t *kernel_pml4 = virt_of(paging_pml4());
	uint64_t *pml5 = (uint64_t *)(pages + LOW_PML5 * PAGE_SIZE), *pml4 = (uint64_t *)(pages + LOW_PML4 * PAGE_SIZE);
	uint64_t *pdpt = (uint64_t *)(pages + LOW_PDPT * PAGE_SIZE), *pd = (uint64_t *)(pages + LOW_PD * PAGE_SIZE);
	struct trampoline_data *data = (struct trampoline_data *)(pages + (trampoline_data - trampoline));

	memset(pages, 0, LOW_PAGES * PAGE_SIZE);
	memcpy(pages, trampoline, (size_t)(trampoline_end - trampoline));
	memcpy(pml4 + 256, kernel_pml4 + 256, 256 * sizeof(uint64_t));
	pml5[0] = pml5[511] = (low + LOW_PML4 * PAGE_SIZE) | PTE_PRESENT | PTE_WRITE;
	pml4[0] = (low + LOW_PDPT * PAGE_SIZE) | PTE_PRESENT | PTE_WRITE;
	pdpt[0] = (low + LOW_PD * PAGE_SIZE) | PTE_PRESENT | PTE_WRITE;
	pd[0] = PTE_PRESENT | PTE_WRITE | PTE_LARGE;

	data->root = paging_root();
	data->cr0 = (uint32_t)cpu_read_cr0();
	data->cr4 = (uint32_t)cpu_read_cr4();
	data->cr3 = (uint32_t)low + (data->cr4 & CR4_LA57 ? LOW_PML5 : LOW_PML4) * PAGE_SIZE;
	data->efer = (uint32_t)cpu_rdmsr(MSR_EFER) & EFER_SCE_LME_NXE;
	data->far_32 += (uint32_t)low;
	data->far_64 += (uint32_t)low;
	data->gdt_base += (uint32_t)low;
	return data;
}

static struct percpu *new_cpu(unsigned id, void **stack)
{
	struct percpu *cpu = calloc(1, sizeof(*cpu));

	*stack = paging_alloc_stack(AP_STACK_SIZE);
	if (!cpu || !*stack || percpu_alloc_stacks(cpu)) {
		free(cpu);
		return NULL;
	}
	cpu->id = id;
	return cpu;
}

/* Returns 0, -ENOMEM or -ETIMEDOUT. */
static int start_one(uint32_t id, uint64_t low, volatile struct trampoline_data *data)
{
	void *stack;
	struct percpu *cpu = new_cpu(cpu_count, &stack);

	if (!cpu)
		return -ENOMEM;
	data->stack = (uint64_t)(uintptr_t)stack;
	data->cpu = (uint64_t)(uintptr_t)cpu;
	cpu_mfence();
	apic_send_startup(id, (uint8_t)(low / PAGE_SIZE));
	if (!WAIT_FOR(__atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE), STARTUP_RETRY_US))
		apic_send_startup(id, (uint8_t)(low / PAGE_SIZE));
	if (!WAIT_FOR(__atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE), START_TIMEOUT_US)) {
		/* Held in INIT: it must not come late and take the next one's stack. */
		apic_send_init(id);
		return -ETIMEDOUT;
	}
	cpus[cpu_count++] = cpu;
	return 0;
}

int smp_start(const struct acpi_madt *madt)
{
	uint32_t self = percpu_self()->apic_id;
	struct trampoline_data *data;
	uint64_t low;
	int missing = 0;

	cpus[0] = percpu_self();
	cpu_present = madt->cpu_count ? madt->cpu_count : 1;
	if (madt->cpu_count < 2)
		return 0;
	low = pages_low(LOW_PAGES);
	if (!low)
		return -ENOMEM;
	data = prepare_low(low);
	for (unsigned i = 0; i < madt->cpu_count; i++) {
		if (madt->cpus[i].apic_id != self && (apic_is_x2apic() || madt->cpus[i].apic_id < 255))
			apic_send_init(madt->cpus[i].apic_id);
	}
	time_delay_us(INIT_DELAY_US);
	for (unsigned i = 0; i < madt->cpu_count; i++) {
		uint32_t id = madt->cpus[i].apic_id;
		int err;

		if (id == self)
			continue;
		err = !apic_is_x2apic() && id >= 255 ? -ERANGE
		      : cpu_count == SMP_MAX_CPUS    ? -ENOSPC
		                                     : start_one(id, low, data);
		if (!err)
			continue;
		missing++;
		console_printf("# The processor with APIC id %u did not start: %s\n", id,
		               err == -ERANGE      ? "xAPIC mode cannot address it"
		               : err == -ETIMEDOUT ? "nothing from it for 1 s after INIT and STARTUP"
		                                   : "no memory for it");
	}
	return missing;
}

int smp_start_work(unsigned i, void (*fn)(void *), void *arg)
{
	struct percpu *cpu;

	if (i >= cpu_count || i == 0 || i == smp_id())
		return -EINVAL;
	cpu = cpus[i];
	if (__atomic_load_n(&cpu->work, __ATOMIC_ACQUIRE) != WORK_NONE)
		return -EBUSY;
	cpu->work_fn = fn;
	cpu->work_arg = arg;
	__atomic_store_n(&cpu->work, WORK_GIVEN, __ATOMIC_RELEASE);
	apic_send_vector(cpu->apic_id, APIC_VECTOR_WAKE);
	return 0;
}

int smp_wait(unsigned i, unsigned timeout_ms)
{
	struct percpu *cpu;
	uint32_t given = WORK_GIVEN;

	if (i >= cpu_count || i == 0)
		return -EINVAL;
	cpu = cpus[i];
	if (!WAIT_FOR(__atomic_load_n(&cpu->work, __ATOMIC_ACQUIRE) != WORK_GIVEN, (uint64_t)timeout_ms * 1000U) &&
	    __atomic_compare_exchange_n(&cpu->work, &given, WORK_LOST, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return -ETIMEDOUT;
	if (__atomic_load_n(&cpu->work, __ATOMIC_ACQUIRE) == WORK_LOST)
		return -ETIMEDOUT;
	__atomic_store_n(&cpu->work, WORK_NONE, __ATOMIC_RELEASE);
	return 0;
}

int smp_run(unsigned i, void (*fn)(void *), void *arg, unsigned timeout_ms)
{
	int err;

	if (i == smp_id()) {
		fn(arg);
		return 0;
	}
	err = smp_start_work(i, fn, arg);
	return err ? err : smp_wait(i, timeout_ms);
}
