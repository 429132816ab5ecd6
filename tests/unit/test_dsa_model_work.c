/* SPDX-License-Identifier: BSD-2-Clause */
/* From the portal to the completion record: acceptance, order, where an end is told, and the halt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dsa_world.h"

static struct world w;

static unsigned occupancy(unsigned wq)
{
	return FIELD_GET(DSA_WQCFG6_OCCUPANCY, wqcfg(&w, wq, 6));
}

/* ---- portals (5.3, 9.3) ---- */

static void limits(void **s)
{
	static const struct {
		unsigned wq;
		uint64_t page;
		unsigned threshold;
		unsigned accepted;
	} rows[] = {
	        {SWQ, 0x0000, THRESHOLD, WQ_SIZE},   {SWQ, 0x1000, THRESHOLD, THRESHOLD},
	        {SWQ, 0x2fc0, THRESHOLD, WQ_SIZE},   {SWQ, 0x3040, THRESHOLD, THRESHOLD},
	        {SWQ, 0x1000, WQ_SIZE + 9, WQ_SIZE}, {SWQ, 0x1000, 0, 0},
	        {DWQ, 0x0000, THRESHOLD, WQ_SIZE},   {DWQ, 0x1000, THRESHOLD, WQ_SIZE},
	        {PWQ, 0x3000, 0, WQ_SIZE},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const bool shared = rows[i].wq == SWQ;
		struct dsa_raw_desc d;
		unsigned accepted = 0;

		world_up(&w, DSA_FAULT_NONE);
		world_one_in_progress(&w);
		wqcfg_set(&w, rows[i].wq, 1, rows[i].threshold);
		d = noop(0);
		/* The engine takes one, and what is counted then is the queue. */
		assert_false(shared ? enqueue(&w, SWQ, 0, d, 1) : post(&w, rows[i].wq, 0, &d));
		while (accepted <= DSA_MODEL_ENTRIES &&
		       !(shared ? enqueue(&w, SWQ, rows[i].page, d, 1) : post(&w, rows[i].wq, rows[i].page, &d)))
			accepted++;
		assert_int_equal(accepted, rows[i].accepted);
		assert_int_equal(occupancy(rows[i].wq), rows[i].accepted);
		assert_int_equal(swerror_code(&w), shared ? 0 : DSA_SWERR_DWQ_FULL);
		if (!shared) {
			assert_int_equal(FIELD_GET(DSA_SWERROR_WQ, rd64(&w, DSA_SWERROR)), rows[i].wq);
			assert_true(rd64(&w, DSA_SWERROR) & DSA_SWERROR_WQ_VALID);
			assert_false(rd64(&w, DSA_SWERROR) & DSA_SWERROR_OVERFLOW);
			assert_true(post(&w, rows[i].wq, 0, &d));
			assert_true(rd64(&w, DSA_SWERROR) & DSA_SWERROR_OVERFLOW);
		}
	}
}

/* Wrong kind of write, or nobody there: Retry or nothing, and no error. */
static void refusals(void **s)
{
	struct dsa_raw_desc d;

	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	d = noop(0);
	assert_true(enqueue(&w, DWQ, 0, d, 1));
	assert_true(post(&w, SWQ, 0, &d));
	assert_true(enqueue(&w, 5, 0, d, 1));
	assert_true(post(&w, 5, 0, &d));
	assert_true(enqueue(&w, DSA_MODEL_WQS, 0, d, 1));
	assert_true(post(&w, 1000, 0, &d));
	assert_int_equal(command(&w, DSA_CMD_DISABLE_WQ, BIT32(DWQ) | BIT32(SWQ)), 0);
	assert_true(post(&w, DWQ, 0, &d));
	assert_true(enqueue(&w, SWQ, 0, d, 1));
	assert_int_equal(command(&w, DSA_CMD_DISABLE_DEVICE, 0), 0);
	assert_true(post(&w, PWQ, 0, &d));
	(void)world_settle(&w);
	assert_int_equal(swerror_code(&w), 0);
	assert_int_equal(status(0), 0);
}

