// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The page-table walks. First-stage tables are those of 64-bit paging (9.7), second-stage tables look like EPT (9.8).
 *
 * Accessed and dirty bits are set with compare-and-exchange on the value that the walk judged; if the entry changed
 * meanwhile it is judged again. A granted write has its dirty bit; a read of a clean page is granted without the right
 * to write, so that a later write walks again and sets it.
 */
#include "tests/qemu/vtd/stages.h"
#include "tests/qemu/vtd/fault.h"

/* Software that rewrites an entry without pause does not hold the unit for ever. */
#define UPDATE_ATTEMPTS 16

/* One stage's outcome: the page that holds an address. */
struct page {
	uint64_t address; /* first byte */
	unsigned level;   /* 1: 4 KiB, 2: 2 MiB, 3: 1 GiB */
	bool read, write;
};

static uint64_t offset_in(const struct page *page, uint64_t address)
{
	return address & (VTD_PT_PAGE_BYTES(page->level) - 1);
}

static uint64_t address_bits(const struct vtd_walk_unit *unit)
{
	return VTD_PT_ADDRESS & GENMASK64(unit->haw - 1, 0);
}

/* Bits below the address of a large page that must be 0, from bit `low` up. */
static uint64_t large_low_bits(unsigned level, unsigned low)
{
	return (VTD_PT_PAGE_BYTES(level) - 1) & ~(BIT64(low) - 1);
}

enum update {
	UPDATED,
	CHANGED,
	NOT_SNOOPED,
	FAILED,
};

/* Sets bits in the entry at pa, whose value was judged to be *value. */
static enum update set_bits(const struct vtd_walk_unit *unit, const struct vtd_walk_entry *from, uint64_t pa,
                            uint64_t *value, uint64_t bits)
{
	int error;

	if ((*value & bits) == bits)
		return UPDATED;
	if (!(unit->ecap & VTD_ECAP_SMPWC) || !(from->entry[1] & VTD_PASID1_PWSNP))
		return NOT_SNOOPED;
	error = unit->memory->cmpxchg(unit->opaque, pa, *value, *value | bits);
	if (error)
		return error < 0 ? FAILED : CHANGED;
	*value |= bits;
	return UPDATED;
}

static unsigned second_stage_bits(const struct vtd_walk_unit *unit, const uint64_t *q)
{
	unsigned aw = 30 + 9 * (unsigned)FIELD_GET(VTD_PASID0_AW, q[0]);
	unsigned mgaw = (unsigned)FIELD_GET(VTD_CAP_MGAW, unit->cap) + 1;

	return aw < mgaw ? aw : mgaw;
}

bool vtd_second_stage_beyond(const struct vtd_walk_unit *unit, const uint64_t *q, uint64_t address)
{
	unsigned bits = second_stage_bits(unit, q);

	return bits < 64 && (address >> bits) != 0;
}

static uint64_t second_stage_reserved(const struct vtd_walk_unit *unit, uint64_t entry, unsigned level, bool leaf)
{
	uint64_t reserved = (VTD_PT_ADDRESS & ~address_bits(unit)) | VTD_SS_RESERVED_TM;

	if (!leaf || !(unit->ecap & VTD_ECAP_SC))
		reserved |= VTD_SS_SNOOP;
	if (level > 3 || (level == 3 && !(unit->cap & VTD_CAP_SSLPS_1G)) ||
	    (level == 2 && !(unit->cap & VTD_CAP_SSLPS_2M)))
		reserved |= VTD_PT_LARGE;
	if (leaf && level > 1)
		reserved |= large_low_bits(level, 12);
	return entry & reserved;
}

/*
 * Second stage: the page of a guest physical address. Wants nothing or a read and write; *page says what is granted.
 * For want_write the dirty bit is set (with SSADE).
 */
