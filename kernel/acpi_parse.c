/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking ACPI's static tables apart: the MADT and the MCFG; the DMAR is in acpi_dmar.c. No byte is believed: a table
 * comes from firmware, and firmware is where machines differ most.
 *
 * A fault that leaves the next entry findable (a value out of range, one entry too many) is noted and the entry is left
 * out; one that does not (an entry's length) ends the table. The first fault is the one that *why names.
 */
#include "kernel/acpi_cursor.h"

#include "kernel/bits.h"

/* --- MADT: ACPI 5.2.12 --- */

#define MADT_FIXED          44
#define MADT_LAPIC          0
#define MADT_IOAPIC         1
#define MADT_LAPIC_ADDRESS  5
#define MADT_X2APIC         9
#define MADT_ENABLED        BIT32(0)
#define APIC_ID_BROADCAST   0xff
#define X2APIC_ID_BROADCAST UINT32_MAX

static void add_cpu(struct acpi_cursor *c, struct acpi_madt *out, uint32_t apic_id)
{
	/* Firmware may name one processor by both entry types, and some name it twice by one. */
	for (unsigned i = 0; i < out->cpu_count; i++)
		if (out->cpus[i].apic_id == apic_id)
			return;
	if (out->cpu_count == ACPI_MAX_CPUS) {
		acpi_fault(c, "more processors than this program has room for");
		return;
	}
	out->cpus[out->cpu_count++].apic_id = apic_id;
}

static void add_ioapic(struct acpi_cursor *c, struct acpi_madt *out, const uint8_t *entry)
{
	if (out->ioapic_count == ACPI_MAX_IOAPICS) {
		acpi_fault(c, "more I/O APICs than this program has room for");
		return;
	}
	out->ioapics[out->ioapic_count++] = (struct acpi_ioapic){
	        .id = entry[2],
	        .address = acpi_get32(entry + 4),
	        .gsi_base = acpi_get32(entry + 8),
	};
}

static size_t madt_entry_size(uint8_t type)
{
	switch (type) {
	case MADT_LAPIC:
		return 8;
	case MADT_IOAPIC:
	case MADT_LAPIC_ADDRESS:
		return 12;
	case MADT_X2APIC:
		return 16;
	default:
		return 2;
	}
}

static void madt_entry(struct acpi_cursor *c, struct acpi_madt *out, const uint8_t *entry)
{
	switch (entry[0]) {
	case MADT_LAPIC:
		/* Entries of absent processors carry the broadcast id, now and then with the enabled bit set. */
		if ((acpi_get32(entry + 4) & MADT_ENABLED) && entry[3] != APIC_ID_BROADCAST)
			add_cpu(c, out, entry[3]);
		break;
	case MADT_X2APIC:
		if ((acpi_get32(entry + 8) & MADT_ENABLED) && acpi_get32(entry + 4) != X2APIC_ID_BROADCAST)
			add_cpu(c, out, acpi_get32(entry + 4));
		break;
	case MADT_IOAPIC:
		add_ioapic(c, out, entry);
		break;
	case MADT_LAPIC_ADDRESS:
		out->lapic_address = acpi_get64(entry + 4);
		break;
	default:
		break;
	}
}

int acpi_parse_madt(const void *table, size_t size, struct acpi_madt *out, const char **why)
{
	struct acpi_cursor c;

	memset(out, 0, sizeof(*out));
	if (!acpi_open(&c, table, size, "APIC", MADT_FIXED))
		return acpi_finish(&c, why);
	out->lapic_address = acpi_get32((const uint8_t *)table + sizeof(struct acpi_header));
	while (c.left > 0) {
		size_t length = c.left < 2 ? 0 : c.at[1];

		if (length < 2 || length > c.left) {
			acpi_fault(&c, "MADT entry with an impossible length");
			break;
		}
		if (length < madt_entry_size(c.at[0]))
			acpi_fault(&c, "MADT entry shorter than its type needs");
		else
			madt_entry(&c, out, c.at);
		acpi_take(&c, length);
	}
	return acpi_finish(&c, why);
}

/* --- MCFG: PCI Firmware Specification 3.3, 4.1.2 --- */

#define MCFG_FIXED    44
#define MCFG_ENTRY    16
#define ECAM_BUS_SIZE (UINT64_C(1) << 20)

static const char *segment_fault(const struct acpi_segment *s)
{
	if (s->end_bus < s->start_bus)
		return "MCFG window that ends before it starts";
	if (s->base == 0 || !IS_ALIGNED(s->base, ECAM_BUS_SIZE))
		return "MCFG window at address 0 or not aligned to a bus";
	if (s->base > UINT64_MAX - (s->end_bus + UINT64_C(1)) * ECAM_BUS_SIZE)
		return "MCFG window reaches past the end of the address space";
	return NULL;
}

static void add_segment(struct acpi_cursor *c, struct acpi_mcfg *out, const struct acpi_segment *s)
{
	for (unsigned i = 0; i < out->count; i++) {
		const struct acpi_segment *o = &out->segments[i];

		if (o->segment != s->segment || s->start_bus > o->end_bus || o->start_bus > s->end_bus)
			continue;
		if (o->base != s->base || o->start_bus != s->start_bus || o->end_bus != s->end_bus)
			acpi_fault(c, "two MCFG windows for one bus");
		return;
	}
	if (out->count == ACPI_MAX_SEGMENTS)
		acpi_fault(c, "more MCFG windows than this program has room for");
	else
		out->segments[out->count++] = *s;
}

int acpi_parse_mcfg(const void *table, size_t size, struct acpi_mcfg *out, const char **why)
{
	struct acpi_cursor c;

	memset(out, 0, sizeof(*out));
	if (!acpi_open(&c, table, size, "MCFG", MCFG_FIXED))
		return acpi_finish(&c, why);
	while (c.left >= MCFG_ENTRY) {
		const uint8_t *entry = acpi_take(&c, MCFG_ENTRY);
		struct acpi_segment s = {
		        .base = acpi_get64(entry),
		        .segment = acpi_get16(entry + 8),
		        .start_bus = entry[10],
		        .end_bus = entry[11],
		};
		const char *wrong = segment_fault(&s);

		if (wrong)
			acpi_fault(&c, wrong);
		else
			add_segment(&c, out, &s);
	}
	if (c.left > 0)
		acpi_fault(&c, "MCFG ends within an entry");
	return acpi_finish(&c, why);
}