/* 8.1.1 */
static void pasids(void **s)
{
	struct dsa_raw_desc d;

	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	d = noop(0);
	d.field[0] |= UINT64_C(0x80055555); /* on a dedicated WQ these bytes mean nothing */
	assert_false(post(&w, DWQ, 0, &d));
	(void)world_settle(&w);
	assert_int_equal(w.who.pasid, DSA_NO_PASID);
	assert_false(w.who.priv);
	assert_false(post(&w, PWQ, 0, &d));
	(void)world_settle(&w);
	assert_int_equal(w.who.pasid, PWQ_PASID);
	assert_false(w.who.priv);
	assert_false(enqueue(&w, SWQ, 0, noop(0), SWQ_PASID));
	(void)world_settle(&w);
	assert_int_equal(w.who.pasid, SWQ_PASID);
	/* Privileged on a shared WQ, with privileged mode off in PCI: told in SWERROR alone. */
	assert_false(enqueue(&w, SWQ, 0, noop(0), BIT32(31) | SWQ_PASID));
	(void)world_settle(&w);
	assert_int_equal(status(0), 0);
	assert_int_equal(swerror_code(&w), DSA_COMP_PRIV_BAD);
	assert_int_equal(FIELD_GET(DSA_SWERROR_PASID, rd64(&w, DSA_SWERROR)), SWQ_PASID);
	assert_true(rd64(&w, DSA_SWERROR) & DSA_SWERROR_PRIV);
}

/* ---- one descriptor ---- */

static void work_is_done_in_time(void **s)
{
	struct dsa_raw_desc d;

	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	d = memmove_desc(0, DATA(0), DATA(1), 0x800);
	assert_false(post(&w, DWQ, 0, &d));
	world_advance(&w, SERVICE_NS + 0x800 / 16 - 1);
	assert_int_equal(status(0), 0);
	world_advance(&w, 1);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	assert_int_equal(bytes_completed(0), 0);
	assert_memory_equal(flat_at(DATA(0)), flat_at(DATA(1)), 0x800);
}

/* 3.6 and 5: what goes to the record, what to SWERROR, what nowhere. */
static void routing(void **s)
{
	enum {
		CRAV = IDXD_OP_FLAG_CRAV,
		RCR = IDXD_OP_FLAG_RCR
	};
	static const struct {
		uint8_t opcode;
		uint32_t flags;
		uint8_t record, swerror;
	} rows[] = {
	        {DSA_OPCODE_NOOP, CRAV | RCR, DSA_COMP_SUCCESS, 0},
	        {DSA_OPCODE_NOOP, CRAV, 0, 0},
	        {DSA_OPCODE_NOOP, 0, 0, 0},
	        {0x7f, CRAV | RCR, DSA_COMP_BAD_OPCODE, 0},
	        {0x7f, CRAV, DSA_COMP_BAD_OPCODE, 0},
	        {0x7f, 0, 0, DSA_COMP_BAD_OPCODE},
	        {DSA_OPCODE_NOOP, CRAV | RCR | BIT32(6), DSA_COMP_INVALID_FLAGS, 0},
	        {DSA_OPCODE_NOOP, BIT32(6), 0, DSA_COMP_INVALID_FLAGS},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct dsa_raw_desc d;
		uint64_t first;

		world_up(&w, DSA_FAULT_NONE);
		d = noop(0);
		d.field[0] = (uint64_t)rows[i].opcode << 56 | (uint64_t)rows[i].flags << 32;
		if (!(rows[i].flags & CRAV))
			d.field[1] = 0;
		assert_false(post(&w, PWQ, 0, &d));
		(void)world_settle(&w);
		assert_int_equal(status(0), rows[i].record);
		assert_int_equal(swerror_code(&w), rows[i].swerror);
		first = rd64(&w, DSA_SWERROR);
		if (first & DSA_SWERROR_VALID) {
			assert_int_equal(first & 0xff,
			                 DSA_SWERROR_VALID | DSA_SWERROR_DESC_VALID | DSA_SWERROR_WQ_VALID);
			assert_int_equal(FIELD_GET(DSA_SWERROR_OPCODE, first), rows[i].opcode);
			assert_int_equal(FIELD_GET(DSA_SWERROR_PASID, first), PWQ_PASID);
			assert_int_equal(FIELD_GET(DSA_SWERROR_WQ, first), PWQ);
		}
		if (rows[i].swerror == DSA_COMP_INVALID_FLAGS)
			assert_int_equal(FIELD_GET(DSA_SWERROR_INFO, rd64(&w, DSA_SWERROR + 8)), BIT32(6));
	}
}

