/* SPDX-License-Identifier: BSD-2-Clause */
/* The event log of version 2: what goes there, how, and what happens when it is full (5.9, 9.2.16, 9.2.17). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dsa_world.h"

#define ROOM (WORLD_EVL - 1) /* one entry of the ring stays free */

static struct world w;

static int tear_down(void **s)
{
	(void)s;
	dsa_model_free(&w.m);
	return 0;
}

static uint64_t word(unsigned entry, unsigned n)
{
	uint64_t v;

	memcpy(&v, flat_at(EVL + (uint64_t)entry * DSA_EVL_ENTRY_MIN + 8 * n), sizeof(v));
	return v;
}

static uint8_t code(unsigned entry)
{
	return (uint8_t)FIELD_GET(DSA_SWERROR_CODE, word(entry, 0));
}

static unsigned head(void)
{
	return (unsigned)FIELD_GET(DSA_EVLSTATUS_HEAD, rd64(&w, DSA_EVLSTATUS));
}

static unsigned tail(void)
{
	return (unsigned)FIELD_GET(DSA_EVLSTATUS_TAIL, rd64(&w, DSA_EVLSTATUS));
}

static bool pending(void)
{
	return (rd64(&w, DSA_EVLSTATUS) & DSA_EVLSTATUS_PENDING) != 0;
}

static void run(unsigned wq, struct dsa_raw_desc d)
{
	assert_false(wq == SWQ ? enqueue(&w, SWQ, 0, d, SWQ_PASID) : post(&w, wq, 0, &d));
	(void)world_settle(&w);
}

static void may(uint64_t addr, uint8_t perm)
{
	flat_perm[(addr - FLAT_BASE) / FLAT_PAGE] = perm;
}

/* Nobody is told but the log: an unknown opcode without a record. */
static struct dsa_raw_desc bad(void)
{
	return descriptor(0xee, 0, 0, 0, 0);
}

static void registers(void **s)
{
	(void)s;
	world_start(&w, DSA_FAULT_NONE, false);
	wr64(&w, DSA_EVLCFG, UINT64_MAX);
	wr(&w, DSA_GENCFG, UINT32_MAX);
	wr(&w, DSA_GENCTRL, UINT32_MAX);
	assert_int_equal(rd64(&w, DSA_EVLCFG), 0);
	assert_false(rd(&w, DSA_GENCFG) & DSA_GENCFG_EVL);
	assert_false(rd(&w, DSA_GENCTRL) & DSA_GENCTRL_EVL_INT);
	world_start2(&w, DSA_FAULT_NONE, false);
	wr64(&w, DSA_EVLCFG, UINT64_MAX);
	wr64(&w, DSA_EVLCFG + 8, UINT64_MAX);
	assert_int_equal(rd64(&w, DSA_EVLCFG), UINT64_C(0xfffffffffffff003));
	assert_int_equal(rd64(&w, DSA_EVLCFG + 8), UINT64_C(0xfffffffff));
	world_up2(&w, DSA_FAULT_NONE, false);
	wr64(&w, DSA_EVLCFG, 0); /* locked by now */
	assert_int_equal(rd64(&w, DSA_EVLCFG), EVL);
	/* Halves do not disturb each other. */
	run(DWQ, bad());
	run(DWQ, bad());
	assert_int_equal(tail(), 2);
	assert_true(pending());
	wr(&w, DSA_EVLSTATUS, 1);
	assert_int_equal(head(), 1);
	assert_true(pending());
	wr(&w, DSA_EVLSTATUS + 4, BIT32(30));
	assert_false(pending());
	assert_int_equal(head(), 1);
	assert_int_equal(tail(), 2);
	/* Reset Device keeps it, and what Enable Device starts is at the beginning. */
	assert_int_equal(command(&w, DSA_CMD_RESET_DEVICE, 0), 0);
	assert_int_equal(tail(), 2);
	assert_int_equal(rd64(&w, DSA_EVLCFG), 0);
	dsa_model_reset(&w.m);
	assert_int_equal(rd64(&w, DSA_EVLSTATUS), 0);
}

