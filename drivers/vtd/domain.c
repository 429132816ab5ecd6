/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: page tables of either stage (9.7, 9.8). The two formats differ in the bits of an entry, not in shape.
 * Accessed and dirty bits are set in advance, since units whose walks are not snooped may not set them.
 */
#include <errno.h>
#include <stdlib.h>

#include "drivers/pci/pci.h"
#include "drivers/vtd/unit.h"

#define PAGE_4K          UINT64_C(0x1000)
/* What the identity mapping reaches where there is no pass-through. */
#define IDENTITY_BITS_1G 42
#define IDENTITY_BITS_2M 38

static bool present(const struct vtd_domain *d, uint64_t entry)
{
	return d->stage == VTD_STAGE_FIRST ? (entry & VTD_FS_PRESENT) != 0
	                                   : (entry & (VTD_SS_READ | VTD_SS_WRITE)) != 0;
}

static uint64_t table_bits(const struct vtd_domain *d)
{
	return d->stage == VTD_STAGE_FIRST ? VTD_FS_PRESENT | VTD_FS_WRITE | VTD_FS_USER | VTD_FS_ACCESSED
	                                   : VTD_SS_READ | VTD_SS_WRITE;
}

static uint64_t leaf_bits(const struct vtd_domain *d, unsigned prot, unsigned level)
{
	uint64_t bits = level > 1 ? VTD_PT_LARGE : 0;

	if (d->stage == VTD_STAGE_SECOND)
		return bits | VTD_SS_READ | (prot & VTD_WRITE ? VTD_SS_WRITE : 0);
	bits |= VTD_FS_PRESENT | VTD_FS_USER | VTD_FS_ACCESSED;
	return bits | (prot & VTD_WRITE ? VTD_FS_WRITE | VTD_FS_DIRTY : 0);
}

static bool level_has_leaves(const struct vtd_domain *d, unsigned level)
{
	uint64_t cap = d->unit->cap;
	bool first = d->stage == VTD_STAGE_FIRST;

	return level == 1 || (level == 2 && (first || cap & VTD_CAP_SSLPS_2M)) ||
	       (level == 3 && (cap & (first ? VTD_CAP_FS1GP : VTD_CAP_SSLPS_1G)));
}

static bool is_leaf(const struct vtd_domain *d, uint64_t entry, unsigned level)
{
	return level == 1 || (level < d->levels && entry & VTD_PT_LARGE);
}

static uint64_t *table_of(uint64_t entry)
{
	return virt_of(entry & VTD_PT_ADDRESS);
}

static void set(struct vtd_domain *d, uint64_t *slot, uint64_t value)
{
	*(volatile uint64_t *)slot = value;
	vtd_flush(d->unit->flush_pages, slot, sizeof(*slot));
}

/* The entry that iova ends at, a leaf or absent, and its level. */
static uint64_t *walk(const struct vtd_domain *d, uint64_t iova, unsigned *level)
{
	uint64_t *table = d->root;

	for (unsigned l = d->levels;; l--) {
		uint64_t *slot = &table[VTD_PT_INDEX(iova, l)];

		if (!present(d, *slot) || is_leaf(d, *slot, l)) {
			*level = l;
			return slot;
		}
		table = table_of(*slot);
	}
}

int vtd_domain_create(struct vtd_unit *u, enum vtd_stage stage, struct vtd_domain **domain)
{
	bool first = stage == VTD_STAGE_FIRST;
	unsigned mgaw = (unsigned)FIELD_GET(VTD_CAP_MGAW, u->cap) + 1;
	unsigned dids = 1U << (4 + 2 * (unsigned)FIELD_GET(VTD_CAP_ND, u->cap));
	struct vtd_domain *d;
	unsigned did = VTD_DID_SHARED, bits;

	if (!(u->ecap & (first ? VTD_ECAP_FSTS : VTD_ECAP_SSTS)))
		return -ENOTSUP;
	if (!first) {
		did = VTD_DID_FIRST_PRIVATE;
		while (did < dids && did < VTD_MAX_DIDS && u->dids[did / 64] & BIT64(did % 64))
			did++;
		if (did == dids || did == VTD_MAX_DIDS)
			return -ENOSPC;
	}
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->root = page_alloc(1);
	if (!d->root) {
		free(d);
		return -ENOMEM;
	}
	d->unit = u;
	d->stage = stage;
	d->did = (uint16_t)did;
	d->levels = first || u->aw == VTD_AW_48BIT ? 4 : 3;
	/* First-level addresses are canonical: half of them stay unused (3.6). */
	bits = first ? 47 : 12 + 9 * d->levels;
	d->bits = mgaw < bits ? mgaw : bits;
	vtd_flush(u->flush_pages, d->root, PAGE_SIZE);
	if (!first)
		u->dids[did / 64] |= BIT64(did % 64);
	d->next = u->domains;
	u->domains = d;
	*domain = d;
	return 0;
}

