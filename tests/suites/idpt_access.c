/* SPDX-License-Identifier: BSD-2-Clause */
/* Inter-domain operations: registers of the table, and what an entry allows. */
#include "tests/suites/idpt.h"

/* ---- registers ---- */

TEST(dsa_idpt_registers, "dsa.idpt.registers", NEEDS_CONFIG, "DSA 9.2.18, 9.2.19, 9.2.29")
{
	const uint64_t fields = DSA_IDPT_TYPE | DSA_IDPT_SUBMITTER | DSA_IDPT_READ | DSA_IDPT_WRITE | DSA_IDPT_PRIV |
	                        DSA_IDPT_WINDOW | DSA_IDPT_OFFSET_MODE | DSA_IDPT_ACCESS;
	const uint64_t words[] = {DSA_IDPT_SUBMITTER | DSA_IDPT_READ | DSA_IDPT_ACCESS, UINT64_C(0x123456789abcdef),
	                          UINT64_C(0xfedcba987654321), UINT64_C(0xabcdef000)};
	unsigned n;

	need_idpt();
	n = some_entry();
	dsa2_disabled(false);
	EXPECT_NE(0, FIELD_GET(DSA_IDCAP_TYPES, test_dsa()->caps.idcap));
	for (unsigned i = 0; i < test_dsa()->caps.idpt_entries; i++)
		for (unsigned word = 0; word < DSA_IDPT_QWORDS; word++)
			EXPECT_EQ(0, dsa_idpt_read(test_dsa(), i, word));
	test_context("entry %u", n);
	dsa_idpt_write(test_dsa(), n, 0, ~(DSA_IDPT_USABLE | DSA_IDPT_ALLOW_UPDATE));
	EXPECT_EQ(0, dsa_idpt_read(test_dsa(), n, 0) & ~fields);
	for (unsigned word = DSA_IDPT_QWORDS; word-- > 0;) {
		dsa_idpt_write(test_dsa(), n, word, words[word]);
		EXPECT_EQ(words[word], dsa_idpt_read(test_dsa(), n, word));
	}
	/* What may be updated is locked but for who submits; what is in use, all of it. */
	dsa_idpt_write(test_dsa(), n, 0, words[0] | DSA_IDPT_ALLOW_UPDATE);
	dsa_idpt_write(test_dsa(), n, 1, 0);
	dsa_idpt_write(test_dsa(), n, 2, 0);
	dsa_idpt_write(test_dsa(), n, 0, DSA_IDPT_ALLOW_UPDATE | FIELD_PREP(DSA_IDPT_SUBMITTER, UINT64_C(5)));
	EXPECT_EQ((words[0] & ~DSA_IDPT_SUBMITTER) | DSA_IDPT_ALLOW_UPDATE |
	                  FIELD_PREP(DSA_IDPT_SUBMITTER, UINT64_C(5)),
	          dsa_idpt_read(test_dsa(), n, 0));
	dsa_idpt_write(test_dsa(), n, 0, 0);
	dsa_idpt_write(test_dsa(), n, 0, words[0] | DSA_IDPT_USABLE);
	for (unsigned word = 1; word < DSA_IDPT_QWORDS; word++) {
		dsa_idpt_write(test_dsa(), n, word, 0);
		EXPECT_EQ(words[word], dsa_idpt_read(test_dsa(), n, word));
	}
	dsa_idpt_write(test_dsa(), n, 0, DSA_IDPT_USABLE);
	EXPECT_EQ(words[0] | DSA_IDPT_USABLE, dsa_idpt_read(test_dsa(), n, 0));
	dsa_idpt_write(test_dsa(), n, 0, 0);
	EXPECT_EQ(words[0], dsa_idpt_read(test_dsa(), n, 0));
	dsa_idpt_write(test_dsa(), n, 0, 0);
	EXPECT_EQ(0, dsa_idpt_read(test_dsa(), n, 0));
}

TEST(dsa_idpt_reset, "dsa.idpt.reset_clears", NEEDS_CONFIG, "DSA 9.2, table 9-3")
{
	struct dsa_grant g = {.access = 7, .submitter = 8, .read = true, .window = true, .base = 5, .size = 6};
	uint16_t handle;
	unsigned n;

	need_idpt();
	n = some_entry();
	dsa2_disabled(false);
	EXPECT_DSA(dsa_bitmap_pasid(test_dsa(), 9));
	EXPECT_DSA(dsa_grant_open(test_dsa(), n, &g, &handle));
	EXPECT_DSA(dsa_reset(test_dsa()));
	for (unsigned word = 0; word < DSA_IDPT_QWORDS; word++)
		EXPECT_EQ(0, dsa_idpt_read(test_dsa(), n, word));
	EXPECT_EQ(0, mmio_read32(test_dsa()->regs, DSA_IDBR));
}

