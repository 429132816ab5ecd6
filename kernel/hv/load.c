/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest finds in its memory at the start: kernel/boot_info.h and kernel/entry.S say what must be there. */
#include <errno.h>
#include <string.h>

#include "kernel/acpi.h"
#include "kernel/bits.h"
#include "kernel/boot_info.h"
#include "kernel/cpu.h"
#include "kernel/elf.h"
#include "kernel/hv/vm.h"
#include "kernel/mem.h"
#include "kernel/time.h"

/* Guest-physical addresses. */
#define PML4_GPA      UINT64_C(0x1000)
#define PDPT_GPA      UINT64_C(0x2000)
#define PD_GPA        UINT64_C(0x3000) /* four: the low 4 GiB */
#define TABLES_END    UINT64_C(0x7000)
#define BOOT_INFO_GPA UINT64_C(0x10000)
#define ACPI_GPA      UINT64_C(0x20000) /* one page */
#define KERNEL_GPA    UINT64_C(0x200000)
_Static_assert(BOOT_INFO_GPA + sizeof(struct boot_info) <= ACPI_GPA, "the layout below 1 MiB");
_Static_assert(TABLES_END < HV_FLAT_STACK_TOP && HV_FLAT_STACK_TOP <= HV_FLAT_CODE, "the layout below 1 MiB");

#define PTE_PRESENT_WRITE UINT64_C(3)
#define PTE_LARGE         BIT64(7)
#define LARGE_SIZE        UINT64_C(0x200000)

#define CR0_START  UINT64_C(0x80010031)   /* PG, WP, NE (set like firmware does), ET, PE */
#define CR4_START  BIT64(5)               /* PAE */
#define EFER_START (BIT64(8) | BIT64(10)) /* LME, LMA */

struct xsdt {
	struct acpi_header header;
	uint64_t tables[2];
} __attribute__((packed));

/* ACPI 5.2.12: one processor. */
struct madt {
	struct acpi_header header;
	uint32_t lapic_address;
	uint32_t flags;
	struct {
		uint8_t type, length, processor, apic_id;
		uint32_t flags;
	} __attribute__((packed)) lapic;
} __attribute__((packed));

/* PCI Firmware Specification 3.3, 4.1.2. */
struct mcfg {
	struct acpi_header header;
	uint64_t rsvd;
	uint64_t base;
	uint16_t segment;
	uint8_t first_bus, last_bus;
	uint32_t rsvd2;
} __attribute__((packed));

struct tables {
	struct acpi_rsdp rsdp;
	uint8_t pad[28];
	struct xsdt xsdt;
	struct madt madt;
	struct mcfg mcfg;
} __attribute__((packed));
_Static_assert(sizeof(struct tables) <= PAGE_SIZE, "one page");

static uint8_t checksum(const void *data, size_t size)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + ((const uint8_t *)data)[i]);
	return (uint8_t)(0 - sum);
}

static void finish_table(struct acpi_header *h, const char *signature, uint32_t size, uint8_t revision)
{
	memcpy(h->signature, signature, sizeof(h->signature));
	h->length = size;
	h->revision = revision;
	memcpy(h->oem_id, "ADIT  ", sizeof(h->oem_id));
	memcpy(h->oem_table_id, "ADITHV  ", sizeof(h->oem_table_id));
	memcpy(h->creator_id, "ADIT", sizeof(h->creator_id));
	h->checksum = checksum(h, size);
}

