/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways in which inter-domain operations can be wrong on purpose: each does what it says, and right hardware does
 * not. */
#include "tests/unit/dsa_idpt.h"

static uint64_t copies_the_owners(void)
{
	entry(1, GRANT | SUBMITTER | RW, 0, 0, 0);
	(void)read_by(1);
	return memcmp(flat_at(DATA(1)), flat_at(IN(OWNER_AT, 0)), SIZE) == 0;
}

static uint64_t foreign(void)
{
	entry(1, GRANT | FIELD_PREP(DSA_IDPT_SUBMITTER, (uint64_t)OTHER) | RW, 0, 0, 0);
	return read_by(1);
}

static uint64_t unusable(void)
{
	entry(1, (GRANT | SUBMITTER | RW) & ~DSA_IDPT_USABLE, 0, 0, 0);
	return read_by(1);
}

static uint64_t unpermitted(void)
{
	entry(1, GRANT | SUBMITTER | DSA_IDPT_WRITE, 0, 0, 0);
	return read_by(1);
}

static uint64_t outside(void)
{
	entry(1, GRANT | SUBMITTER | RW | DSA_IDPT_WINDOW, DATA(2), SIZE, 0);
	return read_by(1);
}

static uint64_t one_too_many(void)
{
	entry(1, GRANT | SUBMITTER | RW | DSA_IDPT_WINDOW, DATA(0), SIZE - 1, 0);
	return read_by(1);
}

static uint64_t by_offset(void)
{
	entry(1, GRANT | SUBMITTER | RW | DSA_IDPT_WINDOW | DSA_IDPT_OFFSET_MODE, DATA(0), SIZE, 0);
	(void)done(PWQ, between(DSA_OP_ID_COPY, 0, 1, DATA(1), -1, SIZE));
	return memcmp(flat_at(DATA(1)), flat_at(IN(OWNER_AT, 0)), SIZE) == 0;
}

static uint64_t not_in_bitmap(void)
{
	entry(1, GRANT | MULTI | RW, 0, 0, BITMAP);
	return read_by(1);
}

static uint64_t in_the_bitmap(void)
{
	*flat_at(BITMAP_BIT) = BIT32(PWQ_PASID % 8);
	return not_in_bitmap();
}

static uint64_t bitmap_after_change(void)
{
	unsigned handle;

	w.m.config.cmdcap = true;
	handle = request(1);
	entry(1, GRANT | MULTI | RW, 0, 0, BITMAP);
	(void)read_by((int)handle);
	*flat_at(BITMAP_BIT) = BIT32(PWQ_PASID % 8);
	wr64(&w, DSA_CMDPARAM, BITMAP);
	(void)command(&w, DSA_CMD_INVALIDATE_BITMAP, 0x10000);
	return read_by((int)handle);
}

static uint64_t released(void)
{
	unsigned handle;

	w.m.config.cmdcap = true;
	handle = request(1);
	entry(1, GRANT | SUBMITTER | RW, 0, 0, 0);
	(void)command(&w, DSA_CMD_RELEASE_IDPT_HANDLE, 1);
	return read_by((int)handle);
}

static uint64_t which_handle(void)
{
	(void)read_by(5);
	return handle_in_record();
}

static uint64_t written_while_usable(void)
{
	entry(1, GRANT | SUBMITTER | RW, 0, 0, 0);
	wr(&w, IDPT(1, 0), DSA_IDPT_USABLE);
	return rd(&w, IDPT(1, 0));
}

static uint64_t after_reset(void)
{
	entry(1, GRANT | SUBMITTER | RW, 0, 0, 0);
	(void)command(&w, DSA_CMD_RESET_DEVICE, 0);
	return rd(&w, IDPT(1, 0));
}

static uint64_t privileged_without_pasid(void)
{
	(void)command(&w, DSA_CMD_DISABLE_DEVICE, 0);
	wr(&w, DSA_IDBR, DSA_IDBR_PRIV);
	return command(&w, DSA_CMD_ENABLE_DEVICE, 0);
}

static uint64_t update_unasked(void)
{
	entry(1, GRANT | SUBMITTER, 0, 0, 0);
	return done(DWQ, update(1, 0, 0, 3));
}

