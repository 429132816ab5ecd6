/* SPDX-License-Identifier: BSD-2-Clause */
/* From the entry to the application's main(). */
#include <stdlib.h>
#include <string.h>

#include "kernel/acpi.h"
#include "kernel/apic.h"
#include "kernel/bits.h"
#include "kernel/boot.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/irq.h"
#include "kernel/pages.h"
#include "kernel/paging.h"
#include "kernel/panic.h"
#include "kernel/percpu.h"
#include "kernel/smp_internal.h"
#include "kernel/time_internal.h"

#define CPUID_1_EDX_MCE BIT32(7)
#define CR4_MCE         BIT64(6)

static struct boot_info info;
static uint64_t kernel_phys;
static struct acpi_madt madt; /* too large for the stack, like the next */
static struct acpi_dmar dmar;

_Noreturn void kernel_start(uint64_t info_phys, uint64_t phys);

const struct boot_info *boot_info_get(void)
{
	return &info;
}

bool boot_in_guest(void)
{
	return info.origin == BOOT_ORIGIN_GUEST;
}

uint64_t boot_kernel_phys(void)
{
	return kernel_phys;
}

static void processors_of_loader(void)
{
	unsigned count = info.cpu_count < BOOT_CPU_MAX ? info.cpu_count : BOOT_CPU_MAX;

	for (unsigned i = 0; i < count && i < ACPI_MAX_CPUS; i++)
		madt.cpus[madt.cpu_count++].apic_id = info.cpus[i];
}

/*
 * What the kernel itself wants of ACPI. A machine without a MADT runs with the processors that the loader named, and if
 * it named none with one.
 */
static void read_acpi(void)
{
	const struct acpi_header *table;
	const char *why = "";

	if (acpi_init(info.rsdp))
		console_printf("# ACPI: no usable tables: no PCI Express, no IOMMU\n");
	table = acpi_find("APIC", 0);
	if (table && acpi_parse_madt(table, table->length, &madt, &why))
		console_printf("# ACPI: MADT: %s\n", why);
	if (!table)
		processors_of_loader();
	table = acpi_find("DMAR", 0);
	if (table && acpi_parse_dmar(table, table->length, &dmar, &why))
		console_printf("# ACPI: DMAR: %s\n", why);
}

/* Machine checks are reported; without this they would shut the processor down in silence. */
static void enable_machine_check(void)
{
	if (!boot_in_guest() && (cpu_cpuid(1, 0).edx & CPUID_1_EDX_MCE))
		cpu_write_cr4(cpu_read_cr4() | CR4_MCE);
}

static void start_processors(void)
{
	if (apic_init(dmar.x2apic_opt_out != 0))
		panic("no address space for the local APIC");
	apic_mask_legacy(&madt);
	apic_init_cpu();
	percpu_self()->apic_id = apic_id();
	apic_calibrate_timer();
	irq_restore(1);
	if (smp_start(&madt) < 0)
		console_printf("# Only one processor runs: no memory below 1 MiB to start the others\n");
}

/* Called by entry.S, on the boot stack, with the loader's lower half still mapped. */
_Noreturn void kernel_start(uint64_t info_phys, uint64_t phys)
{
	memcpy(&info, (const void *)(uintptr_t)info_phys, sizeof(info));
	kernel_phys = phys;
	percpu_init_boot();
	enable_machine_check();
	console_init();
	if (info.magic != BOOT_INFO_MAGIC || info.version != BOOT_INFO_VERSION)
		panic("the loader's boot_info is not one of version %u", BOOT_INFO_VERSION);
	paging_init();
	pages_init();
	if (fbcon_init)
		fbcon_init(&info.framebuffer);
	read_acpi();
	time_init();
	start_processors();
	exit(main());
}
