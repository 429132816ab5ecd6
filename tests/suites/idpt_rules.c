/* SPDX-License-Identifier: BSD-2-Clause */
/* Inter-domain operations: what an entry does not allow, and who may change it. */
#include "tests/suites/idpt.h"

TEST(dsa_idpt_submitter, "dsa.idpt.wrong_submitter", NEEDS_SPACE, "DSA 3.14.1, 5.6")
{
	struct domains w;
	struct dsa_grant g;
	unsigned n;

	w = domains_new(false);
	n = some_entry();
	g = whole_grant(&w);
	g.submitter = w.other->pasid;
	expect_refused(&w, DSA_COMP_ID_HANDLE, give(n, g), SPACE_SRC, SIZE);
	/* Not even whose memory it is. */
	g.submitter = w.owner->pasid;
	expect_refused(&w, DSA_COMP_ID_HANDLE, give(n, g), SPACE_SRC, SIZE);
	expect_allowed(&w, give(n, whole_grant(&w)), SPACE_SRC, w.owners, SIZE);
}

TEST(dsa_idpt_unusable, "dsa.idpt.unusable", NEEDS_SPACE, "DSA 5.6, 9.2.29")
{
	struct domains w;
	struct dsa_grant g;
	unsigned n;

	w = domains_new(false);
	n = some_entry();
	g = whole_grant(&w);
	g.unusable = true;
	expect_refused(&w, DSA_COMP_ID_HANDLE, give(n, g), SPACE_SRC, SIZE);
	g.updatable = true;
	expect_refused(&w, DSA_COMP_ID_HANDLE, give(n, g), SPACE_SRC, SIZE);
	/* What is reserved in such an entry is not zero. */
	g = whole_grant(&w);
	g.size = 1;
	expect_refused(&w, DSA_COMP_ID_HANDLE, give(n, g), SPACE_SRC, SIZE);
	g = whole_grant(&w);
	g.window = true;
	expect_refused(&w, DSA_COMP_ID_HANDLE, give(n, g), SPACE_SRC, SIZE);
}

TEST(dsa_idpt_handles, "dsa.idpt.stale_handle", NEEDS_SPACE, "DSA 3.14.1, 9.2.12")
{
	struct domains w;
	uint16_t handle, again;
	unsigned n;

	w = domains_new(false);
	n = some_entry();
	handle = give(n, whole_grant(&w));
	expect_allowed(&w, handle, SPACE_SRC, w.owners, SIZE);
	EXPECT_DSA(dsa_grant_close(test_dsa(), n));
	expect_refused(&w, DSA_COMP_ID_HANDLE, handle, SPACE_SRC, SIZE);
	again = give(n, whole_grant(&w));
	expect_allowed(&w, again, SPACE_SRC, w.owners, SIZE);
	if (again != handle)
		expect_refused(&w, DSA_COMP_ID_HANDLE, handle, SPACE_SRC, SIZE);
	if (!dsa_has_command(test_dsa(), DSA_CMD_REQUEST_IDPT_HANDLE)) {
		expect_refused(&w, DSA_COMP_ID_HANDLE, (uint16_t)test_dsa()->caps.idpt_entries, SPACE_SRC, SIZE);
		return;
	}
	/* The entry is good, and its handle given back. */
	EXPECT_DSA(dsa_command(test_dsa(), DSA_CMD_RELEASE_IDPT_HANDLE, n, NULL));
	expect_refused(&w, DSA_COMP_ID_HANDLE, again, SPACE_SRC, SIZE);
	expect_command_error(DSA_CMDERR_IDPT_INDEX, DSA_CMD_REQUEST_IDPT_HANDLE, test_dsa()->caps.idpt_entries);
	expect_command_error(DSA_CMDERR_IDPT_INDEX, DSA_CMD_RELEASE_IDPT_HANDLE, test_dsa()->caps.idpt_entries);
}