static void record_address(void **s)
{
	struct dsa_raw_desc d;

	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	d = memmove_desc(0, DATA(0), DATA(1), 64);
	d.field[1] += 16;
	memset(flat_at(DATA(1)), 0x5a, 64);
	assert_false(post(&w, DWQ, 0, &d));
	(void)world_settle(&w);
	assert_int_equal(swerror_code(&w), DSA_COMP_CRA_ALIGN);
	assert_int_equal(*flat_at(DATA(1)), 0x5a);

	/* With ATS, a record that cannot be written is noticed. */
	world_start(&w, DSA_FAULT_NONE, false);
	world_pci(&w, true, true);
	world_configure(&w);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
	d = noop(0);
	flat_perm[(CR(0) - FLAT_BASE) / FLAT_PAGE] = FLAT_READ;
	assert_false(post(&w, DWQ, 0, &d));
	(void)world_settle(&w);
	assert_int_equal(swerror_code(&w), DSA_COMP_CRA_XLAT);
	assert_true(rd64(&w, DSA_SWERROR) & DSA_SWERROR_WRITE);
	assert_int_equal(rd64(&w, DSA_SWERROR + 16) & ~UINT64_C(0xfff), CR(0) & ~UINT64_C(0xfff));
	/* And a page of data as a partial completion. */
	memset(flat_perm, FLAT_READ | FLAT_WRITE, FLAT_PAGES);
	d = memmove_desc(0, DATA(0), DATA(2), 0x1800);
	flat_perm[(DATA(3) - FLAT_BASE) / FLAT_PAGE] = FLAT_READ;
	assert_false(post(&w, DWQ, 0, &d));
	(void)world_settle(&w);
	assert_int_equal(status(0), DSA_COMP_PAGE_FAULT_NOBOF | DSA_COMP_STATUS_WRITE);
	assert_int_equal(bytes_completed(0), 0x1000);
}

/* The status appears with or after the rest of the record. */
static bool early;

static void look_at_record(struct world *world)
{
	(void)world;
	early |= status(0) != 0;
}

static void status_is_last(void **s)
{
	struct dsa_raw_desc d;

	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	early = false;
	w.during = look_at_record;
	d = noop(0);
	assert_false(post(&w, DWQ, 0, &d));
	(void)world_settle(&w);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	assert_true(w.accesses == 2 && !early);
}

/* ---- order ---- */

/* 3.12: a drain ends after what was before it in its WQ, also with several engines. */
static void drain_descriptor(void **s)
{
	struct dsa_raw_desc d;

	(void)s;
	world_start(&w, DSA_FAULT_NONE, false);
	world_pci(&w, true, false);
	world_configure(&w);
	grpcfg_set(&w, 0, 7, 0xf);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
	d = memmove_desc(0, DATA(0), DATA(9), 0x8000);
	assert_false(post(&w, DWQ, 0, &d));
	d = with_record(descriptor(DSA_OPCODE_DRAIN, 0, 0, 0, 0), 1);
	assert_false(post(&w, DWQ, 0, &d));
	d = noop(2);
	assert_false(post(&w, DWQ, 0, &d));
	world_advance(&w, SERVICE_NS + 0x800);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	assert_int_equal(status(1), 0);
	world_advance(&w, SERVICE_NS);
	assert_int_equal(status(1), DSA_COMP_SUCCESS);
	(void)world_settle(&w);
	assert_int_equal(status(2), DSA_COMP_SUCCESS);
}

/* 4.1: shares are as the priorities, and nobody starves. */
static void priorities(void **s)
{
	unsigned done[2] = {0};

	(void)s;
	world_start(&w, DSA_FAULT_NONE, false);
	world_pci(&w, true, false);
	world_configure(&w);
	world_one_in_progress(&w);
	wqcfg_set(&w, DWQ, 0, 40);
	wqcfg_set(&w, PWQ, 0, 40);
	wqcfg_set(&w, PWQ, 2, (wqcfg(&w, PWQ, 2) & ~DSA_WQCFG2_PRIORITY) | FIELD_PREP(DSA_WQCFG2_PRIORITY, 3U));
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, PWQ), 0);
	for (unsigned i = 0; i < 40; i++) {
		struct dsa_raw_desc d = noop(i);

		assert_false(post(&w, DWQ, 0, &d));
		d = noop(40 + i);
		assert_false(post(&w, PWQ, 0, &d));
	}
	world_advance(&w, 32 * SERVICE_NS);
	for (unsigned i = 0; i < 80; i++)
		done[i / 40] += status(i) == DSA_COMP_SUCCESS;
	assert_int_equal(done[0] + done[1], 32);
	assert_in_range(done[0], 7, 9);
}