static void enable_errors(void **s)
{
	static const struct {
		uint64_t first, second;
		bool pasid;
		uint8_t error;
	} rows[] = {
	        {EVL, 63, false, DSA_CMDERR_EVL},
	        {EVL, 64, false, 0},
	        {EVL, 65535, false, 0},
	        {UINT64_C(0xfffffffffffff000), 64, false, 0},
	        {UINT64_C(0xfffffffffffff000), 65, false, DSA_CMDERR_EVL},
	        {EVL | DSA_EVLCFG_PASID_EN, 64, false, DSA_CMDERR_EVL_PASID},
	        {EVL | DSA_EVLCFG_PASID_EN, 64, true, 0},
	        {EVL | DSA_EVLCFG_PRIV, 64, true, DSA_CMDERR_EVL_PASID},
	        {EVL | DSA_EVLCFG_PASID_EN | DSA_EVLCFG_PRIV, 64, true, DSA_CMDERR_EVL_PASID},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		world_start2(&w, DSA_FAULT_NONE, false);
		world_pci(&w, rows[i].pasid, false);
		grpcfg_set(&w, 0, 1, 1);
		wqcfg_set(&w, 0, 0, 8);
		wr64(&w, DSA_EVLCFG, rows[i].first);
		wr64(&w, DSA_EVLCFG + 8, rows[i].second);
		wr(&w, DSA_GENCFG, DSA_MODEL_READ_BUFFERS | DSA_GENCFG_EVL);
		assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), rows[i].error);
	}
}

/* 5.1: which errors are for the log, and which stay SWERROR's. */
static void routes(void **s)
{
	struct dsa_raw_desc d = noop(0);

	(void)s;
	world_up2(&w, DSA_FAULT_NONE, false);
	run(PWQ, bad());
	assert_int_equal(code(0), DSA_COMP_BAD_OPCODE);
	assert_int_equal(word(0, 0), DSA_SWERROR_DESC_VALID | DSA_SWERROR_WQ_VALID |
	                                     FIELD_PREP(DSA_SWERROR_CODE, UINT64_C(0x10)) |
	                                     FIELD_PREP(DSA_SWERROR_WQ, (uint64_t)PWQ) |
	                                     FIELD_PREP(DSA_SWERROR_OPCODE, UINT64_C(0xee)) |
	                                     FIELD_PREP(DSA_SWERROR_PASID, (uint64_t)PWQ_PASID));
	/* Invalid flags without a record: the mask is here. */
	run(DWQ, descriptor(DSA_OPCODE_NOOP, BIT32(6), 0, 0, 0));
	assert_int_equal(code(1), DSA_COMP_INVALID_FLAGS);
	assert_int_equal(FIELD_GET(DSA_SWERROR_INFO, word(1, 1)), BIT32(6));
	d.field[1]++;
	run(DWQ, d);
	assert_int_equal(code(2), DSA_COMP_CRA_ALIGN);
	assert_int_equal(word(2, 2), CR(0) + 1);
	/* A command while one is active. */
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	(void)world_settle(&w);
	assert_int_equal(code(3), DSA_SWERR_CMD_ACTIVE);
	/* A bad handle is told in the record and in the log. */
	d = noop(0);
	d.field[0] |= (uint64_t)IDXD_OP_FLAG_RCI << 32;
	d.field[4] = UINT64_C(500) << 32;
	run(DWQ, d);
	assert_int_equal(status(0), DSA_COMP_INT_HANDLE_INVAL);
	assert_int_equal(code(4), DSA_COMP_INT_HANDLE_INVAL);
	assert_int_equal(FIELD_GET(DSA_INFO_HANDLE, FIELD_GET(DSA_SWERROR_INFO, word(4, 1))), 500);
	assert_int_equal(tail(), 5);
	assert_int_equal(swerror_code(&w), 0);
	/* A full dedicated WQ, and configuration that changes, are SWERROR's all the same. */
	d = noop(0);
	world_one_in_progress(&w);
	for (unsigned i = 0; i < WQ_SIZE + 2; i++)
		(void)post(&w, DWQ, 0, &d);
	assert_int_equal(swerror_code(&w), DSA_SWERR_DWQ_FULL);
	(void)world_settle(&w);
	assert_int_equal(tail(), 5);
	wr(&w, DSA_SWERROR, 3);
	world_pci(&w, false, false);
	assert_int_equal(swerror_code(&w), DSA_SWERR_CONFIG_CHANGED);
}