static int second_stage(const struct vtd_walk_unit *unit, const struct vtd_walk_entry *from, uint64_t address,
                        bool want_write, struct page *page)
{
	unsigned top = (unsigned)FIELD_GET(VTD_PASID0_AW, from->entry[0]) + 2;
	uint64_t table = from->entry[0] & VTD_PASID0_SSPTPTR;
	bool track = (from->entry[0] & VTD_PASID0_SSADE) != 0;
	unsigned level = top, attempts = 0;

	*page = (struct page){.read = true, .write = true};
	if (unit->wrong & VTD_WRONG(SECOND_STAGE_IGNORED)) {
		page->address = ALIGN_DOWN(address, VTD_PT_PAGE_BYTES(1));
		page->level = 1;
		return 0;
	}
	for (;;) {
		uint64_t pa = table + VTD_PT_INDEX(address, level) * 8, entry, bits = VTD_SS_ACCESSED;
		bool leaf, read, write;

		if (unit->memory->read(unit->opaque, pa, &entry, 1))
			return level == top ? VTD_FAULT_SS_TOP_ACCESS : VTD_FAULT_SS_ACCESS;
		if (!(entry & (VTD_SS_READ | VTD_SS_WRITE)))
			return VTD_FAULT_SS_P;
		leaf = level == 1 || (level <= 3 && (entry & VTD_PT_LARGE));
		if (second_stage_reserved(unit, entry, level, leaf))
			return VTD_FAULT_SS_RSVD;
		read = page->read && (entry & VTD_SS_READ);
		write = page->write && (entry & VTD_SS_WRITE);
		if (!read && !write)
			return VTD_FAULT_SS_P;

		if (leaf && write && want_write)
			bits |= VTD_SS_DIRTY;
		switch (track ? set_bits(unit, from, pa, &entry, bits) : UPDATED) {
		case UPDATED:
			break;
		case CHANGED:
			if (++attempts < UPDATE_ATTEMPTS)
				continue;
			return VTD_FAULT_SS_UPDATE;
		case NOT_SNOOPED:
			return VTD_FAULT_SS_UPDATE_SNOOP;
		case FAILED:
			return VTD_FAULT_SS_UPDATE;
		}
		page->read = read;
		page->write = write;
		if (leaf) {
			page->level = level;
			page->address = ALIGN_DOWN(entry & address_bits(unit), VTD_PT_PAGE_BYTES(level));
			if (track && !(entry & VTD_SS_DIRTY) && !want_write)
				page->write = false;
			return 0;
		}
		table = entry & address_bits(unit);
		level--;
	}
}

/*
 * Where a first-stage entry lies in host memory: under nesting its guest physical address goes through the second stage
 * (3.8). `update` asks for the right to write it.
 */
static int locate(const struct vtd_walk_unit *unit, const struct vtd_walk_entry *from, uint64_t gpa, bool top,
                  bool update, uint64_t *pa)
{
	bool track = (from->entry[0] & VTD_PASID0_SSADE) != 0;
	struct page page;
	int reason;

	*pa = gpa;
	if (from->pgtt != VTD_PGTT_NESTED)
		return 0;
	if (vtd_second_stage_beyond(unit, from->entry, gpa))
		return VTD_FAULT_FS_ADDRESS;
	/* With accessed and dirty bits in the second stage even a look at the entry counts as a write (3.8.1). */
	reason = second_stage(unit, from, gpa, update || track, &page);
	if (reason)
		return reason;
	if (!page.read || (track && !page.write))
		return top ? VTD_FAULT_FS_TOP_NO_READ : VTD_FAULT_FS_NO_READ;
	if (update && !page.write)
		return VTD_FAULT_FS_NO_UPDATE;
	*pa = page.address + offset_in(&page, gpa);
	return 0;
}

static uint64_t first_stage_reserved(const struct vtd_walk_unit *unit, const struct vtd_walk_entry *from,
                                     uint64_t entry, unsigned level, bool leaf)
{
	uint64_t reserved = 0;

	/* A guest physical address that is too high has a reason of its own. */
	if (from->pgtt != VTD_PGTT_NESTED)
		reserved |= VTD_PT_ADDRESS & ~address_bits(unit);
	if (level > 3 || (level == 3 && !(unit->cap & VTD_CAP_FS1GP)))
		reserved |= VTD_PT_LARGE;
	if (leaf && level > 1)
		reserved |= large_low_bits(level, 13);
	return entry & reserved;
}

/* Sets A (and D) in a first-stage entry, read from gpa. */
static int first_stage_update(const struct vtd_walk_unit *unit, const struct vtd_walk_entry *from, uint64_t gpa,
                              bool top, uint64_t *entry, uint64_t bits, bool *changed)
{
	uint64_t pa;
	int reason;

	*changed = false;
	if ((*entry & bits) == bits)
		return 0;
	reason = locate(unit, from, gpa, top, true, &pa);
	if (reason)
		return reason;
	switch (set_bits(unit, from, pa, entry, bits)) {
	case CHANGED:
		*changed = true;
		return 0;
	case NOT_SNOOPED:
		return VTD_FAULT_FS_UPDATE_SNOOP;
	case FAILED:
		return VTD_FAULT_FS_UPDATE;
	default:
		return 0;
	}
}

static bool canonical(uint64_t address, unsigned bits)
{
	uint64_t high = GENMASK64(63, bits - 1);

	return (address & high) == 0 || (address & high) == high;
}