TEST(dsa_idpt_permissions, "dsa.idpt.permissions", NEEDS_SPACE, "DSA 3.14.3, 5.6")
{
	struct domains w;
	uint8_t before[PAGE_SIZE];
	struct dsa_grant g;
	struct dsa_hw_desc d;
	uint16_t handle;
	unsigned n;

	w = domains_new(false);
	n = some_entry();
	g = whole_grant(&w);
	g.read = false;
	handle = give(n, g);
	expect_refused(&w, DSA_COMP_ID_PERMISSION, handle, SPACE_SRC, SIZE);
	EXPECT_EQ(DSA_COMP_SUCCESS, write_to(&w, handle, SPACE_SRC, SIZE));
	dsa_desc_id_compare(&d, SPACE_CR, SPACE_SRC, SPACE_SRC, SIZE);
	dsa_desc_second_in(&d, handle);
	EXPECT_EQ(DSA_COMP_ID_PERMISSION, space_execute(w.me, TEST_WQ, &d));
	g = whole_grant(&w);
	g.write = false;
	handle = give(n, g);
	expect_allowed(&w, handle, SPACE_SRC, w.owners, SIZE);
	dsa_desc_second_in(&d, handle);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_execute(w.me, TEST_WQ, &d));
	memcpy(before, w.owners, PAGE_SIZE);
	random_bytes(w.mine, PAGE_SIZE);
	EXPECT_EQ(DSA_COMP_ID_PERMISSION, write_to(&w, handle, SPACE_SRC, SIZE));
	EXPECT_EQ(handle, named_handle(&w));
	dsa_desc_id_fill(&d, SPACE_CR, SPACE_SRC, 0, SIZE);
	dsa_desc_second_in(&d, handle);
	EXPECT_EQ(DSA_COMP_ID_PERMISSION, space_execute(w.me, TEST_WQ, &d));
	EXPECT_MEM_EQ(before, w.owners, PAGE_SIZE);
}

TEST(dsa_idpt_window, "dsa.idpt.window", NEEDS_SPACE, "DSA 3.14.3, 5.6")
{
	struct domains w;
	const uint64_t base = SPACE_SRC + 500;
	struct dsa_grant g;
	uint16_t handle;

	w = domains_new(false);
	g = whole_grant(&w);
	g.window = true;
	g.base = base;
	g.size = SIZE;
	handle = give(some_entry(), g);
	expect_allowed(&w, handle, base, w.owners + 500, SIZE);
	expect_allowed(&w, handle, base + SIZE - 1, w.owners + 500 + SIZE - 1, 1);
	expect_refused(&w, DSA_COMP_ID_WINDOW, handle, base - 1, SIZE);
	expect_refused(&w, DSA_COMP_ID_WINDOW, handle, base - 1, 1);
	expect_refused(&w, DSA_COMP_ID_WINDOW, handle, base, SIZE + 1);
	expect_refused(&w, DSA_COMP_ID_WINDOW, handle, base + 1, SIZE);
	expect_refused(&w, DSA_COMP_ID_WINDOW, handle, base + SIZE, 1);
	expect_refused(&w, DSA_COMP_ID_WINDOW, handle, 0, 1);
	expect_refused(&w, DSA_COMP_ID_WINDOW, handle, UINT64_MAX, 2);
}

TEST(dsa_idpt_offset, "dsa.idpt.offset_mode", NEEDS_SPACE, "DSA 3.14.3, 5.6")
{
	struct domains w;
	struct dsa_grant g;
	uint16_t handle;

	w = domains_new(false);
	if (!(test_dsa()->caps.idcap & DSA_IDCAP_OFFSET_MODE))
		SKIP("IDCAP.24=0: no offsets in windows");
	g = whole_grant(&w);
	g.window = g.by_offset = true;
	g.base = SPACE_SRC + 500;
	g.size = SIZE;
	handle = give(some_entry(), g);
	expect_allowed(&w, handle, 0, w.owners + 500, SIZE);
	expect_allowed(&w, handle, 9, w.owners + 509, SIZE - 9);
	expect_refused(&w, DSA_COMP_ID_WINDOW, handle, 0, SIZE + 1);
	expect_refused(&w, DSA_COMP_ID_WINDOW, handle, SIZE, 1);
	expect_refused(&w, DSA_COMP_ID_WINDOW, handle, SPACE_SRC + 500, 1);
	expect_refused(&w, DSA_COMP_ID_WINDOW, handle, UINT64_MAX, 2);
	EXPECT_EQ(DSA_COMP_SUCCESS, write_to(&w, handle, 16, 16));
	EXPECT_MEM_EQ(w.mine, w.owners + 516, 16);
}

/* ---- bitmaps of submitters ---- */

static void set_submitter(uint8_t *bitmap, uint32_t pasid, bool in)
{
	uint8_t *byte = bitmap + pasid / 8;

	*byte = (uint8_t)((*byte & ~(1U << pasid % 8)) | (unsigned)in << pasid % 8);
	EXPECT_DSA(dsa_bitmap_changed(test_dsa(), SPACE_MORE + pasid / 8, 1));
}

