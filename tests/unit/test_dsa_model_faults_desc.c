/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of operations and checks show; the others of these have their rows in test_dsa_exec.c and test_dsa_checks.c.
 */
#include "tests/unit/dsa_faults.h"

static struct world world;

/* The protection tuple behind the block that DIF insert wrote. */
static uint64_t inserted_ref(struct world *w)
{
	struct dsa_raw_desc d = with_record(descriptor(DSA_OPCODE_DIF_INS, 0, DATA(0), DATA(1), 512), 0);

	set_bytes(&d, 56, 5, 4);
	run(w, DWQ, 0, d);
	return *flat_at(DATA(1) + 512 + 7);
}

/* Of two blocks with guards of 0, the reference tag of the second; and the guard of the first, which was wrong. */
static void update(struct world *w)
{
	struct dsa_raw_desc d = with_record(descriptor(DSA_OPCODE_DIF_UPDT, 0, DATA(0), DATA(1), 1040), 0);

	memset(flat_at(DATA(0)), 0, 1040);
	*flat_at(DATA(0) + 512) = 0x77;
	set_bytes(&d, 40, 0x60, 1); /* no check of guard and reference tag */
	set_bytes(&d, 41, 0x20, 1); /* the guard passes */
	set_bytes(&d, 56, 5, 4);
	run(w, DWQ, 0, d);
}

static uint64_t updated_ref(struct world *w)
{
	update(w);
	return *flat_at(DATA(1) + 1039);
}

static uint64_t passed_guard(struct world *w)
{
	update(w);
	return *flat_at(DATA(1) + 512);
}

static uint64_t compval_result(struct world *w)
{
	const uint64_t pattern = UINT64_C(0x0807060504030201);

	for (unsigned i = 0; i < 64; i++)
		*flat_at(DATA(0) + i) = (uint8_t)(i % 8 + 1);
	run(w, DWQ, 0, with_record(descriptor(DSA_OPCODE_COMPVAL, 0, DATA(0), pattern, 64), 0));
	return *flat_at(CR(0) + 1);
}

static uint64_t unexpected_status(struct world *w)
{
	struct dsa_raw_desc d = with_record(descriptor(DSA_OPCODE_COMPARE, IDXD_OP_FLAG_CR, DATA(0), DATA(0), 64), 0);

	set_bytes(&d, 40, 1, 1);
	run(w, DWQ, 0, d);
	return status(0);
}

/* Of "123456789", with flags. */
static uint64_t crc(struct world *w, uint32_t flags, uint64_t seed_at)
{
	struct dsa_raw_desc d = with_record(descriptor(DSA_OPCODE_CRCGEN, flags, DATA(0), 0, 9), 0);

	memcpy(flat_at(DATA(0)), "123456789", 9);
	d.field[6] = seed_at;
	run(w, DWQ, 0, d);
	return dsa_get_le(flat_at(CR(0) + 16), 4);
}

static uint64_t crc_not_reflected(struct world *w)
{
	return crc(w, DSA_FLAG_CRC_NO_REFLECT, 0);
}

/* The seed in memory is the value of what came before: nothing, and something. */
static uint64_t crc_with_seed(struct world *w)
{
	memset(flat_at(DATA(1)), 0xff, 4);
	return crc(w, DSA_FLAG_READ_SEED, DATA(1)) == 0xe3069283;
}

static uint64_t delta(struct world *w, uint32_t room)
{
	struct dsa_raw_desc d = with_record(descriptor(DSA_OPCODE_CR_DELTA, 0, DATA(0), DATA(1), 4096), 0);

	memset(flat_at(DATA(0)), 0, 4096);
	memset(flat_at(DATA(1)), 1, 4096);
	set_bytes(&d, 40, DATA(2), 8);
	set_bytes(&d, 48, room, 4);
	run(w, DWQ, 0, d);
	return *flat_at(CR(0) + 1);
}

static uint64_t first_delta_offset(struct world *w)
{
	(void)delta(w, 80);
	return dsa_get_le(flat_at(DATA(2)), 2);
}

static uint64_t short_delta_result(struct world *w)
{
	return delta(w, 80);
}

static uint64_t compare_without_record(struct world *w)
{
	struct dsa_raw_desc d = with_record(descriptor(DSA_OPCODE_COMPARE, 0, DATA(0), DATA(0), 64), 0);

	d.field[0] &= ~((uint64_t)IDXD_OP_FLAG_RCR << 32);
	run(w, DWQ, 0, d);
	return status(0);
}

/* The limit is 2^20. */
static uint64_t move_beyond_limit(struct world *w)
{
	run(w, DWQ, 0, memmove_desc(0, DATA(0), DATA(0), (1U << 20) + 1));
	return status(0) == DSA_COMP_XFER_ERANGE;
}

static uint64_t batch_of_one(struct world *w)
{
	const struct dsa_raw_desc child = noop(0);

	run(w, DWQ, 0, batch(1, &child));
	return status(20);
}