static void one_interrupt(void **s)
{
	(void)s;
	world_up2(&w, DSA_FAULT_NONE, false);
	run(DWQ, bad());
	run(DWQ, bad());
	assert_int_equal(w.notified[0], 1);
	assert_int_equal(rd(&w, DSA_INTCAUSE), DSA_INTCAUSE_EVL);
	wr64(&w, DSA_EVLSTATUS, DSA_EVLSTATUS_PENDING | 2);
	assert_int_equal(w.notified[0], 1);
	run(DWQ, bad());
	assert_int_equal(w.notified[0], 2);
	wr64(&w, DSA_EVLSTATUS, DSA_EVLSTATUS_PENDING | 3);
	wr(&w, DSA_GENCTRL, 0);
	run(DWQ, bad());
	assert_int_equal(w.notified[0], 2);
	assert_false(pending());
}

/* A completion record whose page is not there: the log has it, with all that software needs. */
static void record_away(void **s)
{
	const uint8_t before[DSA_CR_SIZE] = {0};
	struct dsa_raw_desc d;

	(void)s;
	world_up2(&w, DSA_FAULT_NONE, false);
	d = memmove_desc(0, DATA(0), DATA(8), 256);
	d.field[0] |= (uint64_t)IDXD_OP_FLAG_RCI << 32;
	d.field[4] |= UINT64_C(3) << 32;
	may(CR(0), 0);
	assert_false(post(&w, DWQ, DSA_PORTAL_MSIX, &d));
	(void)world_settle(&w);
	assert_memory_equal(flat_at(DATA(0)), flat_at(DATA(8)), 256);
	assert_memory_equal(flat_at(CR(0)), before, sizeof(before));
	assert_int_equal(w.notified[3], 0); /* software raises it */
	assert_int_equal(code(0), DSA_COMP_CRA_XLAT);
	assert_true(word(0, 0) & DSA_SWERROR_WRITE);
	assert_int_equal(word(0, 1), DSA_EVL_RCI | DSA_EVL_RCR | UINT64_C(3) << 32 |
	                                     (uint64_t)FIELD_PREP(DSA_INFO_OPERAND, (uint32_t)DSA_OPERAND_RECORD)
	                                             << 32);
	assert_int_equal(word(0, 2), CR(0));
	assert_int_equal(word(0, 4), DSA_COMP_SUCCESS);
	assert_int_equal(swerror_code(&w), 0);
	/* Without the log it is lost before it begins, and SWERROR says so. */
	dsa_model_free(&w.m);
	world_start(&w, DSA_FAULT_NONE, false);
	world_pci(&w, true, true);
	world_configure(&w);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
	d = memmove_desc(0, DATA(0), DATA(8), 256);
	may(CR(0), 0);
	memset(flat_at(DATA(8)), 0, 256);
	run(DWQ, d);
	assert_int_equal(*flat_at(DATA(8)), 0);
	assert_int_equal(swerror_code(&w), DSA_COMP_CRA_XLAT);
}

/* Drains end in the log where page requests are off, as they are here. */
static void drains(void **s)
{
	(void)s;
	world_up2(&w, DSA_FAULT_NONE, false);
	run(DWQ, with_record(descriptor(DSA_OPCODE_DRAIN, 0, 0, 0, 0), 0));
	assert_int_equal(status(0), 0);
	assert_int_equal(code(0), DSA_COMP_EVL_DRAIN);
	assert_true(word(0, 1) & DSA_EVL_RCR);
	assert_int_equal(word(0, 2), CR(0));
	assert_int_equal(word(0, 4), DSA_COMP_SUCCESS);
	/* One that fails has its own record. */
	run(DWQ, with_record(descriptor(DSA_OPCODE_DRAIN, BIT32(6), 0, 0, 0), 0));
	assert_int_equal(status(0), DSA_COMP_INVALID_FLAGS);
	assert_int_equal(tail(), 1);
}

static void put(unsigned i, struct dsa_raw_desc d)
{
	memcpy(flat_at(LIST + (uint64_t)i * DSA_DESC_SIZE), &d, DSA_DESC_SIZE);
}

static void batch(unsigned count, uint32_t flags)
{
	run(DWQ, with_record(descriptor(DSA_OPCODE_BATCH, flags, LIST, 0, count), 0));
}

/* Record CR(200) and what follows is on a page of its own. */
static struct dsa_raw_desc away(struct dsa_raw_desc d, unsigned n)
{
	d.field[1] = DATA(20) + DSA_CR_SIZE * (uint64_t)n;
	may(DATA(20), 0);
	return d;
}

