/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking ACPI's static tables apart. No byte is believed: a table comes from firmware, and firmware is where machines
 * differ most.
 *
 * A fault that leaves the next entry findable (a value out of range, one entry too many) is noted and the entry is left
 * out; one that does not (an entry's length) ends the table. The first fault is the one that *why names.
 */
#include "kernel/acpi.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "kernel/bits.h"

/* A stretch of the table that is still to be read, and the first fault seen. */
struct cursor {
	const uint8_t *at;
	size_t left;
	const char *why;
};

static void fault(struct cursor *c, const char *why)
{
	if (!c->why)
		c->why = why;
}

static int finish(const struct cursor *c, const char **why)
{
	*why = c->why;
	return c->why ? -EINVAL : 0;
}

/* Tables are packed and aligned to nothing. */
static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint64_t get64(const uint8_t *p)
{
	return (uint64_t)get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* Check the header and leave the cursor behind the fixed part of fixed bytes. */
static bool open_table(struct cursor *c, const void *table, size_t size, const char *signature, size_t fixed)
{
	size_t length;

	*c = (struct cursor){.at = table};
	if (size < sizeof(struct acpi_header)) {
		fault(c, "shorter than a table header");
		return false;
	}
	if (memcmp(c->at, signature, 4) != 0) {
		fault(c, "another table's signature");
		return false;
	}
	length = get32(c->at + offsetof(struct acpi_header, length));
	if (length > size) {
		fault(c, "length in the header reaches past the table's end");
		return false;
	}
	if (length < fixed) {
		fault(c, "shorter than its fixed part");
		return false;
	}
	c->at += fixed;
	c->left = length - fixed;
	return true;
}

/* Cut the next length bytes off as an entry of their own. length is at least 1 and at most c->left. */
static const uint8_t *take(struct cursor *c, size_t length)
{
	const uint8_t *entry = c->at;

	c->at += length;
	c->left -= length;
	return entry;
}

/* --- MADT: ACPI 5.2.12 --- */

#define MADT_FIXED          44
#define MADT_LAPIC          0
#define MADT_IOAPIC         1
#define MADT_LAPIC_ADDRESS  5
#define MADT_X2APIC         9
#define MADT_ENABLED        BIT32(0)
#define APIC_ID_BROADCAST   0xff
#define X2APIC_ID_BROADCAST UINT32_MAX

static void add_cpu(struct cursor *c, struct acpi_madt *out, uint32_t apic_id)
{
	/* Firmware may name one processor by both entry types, and some name it twice by one. */
	for (unsigned i = 0; i < out->cpu_count; i++)
		if (out->cpus[i].apic_id == apic_id)
			return;
	if (out->cpu_count == ACPI_MAX_CPUS) {
		fault(c, "more processors than this program has room for");
		return;
	}
	out->cpus[out->cpu_count++].apic_id = apic_id;
}

static void add_ioapic(struct cursor *c, struct acpi_madt *out, const uint8_t *entry)
{
	if (out->ioapic_count == ACPI_MAX_IOAPICS) {
		fault(c, "more I/O APICs than this program has room for");
		return;
	}
	out->ioapics[out->ioapic_count++] = (struct acpi_ioapic){
	        .id = entry[2],
	        .address = get32(entry + 4),
	        .gsi_base = get32(entry + 8),
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

static void madt_entry(struct cursor *c, struct acpi_madt *out, const uint8_t *entry)
{
	switch (entry[0]) {
	case MADT_LAPIC:
		/* Entries of absent processors carry the broadcast id, now and then with the enabled bit set. */
		if ((get32(entry + 4) & MADT_ENABLED) && entry[3] != APIC_ID_BROADCAST)
			add_cpu(c, out, entry[3]);
		break;
	case MADT_X2APIC:
		if ((get32(entry + 8) & MADT_ENABLED) && get32(entry + 4) != X2APIC_ID_BROADCAST)
			add_cpu(c, out, get32(entry + 4));
		break;
	case MADT_IOAPIC:
		add_ioapic(c, out, entry);
		break;
	case MADT_LAPIC_ADDRESS:
		out->lapic_address = get64(entry + 4);
		break;
	default:
		break;
	}
}

int acpi_parse_madt(const void *table, size_t size, struct acpi_madt *out, const char **why)
{
	struct cursor c;

	memset(out, 0, sizeof(*out));
	if (!open_table(&c, table, size, "APIC", MADT_FIXED))
		return finish(&c, why);
	out->lapic_address = get32((const uint8_t *)table + sizeof(struct acpi_header));
	while (c.left > 0) {
		size_t length = c.left < 2 ? 0 : c.at[1];

		if (length < 2 || length > c.left) {
			fault(&c, "MADT entry with an impossible length");
			break;
		}
		if (length < madt_entry_size(c.at[0]))
			fault(&c, "MADT entry shorter than its type needs");
		else
			madt_entry(&c, out, c.at);
		take(&c, length);
	}
	return finish(&c, why);
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

static void add_segment(struct cursor *c, struct acpi_mcfg *out, const struct acpi_segment *s)
{
	for (unsigned i = 0; i < out->count; i++) {
		const struct acpi_segment *o = &out->segments[i];

		if (o->segment != s->segment || s->start_bus > o->end_bus || o->start_bus > s->end_bus)
			continue;
		if (o->base != s->base || o->start_bus != s->start_bus || o->end_bus != s->end_bus)
			fault(c, "two MCFG windows for one bus");
		return;
	}
	if (out->count == ACPI_MAX_SEGMENTS)
		fault(c, "more MCFG windows than this program has room for");
	else
		out->segments[out->count++] = *s;
}

int acpi_parse_mcfg(const void *table, size_t size, struct acpi_mcfg *out, const char **why)
{
	struct cursor c;

	memset(out, 0, sizeof(*out));
	if (!open_table(&c, table, size, "MCFG", MCFG_FIXED))
		return finish(&c, why);
	while (c.left >= MCFG_ENTRY) {
		const uint8_t *entry = take(&c, MCFG_ENTRY);
		struct acpi_segment s = {
		        .base = get64(entry),
		        .segment = get16(entry + 8),
		        .start_bus = entry[10],
		        .end_bus = entry[11],
		};
		const char *wrong = segment_fault(&s);

		if (wrong)
			fault(&c, wrong);
		else
			add_segment(&c, out, &s);
	}
	if (c.left > 0)
		fault(&c, "MCFG ends within an entry");
	return finish(&c, why);
}

/* --- DMAR: VT-d 8 --- */

#define DMAR_FIXED               48
#define DMAR_FLAG_INTR_REMAP     0x01
#define DMAR_FLAG_X2APIC_OPT_OUT 0x02
#define DMAR_DRHD                0
#define DMAR_DRHD_FIXED          16
#define DMAR_DRHD_INCLUDE_ALL    0x01
#define DMAR_DRHD_SIZE_MASK      0x0f
#define DMAR_RMRR                1
#define DMAR_RMRR_FIXED          24
#define DMAR_SCOPE_FIXED         6
#define DMAR_UNIT_PAGE           UINT64_C(4096)

static void read_path(struct acpi_scope *s, const uint8_t *path)
{
	for (unsigned i = 0; i < s->hops; i++) {
		s->path[i].device = path[2 * i];
		s->path[i].function = path[2 * i + 1];
	}
}

static const char *scope_fault(const struct acpi_scope *s)
{
	for (unsigned i = 0; i < s->hops; i++)
		if (s->path[i].device > 31 || s->path[i].function > 7)
			return "DMAR scope with a device above 31 or a function above 7";
	return NULL;
}

static void add_scope(struct cursor *c, struct acpi_dmar *out, unsigned *count, const uint8_t *entry, size_t length)
{
	size_t hops = (length - DMAR_SCOPE_FIXED) / 2;
	struct acpi_scope s = {
	        .type = entry[0],
	        .enumeration_id = entry[4],
	        .start_bus = entry[5],
	        .hops = (uint8_t)hops,
	};
	const char *wrong;

	if (hops > ACPI_SCOPE_PATH_MAX) {
		fault(c, "DMAR scope with a longer path than this program has room for");
		return;
	}
	read_path(&s, entry + DMAR_SCOPE_FIXED);
	wrong = scope_fault(&s);
	if (wrong) {
		fault(c, wrong);
		return;
	}
	if (out->scope_count == ACPI_MAX_SCOPES) {
		fault(c, "more DMAR scopes than this program has room for");
		return;
	}
	out->scopes[out->scope_count++] = s;
	(*count)++;
}

/* The scopes that fill the rest of a remapping structure. Returns how many were kept. */
static unsigned read_scopes(struct cursor *c, struct acpi_dmar *out, const uint8_t *at, size_t left)
{
	unsigned count = 0;

	while (left > 0) {
		size_t length = left < DMAR_SCOPE_FIXED ? 0 : at[1];

		if (length < DMAR_SCOPE_FIXED + 2 || length > left || length % 2 != 0) {
			fault(c, "DMAR scope with an impossible length");
			break;
		}
		add_scope(c, out, &count, at, length);
		at += length;
		left -= length;
	}
	return count;
}

static bool same_scope(const struct acpi_scope *a, const struct acpi_scope *b)
{
	if (a->type != b->type || a->enumeration_id != b->enumeration_id || a->start_bus != b->start_bus ||
	    a->hops != b->hops)
		return false;
	return memcmp(a->path, b->path, sizeof(a->path[0]) * a->hops) == 0;
}

/* Whether a unit of the same segment already owns one of d's devices, or is the segment's catch-all as d is. */
static const char *drhd_conflict(const struct acpi_dmar *out, const struct acpi_drhd *d)
{
	for (unsigned i = 0; i < out->drhd_count; i++) {
		const struct acpi_drhd *o = &out->drhds[i];

		if (o->segment != d->segment)
			continue;
		if (o->include_all && d->include_all)
			return "two DMAR units own all other devices of one segment";
		for (unsigned a = 0; a < d->scope_count; a++)
			for (unsigned b = 0; b < o->scope_count; b++)
				if (same_scope(&out->scopes[d->scope_first + a], &out->scopes[o->scope_first + b]))
					return "one device in the scope of two DMAR units";
	}
	return NULL;
}

static const char *drhd_fault(const struct acpi_dmar *out, const struct acpi_drhd *d)
{
	if (d->base == 0 || !IS_ALIGNED(d->base, DMAR_UNIT_PAGE))
		return "DMAR unit at address 0 or not aligned to a page";
	if (d->base > UINT64_MAX - d->size)
		return "DMAR unit reaches past the end of the address space";
	for (unsigned i = 0; i < out->drhd_count; i++)
		if (d->base < out->drhds[i].base + out->drhds[i].size && out->drhds[i].base < d->base + d->size)
			return "two DMAR units at overlapping addresses";
	if (out->drhd_count == ACPI_MAX_DRHD)
		return "more DMAR units than this program has room for";
	return NULL;
}

static void add_drhd(struct cursor *c, struct acpi_dmar *out, const uint8_t *entry, size_t length)
{
	struct acpi_drhd d = {
	        .include_all = entry[4] & DMAR_DRHD_INCLUDE_ALL,
	        .size = DMAR_UNIT_PAGE << (entry[5] & DMAR_DRHD_SIZE_MASK),
	        .segment = get16(entry + 6),
	        .base = get64(entry + 8),
	        .scope_first = out->scope_count,
	};
	const char *wrong = drhd_fault(out, &d);

	if (wrong) {
		fault(c, wrong);
		return;
	}
	d.scope_count = read_scopes(c, out, entry + DMAR_DRHD_FIXED, length - DMAR_DRHD_FIXED);
	wrong = drhd_conflict(out, &d);
	if (wrong) /* kept all the same: the hardware is there, and who searches in order finds the first owner */
		fault(c, wrong);
	out->drhds[out->drhd_count++] = d;
}

static void add_rmrr(struct cursor *c, struct acpi_dmar *out, const uint8_t *entry, size_t length)
{
	struct acpi_rmrr r = {
	        .segment = get16(entry + 6),
	        .base = get64(entry + 8),
	        .limit = get64(entry + 16),
	        .scope_first = out->scope_count,
	};

	if (r.limit < r.base) {
		fault(c, "DMAR reserved region that ends before it starts");
	} else if (out->rmrr_count == ACPI_MAX_DRHD) {
		fault(c, "more DMAR reserved regions than this program has room for");
	} else {
		r.scope_count = read_scopes(c, out, entry + DMAR_RMRR_FIXED, length - DMAR_RMRR_FIXED);
		out->rmrrs[out->rmrr_count++] = r;
	}
}

static void dmar_entry(struct cursor *c, struct acpi_dmar *out, const uint8_t *entry, size_t length)
{
	switch (get16(entry)) {
	case DMAR_DRHD:
		if (length < DMAR_DRHD_FIXED)
			fault(c, "DMAR unit structure shorter than its type needs");
		else
			add_drhd(c, out, entry, length);
		break;
	case DMAR_RMRR:
		if (length < DMAR_RMRR_FIXED)
			fault(c, "DMAR reserved region structure shorter than its type needs");
		else
			add_rmrr(c, out, entry, length);
		break;
	default: /* types that come later are skipped by their length: VT-d 8.2 */
		break;
	}
}

int acpi_parse_dmar(const void *table, size_t size, struct acpi_dmar *out, const char **why)
{
	const uint8_t *bytes = table;
	struct cursor c;

	memset(out, 0, sizeof(*out));
	if (!open_table(&c, table, size, "DMAR", DMAR_FIXED))
		return finish(&c, why);
	out->haw = bytes[36] + 1U;
	out->intr_remap = (bytes[37] & DMAR_FLAG_INTR_REMAP) != 0;
	/* The opt-out means something only where there is interrupt remapping: VT-d 8.1. */
	out->x2apic_opt_out = out->intr_remap && (bytes[37] & DMAR_FLAG_X2APIC_OPT_OUT);
	if (out->haw > 64)
		fault(&c, "DMAR host address width above 64 bits");
	while (c.left > 0) {
		size_t length = c.left < 4 ? 0 : get16(c.at + 2);

		if (length < 4 || length > c.left) {
			fault(&c, "DMAR structure with an impossible length");
			break;
		}
		dmar_entry(&c, out, c.at, length);
		take(&c, length);
	}
	return finish(&c, why);
}