static void compose_acpi(struct tables *t)
{
	const uint8_t processor_enabled = 1;

	memset(t, 0, sizeof(*t));
	t->madt.lapic_address = 0xfee00000;
	t->madt.lapic.length = sizeof(t->madt.lapic);
	t->madt.lapic.flags = processor_enabled;
	finish_table(&t->madt.header, "APIC", sizeof(t->madt), 4);
	t->mcfg.base = HV_ECAM_BASE;
	finish_table(&t->mcfg.header, "MCFG", sizeof(t->mcfg), 1);
	t->xsdt.tables[0] = ACPI_GPA + offsetof(struct tables, madt);
	t->xsdt.tables[1] = ACPI_GPA + offsetof(struct tables, mcfg);
	finish_table(&t->xsdt.header, "XSDT", sizeof(t->xsdt), 1);
	memcpy(t->rsdp.signature, "RSD PTR ", sizeof(t->rsdp.signature));
	memcpy(t->rsdp.oem_id, "ADIT  ", sizeof(t->rsdp.oem_id));
	t->rsdp.revision = 2;
	t->rsdp.length = sizeof(t->rsdp);
	t->rsdp.xsdt = ACPI_GPA + offsetof(struct tables, xsdt);
	t->rsdp.checksum = checksum(&t->rsdp, ACPI_RSDP_V1_SIZE);
	t->rsdp.extended_checksum = checksum(&t->rsdp, sizeof(t->rsdp));
}

static void add_mem(struct boot_info *info, uint64_t base, uint64_t end, uint32_t type)
{
	if (base < end)
		info->mem[info->mem_count++] = (struct boot_mem){.base = base, .size = end - base, .type = type};
}

/* The RAM ranges above the first, ascending. */
static void add_other_ram(const struct hv_vm *vm, struct boot_info *info)
{
	uint64_t from = 1;

	for (unsigned n = 1; n < vm->ram_count; n++) {
		const struct hv_ram *next = NULL;

		for (unsigned i = 0; i < vm->ram_count; i++)
			if (vm->ram[i].gpa >= from && (!next || vm->ram[i].gpa < next->gpa))
				next = &vm->ram[i];
		if (!next)
			return;
		add_mem(info, next->gpa, next->gpa + next->size, BOOT_MEM_USABLE);
		from = next->gpa + 1;
	}
}

static void compose_info(const struct hv_vm *vm, struct boot_info *info, uint64_t ram_end, uint64_t kernel_size,
                         const char *config)
{
	memset(info, 0, sizeof(*info));
	info->magic = BOOT_INFO_MAGIC;
	info->version = BOOT_INFO_VERSION;
	info->origin = BOOT_ORIGIN_GUEST;
	info->kernel_phys = KERNEL_GPA;
	info->kernel_size = kernel_size;
	info->rsdp = ACPI_GPA + offsetof(struct tables, rsdp);
	/* The guest's counter is the host's. */
	info->entry_tsc = cpu_rdtsc();
	info->tsc_hz = time_tsc_hz();
	add_mem(info, 0, ACPI_GPA, BOOT_MEM_RESERVED);
	add_mem(info, ACPI_GPA, ACPI_GPA + PAGE_SIZE, BOOT_MEM_ACPI);
	add_mem(info, ACPI_GPA + PAGE_SIZE, KERNEL_GPA, BOOT_MEM_USABLE);
	add_mem(info, KERNEL_GPA, KERNEL_GPA + kernel_size, BOOT_MEM_RESERVED);
	add_mem(info, KERNEL_GPA + kernel_size, ram_end, BOOT_MEM_USABLE);
	add_other_ram(vm, info);
	info->config_size = (uint32_t)strlen(config);
	memcpy(info->config, config, info->config_size);
}

/* The low 4 GiB one to one, in large pages. */
static void compose_page_tables(void *host)
{
	uint64_t *pml4 = (uint64_t *)((uint8_t *)host + PML4_GPA);
	uint64_t *pdpt = (uint64_t *)((uint8_t *)host + PDPT_GPA);
	uint64_t *pd = (uint64_t *)((uint8_t *)host + PD_GPA);

	pml4[0] = PDPT_GPA | PTE_PRESENT_WRITE;
	for (unsigned i = 0; i < 4; i++)
		pdpt[i] = (PD_GPA + i * PAGE_SIZE) | PTE_PRESENT_WRITE;
	for (unsigned i = 0; i < 4 * 512; i++)
		pd[i] = i * LARGE_SIZE | PTE_PRESENT_WRITE | PTE_LARGE;
}