static void batches(void **s)
{
	const uint64_t fence = (uint64_t)IDXD_OP_FLAG_FENCE << 32;
	struct dsa_raw_desc d;
	uint64_t id;

	(void)s;
	/* Entries of its descriptors, each with the batch's name, then the batch's own, which is not at its address. */
	world_up2(&w, DSA_FAULT_NONE, false);
	put(0, noop(1));
	put(1, away(noop(2), 0));
	put(2, away(noop(3), 1));
	batch(3, 0);
	assert_int_equal(tail(), 3);
	assert_int_equal(status(0), 0);
	assert_int_equal(status(1), DSA_COMP_SUCCESS);
	id = FIELD_GET(DSA_EVL_BATCH_ID, word(0, 0));
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(FIELD_GET(DSA_EVL_BATCH_ID, word(i, 0)), id);
	assert_int_equal(code(0), DSA_COMP_CRA_XLAT);
	assert_true(word(0, 0) & DSA_SWERROR_BATCH);
	assert_int_equal(FIELD_GET(DSA_SWERROR_BATCH_INDEX, word(0, 1)), 1);
	assert_true(word(0, 1) & DSA_EVL_FIRST);
	assert_int_equal(FIELD_GET(DSA_SWERROR_BATCH_INDEX, word(1, 1)), 2);
	assert_false(word(1, 1) & DSA_EVL_FIRST);
	assert_int_equal(code(2), DSA_COMP_EVL_BATCH);
	assert_false(word(2, 0) & DSA_SWERROR_BATCH);
	assert_int_equal(word(2, 2), CR(0));
	/* Nothing but the records went wrong: success, unless software fails to bring them. */
	assert_int_equal(word(2, 4), DSA_COMP_SUCCESS | UINT64_C(3) << 32);
	/* The next one has another name, and none of it is in the log. */
	put(1, noop(2));
	put(2, noop(3));
	batch(3, 0);
	assert_int_equal(tail(), 3);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	put(1, away(noop(2), 0));
	batch(2, 0);
	assert_int_equal(tail(), 5);
	assert_int_not_equal(FIELD_GET(DSA_EVL_BATCH_ID, word(3, 0)), id);
	assert_true(word(3, 1) & DSA_EVL_FIRST);
	/* A fence does not go past a record that is not there. */
	d = noop(3);
	d.field[0] |= fence;
	put(2, d);
	batch(3, 0);
	assert_int_equal(tail(), 7);
	assert_int_equal(word(6, 4), DSA_COMP_BATCH_FAIL | 1 << 8 | UINT64_C(2) << 32);
	assert_int_equal(status(3), 0);
}

/* Failures before the fault that ended a batch are told to what goes on with it (8.3.2). */
static void batch_continued(void **s)
{
	struct dsa_raw_desc d = noop(2);

	(void)s;
	world_up2(&w, DSA_FAULT_NONE, false);
	put(0, noop(1));
	d.field[0] |= (uint64_t)IDXD_OP_FLAG_FENCE << 32;
	put(1, d);
	batch(2, 0);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	assert_int_equal(status(2), DSA_COMP_SUCCESS);
	put(1, with_record(d, 2));
	batch(2, DSA_FLAG_BATCH_ERROR);
	assert_int_equal(status(0), DSA_COMP_BATCH_FAIL);
	assert_int_equal(bytes_completed(0), 1);
	assert_int_equal(flat_at(CR(0))[1], 1);
	assert_int_equal(status(2), 0);
}

static void wraps(void **s)
{
	(void)s;
	world_up2(&w, DSA_FAULT_NONE, false);
	for (unsigned i = 0; i < 3 * WORLD_EVL; i++) {
		run(DWQ, bad());
		assert_int_equal(code(i % WORLD_EVL), DSA_COMP_BAD_OPCODE);
		assert_int_equal(tail(), (i + 1) % WORLD_EVL);
		memset(flat_at(EVL + (uint64_t)(i % WORLD_EVL) * DSA_EVL_ENTRY_MIN), 0, DSA_EVL_ENTRY_MIN);
		wr(&w, DSA_EVLSTATUS, (i + 1) % WORLD_EVL);
	}
}