static uint64_t misaligned_list(struct world *w)
{
	run(w, DWQ, 0, with_record(descriptor(DSA_OPCODE_BATCH, 0, LIST + 32, 0, 2), 20));
	return status(20) == DSA_COMP_DESCLIST_ALIGN;
}

/* Both classes of the group are 0. */
static uint64_t unmapped_class(struct world *w)
{
	struct dsa_model_pci pci = w->m.pci;

	pci.unmapped = BIT32(0);
	dsa_model_pci_changed(&w->m, &pci);
	run(w, DWQ, 0, noop(0));
	return swerror_code(w);
}

/* TC-B, which this descriptor does not use. */
static uint64_t other_class(struct world *w)
{
	struct dsa_model_pci pci = w->m.pci;

	pci.unmapped = BIT32(5);
	dsa_model_pci_changed(&w->m, &pci);
	(void)command(w, DSA_CMD_DISABLE_DEVICE, 0);
	wr64(w, grpflags_at(0), rd64(w, grpflags_at(0)) | FIELD_PREP(DSA_GRPFLAGS_TC_B, 5));
	(void)command(w, DSA_CMD_ENABLE_DEVICE, 0);
	(void)command(w, DSA_CMD_ENABLE_WQ, DWQ);
	run(w, DWQ, 0, noop(0));
	return swerror_code(w);
}

static uint64_t descending_offsets(struct world *w)
{
	struct dsa_raw_desc d = with_record(descriptor(DSA_OPCODE_AP_DELTA, 0, DATA(0), DATA(1), 4096), 0);

	memset(flat_at(DATA(0)), 0, 20);
	*flat_at(DATA(0)) = 1;
	set_bytes(&d, 40, 20, 4);
	run(w, DWQ, 0, d);
	return status(0);
}

static uint64_t missing_page(struct world *w)
{
	struct dsa_model_pci pci = w->m.pci;

	(void)command(w, DSA_CMD_DISABLE_DEVICE, 0);
	pci.ats = true;
	dsa_model_pci_changed(&w->m, &pci);
	(void)command(w, DSA_CMD_ENABLE_DEVICE, 0);
	(void)command(w, DSA_CMD_ENABLE_WQ, DWQ);
	flat_perm[(DATA(1) - FLAT_BASE) / FLAT_PAGE] = 0;
	run(w, DWQ, 0, memmove_desc(0, DATA(1), DATA(0), 64));
	return dsa_get_le(flat_at(CR(0) + 8), 8);
}

static const struct fault_row rows[] = {
        {DSA_FAULT_DIF_INSERT_TAG, inserted_ref, 5, 6},
        {DSA_FAULT_DIF_UPDATE_TAG, updated_ref, 6, 5},
        {DSA_FAULT_DIF_UPDATE_PASS, passed_guard, 0x77, 0},
        {DSA_FAULT_COMPVAL_PHASE, compval_result, 0, 1},
        {DSA_FAULT_EXPECTED_IGNORED, unexpected_status, DSA_COMP_SUCCESS_PRED, DSA_COMP_SUCCESS},
        {DSA_FAULT_CRC_REFLECTION, crc_not_reflected, 0xa8f022a0, 0xe3069283},
        {DSA_FAULT_CRC_SEED_ADDRESS, crc_with_seed, 0, 1},
        {DSA_FAULT_DELTA_OFFSET, first_delta_offset, 0, 1},
        {DSA_FAULT_DELTA_OVERRUN, short_delta_result, 2, 1},
        {DSA_FAULT_DELTA_ORDER, descending_offsets, DSA_COMP_DR_OFFSET_NOINC, DSA_COMP_SUCCESS},
        {DSA_FAULT_FAULT_ADDRESS, missing_page, DATA(1), DATA(2)},
        {DSA_FAULT_REQUIRED_UNCHECKED, compare_without_record, DSA_COMP_INVALID_FLAGS, 0},
        {DSA_FAULT_WQ_LIMIT_UNCHECKED, move_beyond_limit, 1, 0},
        {DSA_FAULT_COUNT_UNCHECKED, batch_of_one, DSA_COMP_DESC_CNT_ERANGE, DSA_COMP_SUCCESS},
        {DSA_FAULT_LIST_ALIGN_UNCHECKED, misaligned_list, 1, 0},
        {DSA_FAULT_CLASS_UNCHECKED, unmapped_class, DSA_COMP_TRAFFIC_CLASS_CONF, 0},
        {DSA_FAULT_CLASS_SWAPPED, other_class, 0, DSA_COMP_TRAFFIC_CLASS_CONF},
};

static void each_fault_shows(void **s)
{
	(void)s;
	fault_rows_show(&world, rows, ARRAY_SIZE(rows));
}

static void each_fault_has_a_row(void **s)
{
	(void)s;
	fault_rows_cover(rows, ARRAY_SIZE(rows), DSA_FAULT_DIF_INSERT_TAG, DSA_FAULT_DELTA_ORDER);
	fault_rows_cover(rows, ARRAY_SIZE(rows), DSA_FAULT_REQUIRED_UNCHECKED, DSA_FAULT_FAULT_ADDRESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_fault_shows),
	        cmocka_unit_test(each_fault_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
