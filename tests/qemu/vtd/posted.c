// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/qemu/vtd/posted.h"

#include "drivers/vtd/posted.h"
#include "drivers/vtd/regs.h"
#include "kernel/hv/posted.h"
#include "tests/qemu/vtd/fault.h"

/* Those of the posted format (9.10). */
#define IRTE0_RESERVED (GENMASK64(7, 2) | GENMASK64(13, 12) | GENMASK64(31, 24) | GENMASK64(37, 32))
#define IRTE1_RESERVED GENMASK64(31, 20)

/* A descriptor (9.11): the requests, the word of ON, SN, NV and NDST, and three that are reserved. */
#define WORDS      8
#define CONTROL    4
#define NDST_XAPIC GENMASK64(47, 40)

bool vtd_irte_posts(const struct vtd_walk_unit *unit, const uint64_t irte[VTD_IRTE_WORDS])
{
	return unit->cap & VTD_CAP_PI && irte[0] & VTD_IRTE0_POSTED;
}

bool vtd_irte_reserved(const struct vtd_walk_unit *unit, const uint64_t irte[VTD_IRTE_WORDS])
{
	if (vtd_irte_posts(unit, irte))
		return irte[0] & IRTE0_RESERVED || irte[1] & IRTE1_RESERVED;
	return irte[0] & (VTD_IRTE0_RESERVED | VTD_IRTE0_POSTED) || irte[1] & VTD_IRTE1_RESERVED;
}

static bool reserved(const uint64_t descriptor[WORDS], bool eime)
{
	uint64_t fields = POSTED_ON | POSTED_SN | POSTED_NV | (eime ? POSTED_NDST : NDST_XAPIC), wrong = 0;

	wrong |= descriptor[CONTROL] & ~fields;
	for (unsigned i = CONTROL + 1; i < WORDS; i++)
		wrong |= descriptor[i];
	return wrong != 0;
}

/* 0, or negative if nothing answers at pa. *value: what it was known to be, and then what it was. */
static int set_bits(const struct vtd_walk_unit *unit, uint64_t pa, uint64_t *value, uint64_t bits)
{
	int changed;

	while ((changed = unit->memory->cmpxchg(unit->opaque, pa, *value, *value | bits)) > 0) {
		if (unit->memory->read(unit->opaque, pa, value, 1))
			return -1;
	}
	return changed;
}

/* Whether an interrupt is to be told of, by what the word of ON and SN says. */
static bool notifies(const struct vtd_walk_unit *unit, uint64_t control, bool urgent)
{
	if (control & POSTED_ON && !(unit->wrong & VTD_WRONG(POSTED_ON_IGNORED)))
		return false;
	if (unit->wrong & VTD_WRONG(POSTED_URGENT_IGNORED))
		urgent = false;
	return urgent || !(control & POSTED_SN) || unit->wrong & VTD_WRONG(POSTED_SN_IGNORED);
}

/* Sets ON if there is something to tell; also where nothing changes, the decision is made in one atomic step. */
static int decide(const struct vtd_walk_unit *unit, uint64_t pa, uint64_t *control, bool urgent, bool *notify)
{
	uint64_t on = unit->wrong & VTD_WRONG(POSTED_ON_UNSET) ? 0 : POSTED_ON;
	int changed;

	for (;;) {
		*notify = notifies(unit, *control, urgent);
		changed = unit->memory->cmpxchg(unit->opaque, pa, *control, *control | (*notify ? on : 0));
		if (changed <= 0)
			return changed;
		if (unit->memory->read(unit->opaque, pa, control, 1))
			return -1;
	}
}

void vtd_post(const struct vtd_walk_unit *unit, bool eime, const uint64_t irte[VTD_IRTE_WORDS],
              struct vtd_post_result *result)
{
	uint64_t pa = FIELD_PREP(VTD_POSTED_PDA_LOW, FIELD_GET(VTD_IRTE0_PDA_LOW, irte[0])) |
	              FIELD_PREP(VTD_POSTED_PDA_HIGH, FIELD_GET(VTD_IRTE1_PDA_HIGH, irte[1]));
	unsigned vector = (unsigned)FIELD_GET(VTD_IRTE0_VECTOR, irte[0]);
	uint64_t d[WORDS], *control = &d[CONTROL];
	bool notify = false;

	*result = (struct vtd_post_result){0};
	if (unit->wrong & VTD_WRONG(POSTED_BIT))
		vector ^= 1;
	if (unit->memory->read(unit->opaque, pa, d, WORDS)) {
		result->reason = VTD_FAULT_IR_PID_ACCESS;
		return;
	}
	if (reserved(d, eime) && !(unit->wrong & VTD_WRONG(POSTED_RESERVED))) {
		result->reason = VTD_FAULT_IR_PID_RSVD;
		return;
	}
	if (set_bits(unit, pa + vector / 64 * 8, &d[vector / 64], BIT64(vector % 64)) ||
	    decide(unit, pa + CONTROL * sizeof(d[0]), control, irte[0] & VTD_IRTE0_URGENT, &notify)) {
		result->reason = VTD_FAULT_IR_PID_ACCESS;
		return;
	}
	result->notify = notify && !(unit->wrong & VTD_WRONG(POSTED_LOST));
	result->vector = (uint8_t)FIELD_GET(POSTED_NV, *control);
	result->destination = (uint32_t)FIELD_GET(eime ? POSTED_NDST : NDST_XAPIC, *control);
}