/* First stage: the page (guest physical under nesting) of a request's address. */
static int first_stage(const struct vtd_walk_unit *unit, const struct vtd_walk_request *request,
                       const struct vtd_walk_entry *from, struct page *page)
{
	unsigned top = FIELD_GET(VTD_PASID2_FSPM, from->entry[2]) == VTD_FSPM_5LEVEL ? 5 : 4;
	bool protect = !from->privileged || (from->entry[2] & VTD_PASID2_WPE);
	uint64_t table = from->entry[2] & VTD_PASID2_FSPTPTR;
	uint64_t common = VTD_FS_ACCESSED | (from->entry[2] & VTD_PASID2_EAFE ? VTD_FS_EXT_ACCESSED : 0);
	unsigned level = top, attempts = 0;

	*page = (struct page){.read = true, .write = true};
	if (!canonical(request->address, 12 + 9 * top) && !(unit->wrong & VTD_WRONG(CANONICAL)))
		return VTD_FAULT_NOT_CANONICAL;
	for (;;) {
		uint64_t gpa = table + VTD_PT_INDEX(request->address, level) * 8, pa, entry, bits = common;
		bool leaf, write, changed;
		int reason;

		reason = locate(unit, from, gpa, level == top, false, &pa);
		if (reason)
			return reason;
		if (unit->memory->read(unit->opaque, pa, &entry, 1))
			return level == top ? VTD_FAULT_FS_TOP_ACCESS : VTD_FAULT_FS_ACCESS;
		if (!(entry & VTD_FS_PRESENT))
			return VTD_FAULT_FS_P;
		leaf = level == 1 || (level <= 3 && (entry & VTD_PT_LARGE));
		if (first_stage_reserved(unit, from, entry, level, leaf))
			return VTD_FAULT_FS_RSVD;
		if (!from->privileged && !(entry & VTD_FS_USER))
			return VTD_FAULT_USER;
		write = page->write && (!protect || (entry & VTD_FS_WRITE));
		if (request->write && !write && !(unit->wrong & VTD_WRONG(WRITE_ALLOWED)))
			return VTD_FAULT_WRITE;

		if (leaf && request->write)
			bits |= VTD_FS_DIRTY;
		reason = first_stage_update(unit, from, gpa, level == top, &entry, bits, &changed);
		if (reason)
			return reason;
		if (changed) {
			if (++attempts < UPDATE_ATTEMPTS)
				continue;
			return VTD_FAULT_FS_UPDATE;
		}
		page->write = write;
		if (leaf) {
			uint64_t width = from->pgtt == VTD_PGTT_NESTED ? VTD_PT_ADDRESS : address_bits(unit);

			page->level = level;
			page->address = ALIGN_DOWN(entry & width, VTD_PT_PAGE_BYTES(level));
			if (!(entry & VTD_FS_DIRTY))
				page->write = false;
			return 0;
		}
		table = entry & (from->pgtt == VTD_PGTT_NESTED ? VTD_PT_ADDRESS : address_bits(unit));
		level--;
	}
}

/* The second stage of the final access, with its rights. */
static int final_second_stage(const struct vtd_walk_unit *unit, const struct vtd_walk_request *request,
                              const struct vtd_walk_entry *from, uint64_t address, int beyond, struct page *page)
{
	int reason;

	if (vtd_second_stage_beyond(unit, from->entry, address) && !(unit->wrong & VTD_WRONG(WIDTH)))
		return beyond;
	reason = second_stage(unit, from, address, request->write, page);
	if (reason)
		return reason;
	if (request->write && !page->write) {
		if (!(unit->wrong & VTD_WRONG(WRITE_ALLOWED)))
			return VTD_FAULT_WRITE;
		page->write = true;
	}
	/* A read of length zero may touch a page that can only be written, if the unit says so. */
	if (!page->read && (request->read || (!request->write && !(unit->cap & VTD_CAP_ZLR))))
		return VTD_FAULT_READ;
	return 0;
}

int vtd_walk_stages(const struct vtd_walk_unit *unit, const struct vtd_walk_request *request,
                    struct vtd_walk_result *result)
{
	const struct vtd_walk_entry *from = &result->from;
	uint64_t address = request->address, exact;
	struct page first = {.level = 3, .read = true, .write = true}, page = {0};
	int reason = 0;

	switch (from->pgtt) {
	case VTD_PGTT_FIRST:
		reason = first_stage(unit, request, from, &page);
		break;
	case VTD_PGTT_SECOND:
		reason = final_second_stage(unit, request, from, address, VTD_FAULT_ADDRESS, &page);
		break;
	case VTD_PGTT_NESTED:
		reason = first_stage(unit, request, from, &first);
		if (reason)
			return reason;
		address = first.address + offset_in(&first, address);
		reason = final_second_stage(unit, request, from, address, VTD_FAULT_FS_ADDRESS, &page);
		page.write = page.write && first.write;
		break;
	default:
		if (unit->haw < 64 && (address >> unit->haw) != 0)
			return VTD_FAULT_HOST_ADDRESS;
		page = (struct page){ALIGN_DOWN(address, VTD_PT_PAGE_BYTES(1)), 1, true, true};
		break;
	}
	if (reason)
		return reason;
	exact = page.address + offset_in(&page, address);
	if (from->pgtt == VTD_PGTT_NESTED && first.level < page.level)
		page.level = first.level;
	result->bytes = VTD_PT_PAGE_BYTES(page.level);
	result->input = ALIGN_DOWN(request->address, result->bytes);
	result->output = ALIGN_DOWN(exact, result->bytes);
	result->read = page.read;
	result->write = page.write || (request->write && (unit->wrong & VTD_WRONG(WRITE_ALLOWED)));
	return 0;
}