/* ---- halt (5.7) ---- */

static void halt(void **s)
{
	static const struct dsa_model_pci changed[] = {
	        {.bus_master = false, .pasid = true},
	        {.bus_master = true, .pasid = false},
	        {.bus_master = true, .pasid = true, .pasid_priv = true},
	        {.bus_master = true, .pasid = true, .ats = true},
	        {.bus_master = true, .pasid = true, .prs = true, .prs_capacity = 1, .prs_allocation = 1},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(changed); i++) {
		struct dsa_raw_desc d;

		world_up(&w, DSA_FAULT_NONE);
		world_one_in_progress(&w);
		wr(&w, DSA_GENCTRL, DSA_GENCTRL_HALT_INT);
		for (unsigned n = 0; n < 3; n++) {
			d = noop(n);
			assert_false(post(&w, DWQ, 0, &d));
		}
		wqcfg_set(&w, DWQ, 5, DSA_WQCFG5_LIMIT_INT | 1);
		issue(&w, DSA_CMD_DRAIN_ALL, DSA_CMD_REQ_INT);
		dsa_model_pci_changed(&w.m, &w.m.pci); /* nothing new */
		assert_int_equal(rd(&w, DSA_GENSTS), DSA_STATE_ENABLED);
		dsa_model_pci_changed(&w.m, &changed[i]);
		assert_int_equal(rd(&w, DSA_GENSTS), DSA_STATE_HALT | DSA_RESET_FLR << 2);
		assert_int_equal(swerror_code(&w), DSA_SWERR_CONFIG_CHANGED);
		assert_int_equal(rd(&w, DSA_INTCAUSE), DSA_INTCAUSE_HALT | DSA_INTCAUSE_COMMAND);
		assert_int_equal(rd(&w, DSA_CMDSTS), DSA_CMDERR_HALTED);
		assert_null(world_invariants(&w));
		w.accesses = 0;
		(void)world_settle(&w);
		assert_int_equal(w.accesses, 0);
		assert_true(post(&w, DWQ, 0, &d));
		assert_true(enqueue(&w, SWQ, 0, d, 1));
		assert_int_equal(command(&w, DSA_CMD_DRAIN_ALL, 0), DSA_CMDERR_HALTED);
		assert_int_equal(command(&w, DSA_CMD_RESET_DEVICE, 0), DSA_CMDERR_HALTED);
		dsa_model_reset(&w.m);
		assert_int_equal(rd(&w, DSA_GENSTS), DSA_STATE_DISABLED);
	}
	/* While Disabled all of it may change. */
	world_start(&w, DSA_FAULT_NONE, false);
	for (size_t i = 0; i < ARRAY_SIZE(changed); i++)
		dsa_model_pci_changed(&w.m, &changed[i]);
	assert_int_equal(rd(&w, DSA_GENSTS), DSA_STATE_DISABLED);
	assert_int_equal(swerror_code(&w), 0);
}

/* A descriptor whose write resets the device that executes it. */
static void reset_at_record(struct world *world)
{
	if (world->accesses == 2)
		dsa_model_reset(&world->m);
}

static void resets_itself(void **s)
{
	struct dsa_raw_desc d;

	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	d = noop(0);
	w.during = reset_at_record;
	assert_false(post(&w, DWQ, 0, &d));
	(void)world_settle(&w);
	assert_null(world_invariants(&w));
	world_configure(&w);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&w, DSA_CMD_DISABLE_DEVICE, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(limits),         cmocka_unit_test(refusals),
	        cmocka_unit_test(pasids),         cmocka_unit_test(work_is_done_in_time),
	        cmocka_unit_test(routing),        cmocka_unit_test(record_address),
	        cmocka_unit_test(status_is_last), cmocka_unit_test(drain_descriptor),
	        cmocka_unit_test(priorities),     cmocka_unit_test(halt),
	        cmocka_unit_test(resets_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