TEST(dsa_idpt_idbr, "dsa.idpt.bitmap_pasid_is_checked", NEEDS_CONFIG, "DSA 5.1, 9.2.19")
{
	need_idpt();
	need_bitmaps();
	dsa2_disabled(false);
	mmio_write32(test_dsa()->regs, DSA_IDBR, DSA_IDBR_PRIV);
	expect_command_error(DSA_CMDERR_EVL_PASID, DSA_CMD_ENABLE_DEVICE, 0);
	mmio_write32(test_dsa()->regs, DSA_IDBR, 0);
	dsa2_start(NULL);
	mmio_write32(test_dsa()->regs, DSA_IDBR, DSA_IDBR_PASID);
	EXPECT_EQ(0, mmio_read32(test_dsa()->regs, DSA_IDBR));
}

/* ---- operations ---- */

TEST(dsa_idpt_copy, "dsa.idpt.copy", NEEDS_SPACE, "DSA 3.14, 8.3.28")
{
	struct domains w;
	struct dsa_grant g;
	struct dsa_hw_desc d;
	uint16_t from, to;
	unsigned n;

	w = domains_new(false);
	n = some_entry();
	g = whole_grant(&w);
	g.write = false;
	from = give(n, g);
	expect_allowed(&w, from, SPACE_SRC + 3, w.owners + 3, PAGE_SIZE - 3 - 1);
	g = (struct dsa_grant){.access = w.other->pasid, .submitter = w.me->pasid, .write = true};
	to = give((n + 1) % test_dsa()->caps.idpt_entries, g);
	EXPECT_EQ(DSA_COMP_SUCCESS, write_to(&w, to, SPACE_SRC + 100, SIZE));
	EXPECT_MEM_EQ(w.mine, w.others + 100, SIZE);
	/* From one to the other, where the same address is no overlap. */
	dsa_desc_id_copy(&d, SPACE_CR, SPACE_SRC + 1000, SPACE_SRC + 1001, SIZE);
	dsa_desc_first_in(&d, from);
	dsa_desc_second_in(&d, to);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_execute(w.me, TEST_WQ, &d));
	EXPECT_MEM_EQ(w.owners + 1001, w.others + 1000, SIZE);
}

TEST(dsa_idpt_fill_compare, "dsa.idpt.fill_and_compare", NEEDS_SPACE, "DSA 8.3.29, 8.3.30, 8.3.31")
{
	struct domains w;
	uint64_t pattern = test_random();
	struct dsa_hw_desc d;
	uint16_t handle;

	w = domains_new(false);
	need_operation(DSA_OP_ID_FILL);
	need_operation(DSA_OP_ID_COMPARE);
	need_operation(DSA_OP_ID_COMPVAL);
	handle = give(some_entry(), whole_grant(&w));
	dsa_desc_id_fill(&d, SPACE_CR, SPACE_SRC + 8, pattern, SIZE);
	dsa_desc_second_in(&d, handle);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_execute(w.me, TEST_WQ, &d));
	for (unsigned i = 0; i < SIZE; i++)
		EXPECT_EQ((uint8_t)(pattern >> 8 * (i % 8)), w.owners[8 + i]);

	dsa_desc_id_compval(&d, SPACE_CR, SPACE_SRC + 8, pattern, SIZE);
	dsa_desc_first_in(&d, handle);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_execute(w.me, TEST_WQ, &d));
	EXPECT_EQ(0, w.me->record->result);
	w.owners[8 + 77] ^= 1;
	EXPECT_EQ(DSA_COMP_SUCCESS, space_execute(w.me, TEST_WQ, &d));
	EXPECT_EQ(1, w.me->record->result);

	for (unsigned side = 0; side < 2; side++) {
		test_context("the owner's on side %u", side);
		memcpy(w.mine, w.owners, SIZE);
		dsa_desc_id_compare(&d, SPACE_CR, SPACE_SRC, SPACE_SRC, SIZE);
		if (side)
			dsa_desc_second_in(&d, handle);
		else
			dsa_desc_first_in(&d, handle);
		EXPECT_EQ(DSA_COMP_SUCCESS, space_execute(w.me, TEST_WQ, &d));
		EXPECT_EQ(0, w.me->record->result);
		w.mine[200] ^= 1;
		EXPECT_EQ(DSA_COMP_SUCCESS, space_execute(w.me, TEST_WQ, &d));
		EXPECT_EQ(1, w.me->record->result);
		EXPECT_EQ(200, w.me->record->bytes_completed);
	}
}