static void full_blocks(void **s)
{
	(void)s;
	world_up2(&w, DSA_FAULT_NONE, false);
	for (unsigned i = 0; i < ROOM; i++)
		run(DWQ, bad());
	assert_int_equal(tail(), ROOM);
	run(DWQ, bad());
	run(DWQ, noop(0));
	assert_int_equal(tail(), ROOM);
	assert_int_equal(status(0), 0); /* its engine is stuck */
	assert_int_equal(swerror_code(&w), 0);
	/* A drain waits for it. A second command finds no room to complain; it is not forgotten. */
	issue(&w, DSA_CMD_DRAIN_WQ, BIT32(DWQ));
	(void)world_settle(&w);
	assert_true(rd(&w, DSA_CMDSTS) & DSA_CMDSTS_ACTIVE);
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	wr(&w, DSA_EVLSTATUS, 4);
	(void)world_settle(&w);
	assert_int_equal(rd(&w, DSA_CMDSTS), 0);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	assert_int_equal(code(ROOM), DSA_SWERR_CMD_ACTIVE);
	assert_int_equal(code(0), DSA_COMP_BAD_OPCODE);
	assert_int_equal(tail(), 1);
}

/* A reset ends the wait, too. */
static void full_reset(void **s)
{
	(void)s;
	world_up2(&w, DSA_FAULT_NONE, false);
	for (unsigned i = 0; i < ROOM + 1; i++)
		run(DWQ, bad());
	dsa_model_reset(&w.m);
	assert_null(world_invariants(&w));
	assert_int_equal(rd64(&w, DSA_EVLSTATUS), 0);
}

static void full_drops(void **s)
{
	(void)s;
	world_up2(&w, DSA_FAULT_NONE, true);
	assert_true(rd64(&w, DSA_GENCAP) & DSA_GENCAP_EVL_DROP);
	for (unsigned i = 0; i < ROOM; i++)
		run(DWQ, bad());
	assert_int_equal(swerror_code(&w), 0);
	run(DWQ, bad());
	assert_int_equal(swerror_code(&w), DSA_SWERR_EVL_APPEND);
	assert_false(rd64(&w, DSA_SWERROR) & DSA_SWERROR_OVERFLOW);
	run(DWQ, bad());
	assert_true(rd64(&w, DSA_SWERROR) & DSA_SWERROR_OVERFLOW);
	assert_int_equal(tail(), ROOM);
	run(DWQ, noop(0));
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
}

static void log_away(void **s)
{
	(void)s;
	world_up2(&w, DSA_FAULT_NONE, false);
	may(EVL, FLAT_READ);
	run(DWQ, bad());
	assert_int_equal(swerror_code(&w), DSA_SWERR_EVL_APPEND);
	assert_int_equal(tail(), 0);
	assert_int_equal(rd(&w, DSA_INTCAUSE), DSA_INTCAUSE_SWERR);
}

static void written_as(void **s)
{
	(void)s;
	world_up2(&w, DSA_FAULT_NONE, false);
	run(PWQ, bad());
	assert_int_equal(w.who.pasid, DSA_NO_PASID);
	assert_int_equal(command(&w, DSA_CMD_DISABLE_DEVICE, 0), 0);
	wr64(&w, DSA_EVLCFG, EVL | DSA_EVLCFG_PASID_EN);
	wr64(&w, DSA_EVLCFG + 8, WORLD_EVL | FIELD_PREP(DSA_EVLCFG_PASID, UINT64_C(0x54321)));
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(tail(), 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, PWQ), 0);
	run(PWQ, bad());
	assert_int_equal(w.who.pasid, 0x54321);
	assert_int_equal(tail(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_teardown(registers, tear_down),
	        cmocka_unit_test_teardown(enable_errors, tear_down),
	        cmocka_unit_test_teardown(routes, tear_down),
	        cmocka_unit_test_teardown(one_interrupt, tear_down),
	        cmocka_unit_test_teardown(record_away, tear_down),
	        cmocka_unit_test_teardown(drains, tear_down),
	        cmocka_unit_test_teardown(batches, tear_down),
	        cmocka_unit_test_teardown(batch_continued, tear_down),
	        cmocka_unit_test_teardown(wraps, tear_down),
	        cmocka_unit_test_teardown(full_blocks, tear_down),
	        cmocka_unit_test_teardown(full_reset, tear_down),
	        cmocka_unit_test_teardown(full_drops, tear_down),
	        cmocka_unit_test_teardown(log_away, tear_down),
	        cmocka_unit_test_teardown(written_as, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