static void free_tables(const struct vtd_domain *d, uint64_t *table, unsigned level)
{
	for (unsigned i = 0; level > 1 && i < VTD_PT_ENTRIES; i++)
		if (present(d, table[i]) && !is_leaf(d, table[i], level))
			free_tables(d, table_of(table[i]), level - 1);
	page_free(table, 1);
}

void vtd_domain_forget(struct vtd_domain *d)
{
	while (d->attached) {
		struct vtd_attachment *a = d->attached;

		d->attached = a->next;
		free(a);
	}
}

int vtd_domain_destroy(struct vtd_domain *d)
{
	struct vtd_domain **link = &d->unit->domains;

	if (d->attached)
		return -EBUSY;
	while (*link && *link != d)
		link = &(*link)->next;
	if (*link)
		*link = d->next;
	if (d->stage == VTD_STAGE_SECOND)
		d->unit->dids[d->did / 64] &= ~BIT64(d->did % 64);
	free_tables(d, d->root, d->levels);
	free(d);
	return 0;
}

static int check_range(const struct vtd_domain *d, uint64_t iova, uint64_t size)
{
	uint64_t limit = UINT64_C(1) << d->bits;

	if (!IS_ALIGNED(iova | size, PAGE_4K) || size == 0)
		return -EINVAL;
	return iova >= limit || size > limit - iova ? -ERANGE : 0;
}

/* Forget translations of [iova, iova + size) for every user of the domain. */
static int invalidate(struct vtd_domain *d, uint64_t iova, uint64_t size)
{
	struct vtd_unit *u = d->unit;
	uint64_t first = iova >> 12, last = (iova + size - 1) >> 12, am = 0;
	int rc = 0;

	while (first >> am != last >> am)
		am++;
	for (struct vtd_attachment *a = d->attached; a; a = a->next) {
		struct vtd_descriptor v[2] = {{0}};
		bool second = d->stage == VTD_STAGE_SECOND;
		/* Wide ranges by the whole address space: some units limit AM where the specification does not. */
		bool page = second ? u->cap & VTD_CAP_PSI && am <= FIELD_GET(VTD_CAP_MAMV, u->cap) : am <= 9;
		uint64_t granularity = second ? (page ? VTD_QI_IOTLB_PAGE : VTD_QI_IOTLB_DOMAIN)
		                              : (page ? VTD_QI_PIOTLB_PAGE : VTD_QI_PIOTLB_ALL);
		unsigned n = 1;
		int step;

		v[0].q0 = FIELD_PREP(VTD_QI_GRANULARITY, granularity) | FIELD_PREP(VTD_QI_DID, (uint64_t)d->did);
		if (second)
			v[0].q0 |= VTD_QI_IOTLB | VTD_QI_IOTLB_DW | VTD_QI_IOTLB_DR;
		else
			v[0].q0 |= VTD_QI_PIOTLB | FIELD_PREP(VTD_QI_PASID, (uint64_t)a->pasid);
		if (page)
			v[0].q1 = (first >> am << am) << 12 | FIELD_PREP(VTD_QI_AM, am);
		n += vtd_device_tlb(u, a->function, a->pasid, &v[1]);
		step = vtd_queue_run(u, v, n);
		rc = rc ? rc : step;
	}
	return rc;
}

static bool any_mapped(const struct vtd_domain *d, uint64_t iova, uint64_t size)
{
	uint64_t end = iova + size;

	while (iova < end) {
		unsigned level;

		if (present(d, *walk(d, iova, &level)))
			return true;
		iova = ALIGN_DOWN(iova, VTD_PT_PAGE_BYTES(level)) + VTD_PT_PAGE_BYTES(level);
	}
	return false;
}

/* Clear the leaves within the range. With check only, say whether one sticks out of it. */
static bool clear(struct vtd_domain *d, uint64_t iova, uint64_t size, bool check)
{
	uint64_t at = iova, end = iova + size;

	while (at < end) {
		unsigned level;
		uint64_t *slot = walk(d, at, &level);
		uint64_t bytes = VTD_PT_PAGE_BYTES(level), start = ALIGN_DOWN(at, bytes);

		if (present(d, *slot)) {
			if (check && (start < iova || start + bytes > end))
				return false;
			if (!check)
				set(d, slot, 0);
		}
		at = start + bytes;
	}
	return true;
}

