/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways in which DSA 2.0 can be wrong on purpose: each does what it says, and right hardware does not. */
#include "tests/unit/dsa_faults.h"

static struct world world;

static uint64_t first_word(unsigned entry)
{
	uint64_t v;

	memcpy(&v, flat_at(EVL + (uint64_t)entry * DSA_EVL_ENTRY_MIN), sizeof(v));
	return v;
}

static unsigned tail(struct world *w)
{
	return (unsigned)FIELD_GET(DSA_EVLSTATUS_TAIL, rd64(w, DSA_EVLSTATUS));
}

static void bad(struct world *w)
{
	run(w, DWQ, 0, descriptor(0xee, 0, 0, 0, 0));
}

static uint64_t in_swerror(struct world *w)
{
	bad(w);
	return swerror_code(w);
}

static uint64_t in_log(struct world *w)
{
	bad(w);
	return FIELD_GET(DSA_SWERROR_CODE, first_word(0));
}

static uint64_t last_tail(struct world *w)
{
	for (unsigned i = 0; i < WORLD_EVL - 1; i++)
		bad(w);
	return tail(w);
}

static uint64_t tail_when_full(struct world *w)
{
	for (unsigned i = 0; i < WORLD_EVL; i++)
		bad(w);
	return tail(w);
}

static uint64_t interrupts(struct world *w)
{
	bad(w);
	bad(w);
	return w->notified[0];
}

static uint64_t evlcfg_while_enabled(struct world *w)
{
	wr64(w, DSA_EVLCFG, 0);
	return rd64(w, DSA_EVLCFG);
}

static uint64_t enable_with_small_log(struct world *w)
{
	(void)command(w, DSA_CMD_DISABLE_DEVICE, 0);
	wr64(w, DSA_EVLCFG + 8, 1);
	return command(w, DSA_CMD_ENABLE_DEVICE, 0);
}

static struct dsa_raw_desc away(struct dsa_raw_desc d)
{
	d.field[1] = DATA(20);
	flat_perm[(DATA(20) - FLAT_BASE) / FLAT_PAGE] = 0;
	return d;
}

static uint64_t logged_record(struct world *w)
{
	run(w, DWQ, 0, away(noop(0)));
	return *flat_at(EVL + DSA_EVL_RECORD);
}

static uint64_t same_batch(struct world *w)
{
	const struct dsa_raw_desc children[] = {away(noop(0)), noop(1)};

	run(w, DWQ, 0, batch(2, children));
	return FIELD_GET(DSA_EVL_BATCH_ID, first_word(0)) == FIELD_GET(DSA_EVL_BATCH_ID, first_word(1));
}

static uint64_t drain_status(struct world *w)
{
	run(w, DWQ, 0, with_record(descriptor(DSA_OPCODE_DRAIN, 0, 0, 0, 0), 0));
	return status(0);
}

static uint64_t forbidden(struct world *w)
{
	(void)command(w, DSA_CMD_DISABLE_WQ, BIT32(DWQ));
	wqcfg_set(w, DWQ, DSA_WQCFG_OPCFG, BIT32(DSA_OPCODE_BATCH));
	(void)command(w, DSA_CMD_ENABLE_WQ, DWQ);
	return noop_status(w);
}

static uint64_t unsupported(struct world *w)
{
	(void)command(w, DSA_CMD_DISABLE_WQ, BIT32(DWQ));
	wqcfg_set(w, DWQ, DSA_WQCFG_OPCFG, UINT32_MAX);
	return command(w, DSA_CMD_ENABLE_WQ, DWQ);
}

static uint64_t opcfg_of_another(struct world *w)
{
	return wqcfg(w, WQS_IN_USE, DSA_WQCFG_OPCFG);
}

static uint64_t prs_off_without_log(struct world *w)
{
	(void)command(w, DSA_CMD_DISABLE_DEVICE, 0);
	wr(w, DSA_GENCFG, rd(w, DSA_GENCFG) & ~DSA_GENCFG_EVL);
	wqcfg_set(w, DWQ, 2, wqcfg(w, DWQ, 2) | DSA_WQCFG2_PRS_DISABLE);
	(void)command(w, DSA_CMD_ENABLE_DEVICE, 0);
	return command(w, DSA_CMD_ENABLE_WQ, DWQ);
}

static uint64_t byte_eight(struct world *w)
{
	struct dsa_raw_desc d = descriptor(DSA_OPCODE_MEMFILL, DSA_FLAG_FILL16, 0x11, DATA(0), 16);

	d.field[5] = 0x22;
	run(w, DWQ, 0, d);
	return *flat_at(DATA(0) + 8);
}

/* Of "123456789". */
static uint64_t crc64(struct world *w)
{
	uint64_t v;

	memcpy(flat_at(DATA(0)), "123456789", 9);
	run(w, DWQ, 0, with_record(descriptor(DSA_OPCODE_CRCGEN, DSA_FLAG_CRC64, DATA(0), 0, 9), 0));
	memcpy(&v, flat_at(CR(0) + 16), sizeof(v));
	return v;
}

static uint64_t second_ref(struct world *w)
{
	run(w, DWQ, 0, with_record(descriptor(DSA_OP_DIX_GENERATE, 0, DATA(0), DATA(1), 1024), 0));
	return *flat_at(DATA(1) + 15);
}