static uint64_t update_by_another(void)
{
	entry(1, GRANT | SUBMITTER | DSA_IDPT_ALLOW_UPDATE, 0, 0, 0);
	return done(PWQ, update(1, 0, 0, 3));
}

static uint64_t updated(void)
{
	entry(1, GRANT | SUBMITTER | DSA_IDPT_ALLOW_UPDATE, 0, 0, 0);
	(void)done(DWQ, update(1, DATA(2), 64, 0xf));
	return rd64(&w, IDPT(1, 1));
}

static void each_fault_shows(void **s)
{
	static const struct {
		enum dsa_fault fault;
		uint64_t (*scenario)(void);
		uint64_t right, wrong;
	} rows[] = {
	        {DSA_FAULT_DOMAIN_IGNORED, copies_the_owners, 1, 0},
	        {DSA_FAULT_IDPT_SUBMITTER, foreign, DSA_COMP_ID_HANDLE, DSA_COMP_SUCCESS},
	        {DSA_FAULT_IDPT_UNUSABLE, unusable, DSA_COMP_ID_HANDLE, DSA_COMP_SUCCESS},
	        {DSA_FAULT_IDPT_PERMISSION, unpermitted, DSA_COMP_ID_PERMISSION, DSA_COMP_SUCCESS},
	        {DSA_FAULT_IDPT_WINDOW_IGNORED, outside, DSA_COMP_ID_WINDOW, DSA_COMP_SUCCESS},
	        {DSA_FAULT_IDPT_WINDOW_END, one_too_many, DSA_COMP_ID_WINDOW, DSA_COMP_SUCCESS},
	        {DSA_FAULT_IDPT_OFFSET_IGNORED, by_offset, 1, 0},
	        {DSA_FAULT_IDPT_BITMAP_IGNORED, not_in_bitmap, DSA_COMP_ID_HANDLE, DSA_COMP_SUCCESS},
	        {DSA_FAULT_IDPT_BITMAP_BIT, in_the_bitmap, DSA_COMP_SUCCESS, DSA_COMP_ID_HANDLE},
	        {DSA_FAULT_IDPT_BITMAP_STALE, bitmap_after_change, DSA_COMP_SUCCESS, DSA_COMP_ID_HANDLE},
	        {DSA_FAULT_IDPT_HANDLE_STALE, released, DSA_COMP_ID_HANDLE, DSA_COMP_SUCCESS},
	        {DSA_FAULT_IDPT_HANDLE_UNNAMED, which_handle, 5, 0},
	        {DSA_FAULT_IDPT_UNLOCKED, written_while_usable, (uint32_t)(DSA_IDPT_USABLE | SUBMITTER), 1},
	        {DSA_FAULT_IDPT_RESET, after_reset, 0, (uint32_t)(DSA_IDPT_USABLE | SUBMITTER)},
	        {DSA_FAULT_IDBR_UNCHECKED, privileged_without_pasid, DSA_CMDERR_EVL_PASID, 0},
	        {DSA_FAULT_UPDATE_UNASKED, update_unasked, DSA_COMP_ID_UPDATE, DSA_COMP_SUCCESS},
	        {DSA_FAULT_UPDATE_FOREIGN, update_by_another, DSA_COMP_ID_UPDATE, DSA_COMP_SUCCESS},
	        {DSA_FAULT_UPDATE_LOST, updated, DATA(2), 0},
	};

	(void)s;
	assert_int_equal(ARRAY_SIZE(rows), DSA_FAULT_UPDATE_LOST - DSA_FAULT_DOMAIN_IGNORED + 1);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (unsigned k = 0; k < 2; k++) {
			uint64_t got;

			up(k ? rows[i].fault : DSA_FAULT_NONE, false);
			got = rows[i].scenario();
			dsa_model_free(&w.m);
			if (got != (k ? rows[i].wrong : rows[i].right))
				fail_msg("%s, %s it: 0x%llx", dsa_fault_name((int)rows[i].fault),
				         k ? "with" : "without", (unsigned long long)got);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_fault_shows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
