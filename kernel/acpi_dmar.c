/* SPDX-License-Identifier: BSD-2-Clause */
/* The DMAR table (VT-d 8), taken apart as acpi_parse.c does with the others. */
#include "kernel/acpi_cursor.h"

#include "kernel/bits.h"

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

static void add_scope(struct acpi_cursor *c, struct acpi_dmar *out, unsigned *count, const uint8_t *entry,
                      size_t length)
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
		acpi_fault(c, "DMAR scope with a longer path than this program has room for");
		return;
	}
	read_path(&s, entry + DMAR_SCOPE_FIXED);
	wrong = scope_fault(&s);
	if (wrong) {
		acpi_fault(c, wrong);
		return;
	}
	if (out->scope_count == ACPI_MAX_SCOPES) {
		acpi_fault(c, "more DMAR scopes than this program has room for");
		return;
	}
	out->scopes[out->scope_count++] = s;
	(*count)++;
}

/* The scopes that fill the rest of a remapping structure. Returns how many were kept. */
static unsigned read_scopes(struct acpi_cursor *c, struct acpi_dmar *out, const uint8_t *at, size_t left)
{
	unsigned count = 0;

	while (left > 0) {
		size_t length = left < DMAR_SCOPE_FIXED ? 0 : at[1];

		if (length < DMAR_SCOPE_FIXED + 2 || length > left || length % 2 != 0) {
			acpi_fault(c, "DMAR scope with an impossible length");
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

static void add_drhd(struct acpi_cursor *c, struct acpi_dmar *out, const uint8_t *entry, size_t length)
{
	struct acpi_drhd d = {
	        .include_all = entry[4] & DMAR_DRHD_INCLUDE_ALL,
	        .size = DMAR_UNIT_PAGE << (entry[5] & DMAR_DRHD_SIZE_MASK),
	        .segment = acpi_get16(entry + 6),
	        .base = acpi_get64(entry + 8),
	        .scope_first = out->scope_count,
	};
	const char *wrong = drhd_fault(out, &d);

	if (wrong) {
		acpi_fault(c, wrong);
		return;
	}
	d.scope_count = read_scopes(c, out, entry + DMAR_DRHD_FIXED, length - DMAR_DRHD_FIXED);
	wrong = drhd_conflict(out, &d);
	if (wrong) /* kept all the same: the hardware is there, and who searches in order finds the first owner */
		acpi_fault(c, wrong);
	out->drhds[out->drhd_count++] = d;
}

static void add_rmrr(struct acpi_cursor *c, struct acpi_dmar *out, const uint8_t *entry, size_t length)
{
	struct acpi_rmrr r = {
	        .segment = acpi_get16(entry + 6),
	        .base = acpi_get64(entry + 8),
	        .limit = acpi_get64(entry + 16),
	        .scope_first = out->scope_count,
	};

	if (r.limit < r.base) {
		acpi_fault(c, "DMAR reserved region that ends before it starts");
	} else if (out->rmrr_count == ACPI_MAX_DRHD) {
		acpi_fault(c, "more DMAR reserved regions than this program has room for");
	} else {
		r.scope_count = read_scopes(c, out, entry + DMAR_RMRR_FIXED, length - DMAR_RMRR_FIXED);
		out->rmrrs[out->rmrr_count++] = r;
	}
}

static void dmar_entry(struct acpi_cursor *c, struct acpi_dmar *out, const uint8_t *entry, size_t length)
{
	switch (acpi_get16(entry)) {
	case DMAR_DRHD:
		if (length < DMAR_DRHD_FIXED)
			acpi_fault(c, "DMAR unit structure shorter than its type needs");
		else
			add_drhd(c, out, entry, length);
		break;
	case DMAR_RMRR:
		if (length < DMAR_RMRR_FIXED)
			acpi_fault(c, "DMAR reserved region structure shorter than its type needs");
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
	struct acpi_cursor c;

	memset(out, 0, sizeof(*out));
	if (!acpi_open(&c, table, size, "DMAR", DMAR_FIXED))
		return acpi_finish(&c, why);
	out->haw = bytes[36] + 1U;
	out->intr_remap = (bytes[37] & DMAR_FLAG_INTR_REMAP) != 0;
	/* The opt-out means something only where there is interrupt remapping: VT-d 8.1. */
	out->x2apic_opt_out = out->intr_remap && (bytes[37] & DMAR_FLAG_X2APIC_OPT_OUT);
	if (out->haw > 64)
		acpi_fault(&c, "DMAR host address width above 64 bits");
	while (c.left > 0) {
		size_t length = c.left < 4 ? 0 : acpi_get16(c.at + 2);

		if (length < 4 || length > c.left) {
			acpi_fault(&c, "DMAR structure with an impossible length");
			break;
		}
		dmar_entry(&c, out, c.at, length);
		acpi_take(&c, length);
	}
	return acpi_finish(&c, why);
}