static uint64_t odd_stride(struct world *w)
{
	struct dsa_raw_desc d = with_record(descriptor(DSA_OP_TRANSLATION_FETCH, DSA_FLAG_STRIDE, DATA(0), 0, 64), 0);

	d.field[6] = 2048;
	run(w, DWQ, 0, d);
	return status(0);
}

static uint64_t destination_away(struct world *w)
{
	flat_perm[(DATA(1) - FLAT_BASE) / FLAT_PAGE] = 0;
	run(w, DWQ, 0, memmove_desc(0, DATA(0), DATA(1), 64));
	return FIELD_GET(DSA_CR_FAULT_OPERAND, (uint32_t)flat_at(CR(0))[2]);
}

static uint64_t batch_after_error(struct world *w)
{
	struct dsa_raw_desc children[] = {noop(0), noop(1)}, d;

	children[1].field[0] |= (uint64_t)IDXD_OP_FLAG_FENCE << 32;
	d = batch(2, children);
	d.field[0] |= (uint64_t)DSA_FLAG_BATCH_ERROR << 32;
	run(w, DWQ, 0, d);
	return status(20);
}

static uint64_t stray_readback(struct world *w)
{
	struct dsa_raw_desc d = with_record(descriptor(DSA_OPCODE_DRAIN, 0, 0, DATA(0), 0), 0);

	run(w, DWQ, 0, d);
	return status(0);
}

static const struct fault_row rows[] = {
        {DSA_FAULT_EVL_IGNORED, in_swerror, 0, DSA_COMP_BAD_OPCODE},
        {DSA_FAULT_EVL_LOST, in_log, DSA_COMP_BAD_OPCODE, 0},
        {DSA_FAULT_EVL_WRAP, last_tail, WORLD_EVL - 1, 0},
        {DSA_FAULT_EVL_OVERWRITES, tail_when_full, WORLD_EVL - 1, 0},
        {DSA_FAULT_EVL_INTERRUPTS, interrupts, 1, 2},
        {DSA_FAULT_EVL_UNLOCKED, evlcfg_while_enabled, EVL, 0},
        {DSA_FAULT_EVL_CONFIG_UNCHECKED, enable_with_small_log, DSA_CMDERR_EVL, 0},
        {DSA_FAULT_EVL_NO_RECORD, logged_record, DSA_COMP_SUCCESS, 0},
        {DSA_FAULT_EVL_BATCH_ID, same_batch, 1, 0},
        {DSA_FAULT_EVL_DRAIN_RECORD, drain_status, 0, DSA_COMP_SUCCESS},
        {DSA_FAULT_OPCFG_IGNORED, forbidden, DSA_COMP_BAD_OPCODE, DSA_COMP_SUCCESS},
        {DSA_FAULT_OPCFG_UNCHECKED, unsupported, DSA_CMDERR_WQ_OPCFG, 0},
        {DSA_FAULT_OPCFG_RESET, opcfg_of_another, 0xbf07ff, 0},
        {DSA_FAULT_PRS_DISABLE_UNCHECKED, prs_off_without_log, DSA_CMDERR_WQ_PRS, 0},
        {DSA_FAULT_FILL16_HALF, byte_eight, 0x22, 0x11},
        {DSA_FAULT_CRC64_POLYNOMIAL, crc64, UINT64_C(0xae8b14860a799888), UINT64_C(0x995dc9bbdf1939fa)},
        {DSA_FAULT_DIX_TAG, second_ref, 1, 0},
        {DSA_FAULT_STRIDE_UNCHECKED, odd_stride, DSA_COMP_ADDR_ALIGN, DSA_COMP_SUCCESS},
        {DSA_FAULT_FAULT_OPERAND, destination_away, DSA_OPERAND_DESTINATION, DSA_OPERAND_SOURCE},
        {DSA_FAULT_BATCH_ERROR_IGNORED, batch_after_error, DSA_COMP_BATCH_FAIL, DSA_COMP_SUCCESS},
        {DSA_FAULT_READBACK_FIELD, stray_readback, DSA_COMP_NOZERO_RESERVE, 0},
};

static void each_fault_shows(void **s)
{
	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const enum dsa_fault faults[] = {DSA_FAULT_NONE, rows[i].fault};
		const uint64_t want[] = {rows[i].right, rows[i].wrong};

		for (size_t k = 0; k < ARRAY_SIZE(faults); k++) {
			uint64_t got;

			world_up2(&world, faults[k], false);
			memset(flat_at(CR(0)), 0, FLAT_PAGE);
			got = rows[i].scenario(&world);
			dsa_model_free(&world.m);
			if (got != want[k])
				fail_msg("%s, %s it: 0x%llx instead of 0x%llx", dsa_fault_name((int)rows[i].fault),
				         k ? "with" : "without", (unsigned long long)got, (unsigned long long)want[k]);
		}
	}
}

static void each_fault_has_a_row(void **s)
{
	(void)s;
	fault_rows_cover(rows, ARRAY_SIZE(rows), DSA_FAULT_EVL_IGNORED, DSA_FAULT_READBACK_FIELD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_fault_shows),
	        cmocka_unit_test(each_fault_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