TEST(dsa_idpt_bitmap, "dsa.idpt.bitmap", NEEDS_SPACE, "DSA 3.14.2, 9.2.12")
{
	struct domains w;
	const uint64_t pages = 32; /* a bit for each PASID there can be */
	struct dsa_grant g;
	uint8_t *bitmap;
	uint16_t handle;

	w = domains_new(false);
	need_bitmaps();
	bitmap = test_pages(pages);
	space_map(w.other, SPACE_MORE, bitmap, pages * PAGE_SIZE, VTD_READ);
	g = whole_grant(&w);
	g.submitter = 0;
	g.bitmap = SPACE_MORE;
	handle = give(some_entry(), g);
	memset(bitmap, 0, pages * PAGE_SIZE);
	expect_refused(&w, DSA_COMP_ID_HANDLE, handle, SPACE_SRC, SIZE);
	set_submitter(bitmap, w.me->pasid, true);
	expect_allowed(&w, handle, SPACE_SRC, w.owners, SIZE);
	/* All but me. */
	memset(bitmap, 0xff, pages * PAGE_SIZE);
	set_submitter(bitmap, w.me->pasid, false);
	expect_refused(&w, DSA_COMP_ID_HANDLE, handle, SPACE_SRC, SIZE);
	set_submitter(bitmap, w.me->pasid, true);
	expect_allowed(&w, handle, SPACE_SRC, w.owners, SIZE);
}

/* ---- Update Window ---- */

static unsigned update(struct space *who, unsigned wq, uint16_t handle, uint64_t base, uint64_t size, unsigned flags)
{
	struct dsa_hw_desc d;

	dsa_desc_update_window(&d, SPACE_CR, handle, base, size, flags);
	return space_execute(who, wq, &d);
}

TEST(dsa_idpt_update, "dsa.idpt.update_window", NEEDS_SPACE, "DSA 3.14.5, 8.3.27")
{
	struct domains w;
	const unsigned readable = DSA_WINDOW_READ | DSA_WINDOW_ENABLE;
	struct dsa_grant g;
	uint16_t handle;

	w = domains_new(false);
	need_operation(DSA_OP_UPDATE_WINDOW);
	g = whole_grant(&w);
	g.updatable = true;
	handle = give(some_entry(), g);
	EXPECT_EQ(DSA_COMP_SUCCESS, update(w.owner, OWNER_WQ, handle, SPACE_SRC + 64, SIZE, readable));
	expect_allowed(&w, handle, SPACE_SRC + 64, w.owners + 64, SIZE);
	expect_refused(&w, DSA_COMP_ID_WINDOW, handle, SPACE_SRC, SIZE);
	EXPECT_EQ(DSA_COMP_ID_PERMISSION, write_to(&w, handle, SPACE_SRC + 64, SIZE));
	EXPECT_EQ(DSA_COMP_SUCCESS, update(w.owner, OWNER_WQ, handle, 0, 0, 0));
	expect_refused(&w, DSA_COMP_ID_PERMISSION, handle, SPACE_SRC, SIZE);
	/* What makes no window changes nothing. */
	EXPECT_EQ(DSA_COMP_ID_WINDOW_FIELD, update(w.owner, OWNER_WQ, handle, SPACE_SRC, 0, readable));
	EXPECT_EQ(DSA_COMP_ID_WINDOW_FIELD, update(w.owner, OWNER_WQ, handle, SPACE_SRC, -SPACE_SRC + 1, readable));
	EXPECT_EQ(DSA_COMP_ID_WINDOW_FIELD, update(w.owner, OWNER_WQ, handle, 0, 0, DSA_WINDOW_OFFSET_MODE));
	EXPECT_EQ(DSA_COMP_NOZERO_RESERVE, update(w.owner, OWNER_WQ, handle, 0, 0, 0x10));
	expect_refused(&w, DSA_COMP_ID_PERMISSION, handle, SPACE_SRC, SIZE);
}

TEST(dsa_idpt_update_refused, "dsa.idpt.update_window_refused", NEEDS_SPACE, "DSA 3.14.5, 5.6")
{
	struct domains w;
	const unsigned readable = DSA_WINDOW_READ | DSA_WINDOW_WRITE;
	struct dsa_grant g;
	uint16_t handle;
	unsigned n;

	w = domains_new(false);
	need_operation(DSA_OP_UPDATE_WINDOW);
	n = some_entry();
	g = whole_grant(&w);
	g.write = false;
	g.updatable = true;
	/* I may use it, and not change it. */
	handle = give(n, g);
	EXPECT_EQ(DSA_COMP_ID_UPDATE, update(w.me, TEST_WQ, handle, 0, 0, readable));
	EXPECT_EQ(DSA_COMP_ID_PERMISSION, write_to(&w, handle, SPACE_SRC, SIZE));
	/* The owner may not unless the entry says so. */
	g.updatable = false;
	handle = give(n, g);
	EXPECT_EQ(DSA_COMP_ID_UPDATE, update(w.owner, OWNER_WQ, handle, 0, 0, readable));
	EXPECT_EQ(DSA_COMP_ID_PERMISSION, write_to(&w, handle, SPACE_SRC, SIZE));
	expect_allowed(&w, handle, SPACE_SRC, w.owners, SIZE);
}