/* One leaf, as large as address, alignment and the tables that exist allow. Returns its bytes, 0 without memory. */
static uint64_t map_one(struct vtd_domain *d, uint64_t iova, uint64_t phys, uint64_t size, unsigned prot)
{
	uint64_t *table = d->root;

	for (unsigned level = d->levels;; level--) {
		uint64_t *slot = &table[VTD_PT_INDEX(iova, level)], bytes = VTD_PT_PAGE_BYTES(level);

		if (!present(d, *slot)) {
			void *next;

			if (level_has_leaves(d, level) && IS_ALIGNED(iova | phys, bytes) && size >= bytes) {
				set(d, slot, phys | leaf_bits(d, prot, level));
				return bytes;
			}
			next = page_alloc(1);
			if (!next)
				return 0;
			vtd_flush(d->unit->flush_pages, next, PAGE_SIZE);
			set(d, slot, phys_of(next) | table_bits(d));
		}
		table = table_of(*slot);
	}
}

int vtd_map(struct vtd_domain *d, uint64_t iova, uint64_t phys, uint64_t size, unsigned prot)
{
	uint64_t host_limit = UINT64_C(1) << (d->unit->haw < 52 ? d->unit->haw : 52);
	int rc = check_range(d, iova, size);

	if (!IS_ALIGNED(phys, PAGE_4K) || (prot != VTD_READ && prot != (VTD_READ | VTD_WRITE)))
		return -EINVAL;
	if (rc)
		return rc;
	if (phys >= host_limit || size > host_limit - phys)
		return -ERANGE;
	if (phys <= VTD_MSI_WINDOW_LAST && phys + size > VTD_MSI_WINDOW_FIRST)
		return -ERANGE;
	if (any_mapped(d, iova, size))
		return -EEXIST;
	for (uint64_t done = 0, bytes; done < size; done += bytes) {
		bytes = map_one(d, iova + done, phys + done, size - done, prot);
		if (!bytes) {
			clear(d, iova, done, false);
			invalidate(d, iova, size);
			return -ENOMEM;
		}
	}
	/* In caching mode absent second-level entries are cached too. */
	if (d->unit->cap & VTD_CAP_CM && d->stage == VTD_STAGE_SECOND)
		return invalidate(d, iova, size);
	return 0;
}

int vtd_unmap(struct vtd_domain *d, uint64_t iova, uint64_t size)
{
	int rc = check_range(d, iova, size);

	if (rc)
		return rc;
	if (!clear(d, iova, size, true))
		return -EBUSY;
	clear(d, iova, size, false);
	return invalidate(d, iova, size);
}

int vtd_lookup(const struct vtd_domain *d, uint64_t iova, uint64_t *phys, unsigned *prot)
{
	unsigned level;
	uint64_t entry, offset;

	if (iova >> d->bits)
		return -ENOENT;
	entry = *walk(d, iova, &level);
	if (!present(d, entry))
		return -ENOENT;
	offset = iova & (VTD_PT_PAGE_BYTES(level) - 1);
	*phys = (entry & VTD_PT_ADDRESS & ~(VTD_PT_PAGE_BYTES(level) - 1)) | offset;
	*prot = VTD_READ | (entry & (d->stage == VTD_STAGE_FIRST ? VTD_FS_WRITE : VTD_SS_WRITE) ? VTD_WRITE : 0);
	return 0;
}

int vtd_domain_identity(struct vtd_unit *u, struct vtd_domain **domain)
{
	/* The first level has 2 MiB pages always. */
	enum vtd_stage stage = u->ecap & VTD_ECAP_FSTS ? VTD_STAGE_FIRST : VTD_STAGE_SECOND;
	uint64_t above = VTD_MSI_WINDOW_LAST + 1;
	struct vtd_domain *d;
	unsigned bits;
	int rc = vtd_domain_create(u, stage, &d);

	if (rc)
		return rc;
	bits = level_has_leaves(d, 3) ? IDENTITY_BITS_1G : IDENTITY_BITS_2M;
	bits = bits < d->bits ? bits : d->bits;
	bits = bits < u->haw ? bits : u->haw;
	rc = vtd_map(d, 0, 0, VTD_MSI_WINDOW_FIRST, VTD_READ | VTD_WRITE);
	if (!rc)
		rc = vtd_map(d, above, above, (UINT64_C(1) << bits) - above, VTD_READ | VTD_WRITE);
	/* Reserved memory (8.4) beyond that must be reachable too. */
	for (unsigned i = 0; !rc && i < vtd_dmar.rmrr_count; i++) {
		const struct acpi_rmrr *r = &vtd_dmar.rmrrs[i];
		uint64_t base = ALIGN_DOWN(r->base, PAGE_4K), size = ALIGN_UP(r->limit + 1 - base, PAGE_4K);

		if (r->segment == u->drhd->segment && base >> bits)
			rc = vtd_map(d, base, base, size, VTD_READ | VTD_WRITE);
		if (rc == -EEXIST)
			rc = 0;
	}
	if (rc)
		vtd_domain_destroy(d);
	else
		*domain = d;
	return rc;
}