TEST(dsa_idpt_no_pasid, "dsa.idpt.wq_without_pasid", NEEDS_SPACE, "DSA 5.4")
{
	struct domains w;
	struct dsa_swerror error;
	struct dsa_hw_desc d;
	uint16_t handle;

	w = domains_new(false);
	handle = give(some_entry(), whole_grant(&w));
	wq_use_pasid(TEST_WQ, IOMMU_NO_PASID);
	dsa_desc_id_copy(&d, 0, SPACE_DST, SPACE_SRC, SIZE);
	dsa_desc_first_in(&d, handle);
	desc_clear_flags(&d, IDXD_OP_FLAG_CRAV | IDXD_OP_FLAG_RCR);
	test_submit(&d);
	test_swerror(&error);
	EXPECT_EQ(DSA_COMP_ID_NO_PASID, error.code);
	EXPECT_EQ(DSA_OP_ID_COPY, error.opcode);
}

TEST(dsa_idpt_batch, "dsa.idpt.batch", NEEDS_SPACE, "DSA 3.14, 5.4")
{
	struct domains w;
	struct dsa_completion_record *records;
	struct dsa_hw_desc *list, d;
	uint16_t handle;

	w = domains_new(false);
	need_operation(DSA_OPCODE_BATCH);
	list = test_pages(1);
	records = w.me->record + 1;
	space_map(w.me, SPACE_MORE, list, PAGE_SIZE, VTD_READ);
	handle = give(some_entry(), whole_grant(&w));
	memset(w.result, 0, PAGE_SIZE);
	dsa_desc_id_copy(&list[0], SPACE_CR + 32, SPACE_DST, SPACE_SRC, SIZE);
	dsa_desc_first_in(&list[0], handle);
	dsa_desc_memmove(&list[1], SPACE_CR + 64, SPACE_DST + SIZE, SPACE_SRC, SIZE);
	dsa_desc_update_window(&list[2], SPACE_CR + 96, handle, 0, 0, 0);
	dsa_desc_batch(&d, SPACE_CR, SPACE_MORE, 3);
	EXPECT_EQ(DSA_COMP_BATCH_FAIL, space_execute(w.me, TEST_WQ, &d));
	EXPECT_EQ(DSA_COMP_SUCCESS, dsa_cr_status(&records[0]));
	EXPECT_EQ(DSA_COMP_SUCCESS, dsa_cr_status(&records[1]));
	EXPECT_EQ(DSA_COMP_BAD_OPCODE, dsa_cr_status(&records[2]));
	EXPECT_MEM_EQ(w.owners, w.result, SIZE);
	EXPECT_MEM_EQ(w.mine, w.result + SIZE, SIZE);
}

TEST(dsa_idpt_flags, "dsa.idpt.flags", NEEDS_SPACE, "DSA 5.4, tables 5-4 and 5-5")
{
	struct domains w;
	struct dsa_hw_desc d;
	uint16_t handle;

	w = domains_new(false);
	handle = give(some_entry(), whole_grant(&w));
	/* No other domain at all; a fill whose pattern would be in one; a handle without its flag. */
	dsa_desc_id_copy(&d, SPACE_CR, SPACE_DST, SPACE_SRC, SIZE);
	EXPECT_EQ(DSA_COMP_INVALID_FLAGS, space_execute(w.me, TEST_WQ, &d));
	dsa_desc_id_fill(&d, SPACE_CR, SPACE_SRC, 0, SIZE);
	dsa_desc_second_in(&d, handle);
	dsa_desc_first_in(&d, handle);
	EXPECT_EQ(DSA_COMP_INVALID_FLAGS, space_execute(w.me, TEST_WQ, &d));
	dsa_desc_id_copy(&d, SPACE_CR, SPACE_DST, SPACE_SRC, SIZE);
	dsa_desc_second_in(&d, (uint16_t)(handle | 1));
	desc_clear_flags(&d, DSA_DESC_ALTERNATE2);
	dsa_desc_first_in(&d, handle);
	EXPECT_EQ(DSA_COMP_NOZERO_RESERVE, space_execute(w.me, TEST_WQ, &d));
}

/* A page that is not there in the other domain: how far it came, and by which handle. */
TEST(dsa_idpt_fault, "dsa.idpt.page_fault", NEEDS_SPACE, "DSA 3.14.4")
{
	struct domains w;
	struct dsa_hw_desc d;
	uint16_t handle;

	w = domains_new(true);
	handle = give(some_entry(), whole_grant(&w));
	dsa_desc_id_copy(&d, SPACE_CR, SPACE_DST, SPACE_SRC + PAGE_SIZE - SIZE, 2 * SIZE);
	dsa_desc_first_in(&d, handle);
	EXPECT_EQ(DSA_COMP_PAGE_FAULT_NOBOF, space_execute(w.me, TEST_WQ, &d));
	EXPECT_LE(SIZE, w.me->record->bytes_completed);
	EXPECT_EQ(handle, named_handle(&w));
	EXPECT_EQ(SPACE_SRC + PAGE_SIZE, ALIGN_DOWN(w.me->record->fault_addr, (uint64_t)PAGE_SIZE));
	/* The rest, when the page is there. */
	space_page(w.owner, SPACE_SRC + PAGE_SIZE, RW);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_execute(w.me, TEST_WQ, &d));
	ignore_faults();
}