/* RAM at 0 of at least size bytes, cleared if a guest has run in it; NULL if there is less. */
static const struct hv_ram *low_ram(struct hv_vm *vm, uint64_t size)
{
	const struct hv_ram *low = NULL;

	for (unsigned i = 0; i < vm->ram_count; i++) {
		if (vm->used)
			memset(vm->ram[i].host, 0, vm->ram[i].size);
		if (!vm->ram[i].gpa && vm->ram[i].size >= size)
			low = &vm->ram[i];
	}
	vm->used = true;
	return low;
}

static void start_at(struct hv_vm *vm, uint64_t rip, uint64_t rdi)
{
	const struct hv_regs regs = {
	        .gpr = {[HV_RDI] = rdi, [HV_RSP] = HV_FLAT_STACK_TOP},
	        .rip = rip,
	        .cr0 = CR0_START,
	        .cr3 = PML4_GPA,
	        .cr4 = CR4_START,
	        .efer = EFER_START,
	};

	vm->ops->start(vm->vcpu, &regs);
	vm->stats.injected -= hv_waiting(vm);
	hv_apic_reset(&vm->apic);
	if (vm->posted) {
		hv_posted_drain(vm->posted, vm->apic.irr); /* for the one before */
		memset(vm->apic.irr, 0, sizeof(vm->apic.irr));
	}
	memset(vm->counted, 0, sizeof(vm->counted));
	hv_state_reset(&vm->state);
	vm->event = (struct hv_event){0};
	vm->halted = false;
	__atomic_store_n(&vm->stop, 0, __ATOMIC_SEQ_CST);
	vm->line_size = 0;
	vm->loaded = true;
}

int hv_load(struct hv_vm *vm, const void *elf, size_t size, const char *config)
{
	const struct hv_ram *ram;
	struct elf_span span;
	int rc;

	if (__atomic_load_n(&vm->running, __ATOMIC_SEQ_CST))
		return -EBUSY;
	if (!elf_span(elf, size, &span))
		return -ENOEXEC;
	if (!config)
		config = "";
	if (strlen(config) > BOOT_CONFIG_MAX)
		return -E2BIG;
	if (!hv_ram_ptr(vm, 0, PAGE_SIZE)) {
		rc = hv_ram_add(vm, 0, HV_RAM_DEFAULT_SIZE);
		if (rc)
			return rc;
	}
	ram = low_ram(vm, KERNEL_GPA + span.size);
	if (!ram)
		return -ENOSPC;
	elf_load(elf, &span, (uint8_t *)ram->host + KERNEL_GPA);
	compose_page_tables(ram->host);
	compose_acpi((struct tables *)((uint8_t *)ram->host + ACPI_GPA));
	compose_info(vm, (struct boot_info *)((uint8_t *)ram->host + BOOT_INFO_GPA), ram->size, span.size, config);
	start_at(vm, KERNEL_GPA + span.entry, BOOT_INFO_GPA);
	return 0;
}

int hv_load_flat(struct hv_vm *vm, uint64_t gpa, const void *code, size_t size, uint64_t arg)
{
	const struct hv_ram *ram;
	void *target;

	if (__atomic_load_n(&vm->running, __ATOMIC_SEQ_CST))
		return -EBUSY;
	if (gpa < HV_FLAT_CODE)
		return -EINVAL;
	ram = low_ram(vm, HV_FLAT_STACK_TOP);
	target = hv_ram_ptr(vm, gpa, size);
	if (!ram || !target)
		return -ENOSPC;
	memcpy(target, code, size);
	compose_page_tables(ram->host);
	start_at(vm, gpa, arg);
	return 0;
}
