/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inter-domain operations (3.14, 5.6): who does not get at whose memory, and who may change that.
 */
#include "tests/unit/dsa_idpt.h"

static void flags_and_fields(void **s)
{
	static const struct {
		uint8_t opcode;
		int handle1, handle2;
		uint32_t bad; /* flags, or 0: a reserved byte */
	} rows[] = {
	        {DSA_OP_ID_COPY, -1, -1, DSA_FLAG_ALTERNATE1 | DSA_FLAG_ALTERNATE2},
	        {DSA_OP_ID_COMPARE, -1, -1, DSA_FLAG_ALTERNATE1 | DSA_FLAG_ALTERNATE2},
	        {DSA_OP_ID_FILL, -1, -1, DSA_FLAG_ALTERNATE2},
	        {DSA_OP_ID_FILL, 1, 1, DSA_FLAG_ALTERNATE1},
	        {DSA_OP_ID_COMPVAL, -1, -1, DSA_FLAG_ALTERNATE1},
	        {DSA_OP_ID_COMPVAL, 1, 1, DSA_FLAG_ALTERNATE2},
	};
	struct dsa_raw_desc d;

	(void)s;
	entry(1, GRANT | SUBMITTER | RW, 0, 0, 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		d = between(rows[i].opcode, DATA(0), rows[i].handle1, DATA(1), rows[i].handle2, SIZE);
		assert_int_equal(done(PWQ, d), DSA_COMP_INVALID_FLAGS);
		assert_int_equal(dsa_get_le(flat_at(CR(0)) + 16, 3), rows[i].bad);
	}
	/* A handle without its flag, and what lies before the handles. */
	for (unsigned at = 40; at < 64; at++) {
		d = between(DSA_OP_ID_COPY, DATA(0), 1, DATA(1), -1, SIZE);
		if (at == 60 || at == 61)
			continue;
		set_bytes(&d, at, 1, 1);
		assert_int_equal(done(PWQ, d), DSA_COMP_NOZERO_RESERVE);
	}
	/* A WQ without PASID. */
	(void)command(&w, DSA_CMD_DISABLE_WQ, BIT32(PWQ));
	wqcfg_set(&w, PWQ, 2, FIELD_PREP(DSA_WQCFG2_PRIORITY, 1U) | DSA_WQCFG2_DEDICATED);
	(void)command(&w, DSA_CMD_ENABLE_WQ, PWQ);
	d = between(DSA_OP_ID_COPY, DATA(0), 1, DATA(1), -1, SIZE);
	d.field[0] &= ~((uint64_t)CRAV_RCR << 32);
	run(&w, PWQ, 0, d);
	assert_int_equal(swerror_code(&w), DSA_COMP_ID_NO_PASID);
}

/* The table of the specification (5.5), a second time. */
static const struct {
	uint8_t opcode;
	uint32_t base;  /* set in the descriptor below */
	uint32_t flags; /* legal one at a time beside those */
	struct {
		unsigned first, last;
	} reserved[3];
} rules[] = {
        {0x21, 0x00000c, 0x01101c, {{32, 35}, {38, 60}}},
        {0x23, 0x03000c, 0x03771e, {{38, 59}}},
        {0x24, 0x02000c, 0x06751e, {{38, 61}}},
        {0x25, 0x03000c, 0x03169e, {{38, 39}, {41, 59}}},
        {0x26, 0x01000c, 0x01129e, {{38, 39}, {41, 59}, {62, 63}}},
};

static void each_flag_and_byte(void **s)
{
	struct dsa_env env = flat_env(1);
	struct dsa_result result;

	(void)s;
	env.gencap = rd64(&w, DSA_GENCAP);
	env.opcap[0] = rd64(&w, DSA_OPCAP);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct dsa_raw_desc good = descriptor(rules[i].opcode, rules[i].base, 0x10000, 0x20000, 4160);

		if (rules[i].opcode == 0x21) {
			set_bytes(&good, 32, 0, 4);
			set_bytes(&good, 61, DSA_WINDOW_ENABLE, 1);
		}
		assert_int_equal(dsa_check_descriptor(&env, &good, &result), 0);
		for (unsigned bit = 0; bit < 24; bit++) {
			struct dsa_raw_desc d = good;

			if (rules[i].base & BIT32(bit))
				continue;
			d.field[0] |= BIT64(32 + bit);
			if (rules[i].flags & BIT32(bit)) {
				assert_int_equal(dsa_check_descriptor(&env, &d, &result), 0);
				continue;
			}
			assert_int_equal(dsa_check_descriptor(&env, &d, &result), DSA_COMP_INVALID_FLAGS);
			assert_int_equal(dsa_get_le(result.specific, 3), BIT32(bit));
		}
		for (unsigned byte = 16; byte < 64; byte++) {
			struct dsa_raw_desc d = good;
			bool reserved = false;

			for (unsigned k = 0; k < ARRAY_SIZE(rules[i].reserved) && rules[i].reserved[k].last; k++)
				reserved |= byte >= rules[i].reserved[k].first && byte <= rules[i].reserved[k].last;
			set_bytes(&d, byte, dsa_desc_byte(&d, byte) | 1, 1);
			/* What is not reserved may be wrong in another way. */
			assert_int_equal(dsa_check_descriptor(&env, &d, &result) == DSA_COMP_NOZERO_RESERVE, reserved);
		}
	}
}

static void refused(void **s)
{
	const uint64_t base = DATA(0);
	const struct {
		uint64_t q0, base, size, bitmap;
		uint8_t code;
	} rows[] = {
	        {GRANT | SUBMITTER | RW, 0, 0, 0, DSA_COMP_SUCCESS},
	        {0, 0, 0, 0, DSA_COMP_ID_HANDLE},
	        {(GRANT | SUBMITTER | RW) & ~DSA_IDPT_USABLE, 0, 0, 0, DSA_COMP_ID_HANDLE},
	        {((GRANT | SUBMITTER | RW) & ~DSA_IDPT_USABLE) | DSA_IDPT_ALLOW_UPDATE, 0, 0, 0, DSA_COMP_ID_HANDLE},
	        {GRANT | RW, 0, 0, 0, DSA_COMP_ID_HANDLE},
	        {GRANT | FIELD_PREP(DSA_IDPT_SUBMITTER, (uint64_t)OWNER) | RW, 0, 0, 0, DSA_COMP_ID_HANDLE},
	        {GRANT | SUBMITTER | RW | FIELD_PREP(DSA_IDPT_TYPE, UINT64_C(2)), 0, 0, 0, DSA_COMP_ID_HANDLE},
	        /* reserved here: a bitmap, a submitter, a window */
	        {GRANT | SUBMITTER | RW, 0, 0, BITMAP, DSA_COMP_ID_HANDLE},
	        {GRANT | SUBMITTER | RW | MULTI, 0, 0, BITMAP, DSA_COMP_ID_HANDLE},
	        {GRANT | SUBMITTER | RW, base, 0, 0, DSA_COMP_ID_HANDLE},
	        {GRANT | SUBMITTER | RW, 0, SIZE, 0, DSA_COMP_ID_HANDLE},
	        {GRANT | SUBMITTER | RW | DSA_IDPT_OFFSET_MODE, 0, 0, 0, DSA_COMP_ID_HANDLE},
	        /* no window: empty, or around the end */
	        {GRANT | SUBMITTER | RW | DSA_IDPT_WINDOW, base, 0, 0, DSA_COMP_ID_HANDLE},
	        {GRANT | SUBMITTER | RW | DSA_IDPT_WINDOW, base, -base + 1, 0, DSA_COMP_ID_HANDLE},
	        {GRANT | SUBMITTER | RW | DSA_IDPT_WINDOW, base, -base, 0, DSA_COMP_SUCCESS},
	        {GRANT | SUBMITTER | DSA_IDPT_WRITE, 0, 0, 0, DSA_COMP_ID_PERMISSION},
	        {GRANT | SUBMITTER, 0, 0, 0, DSA_COMP_ID_PERMISSION},
	        /* a window of the very bytes, and each end of it too near */
	        {GRANT | SUBMITTER | RW | DSA_IDPT_WINDOW, base, SIZE, 0, DSA_COMP_SUCCESS},
	        {GRANT | SUBMITTER | RW | DSA_IDPT_WINDOW, base + 1, SIZE, 0, DSA_COMP_ID_WINDOW},
	        {GRANT | SUBMITTER | RW | DSA_IDPT_WINDOW, base, SIZE - 1, 0, DSA_COMP_ID_WINDOW},
	        {GRANT | SUBMITTER | RW | DSA_IDPT_WINDOW, base - SIZE, SIZE, 0, DSA_COMP_ID_WINDOW},
	        {GRANT | SUBMITTER | RW | DSA_IDPT_WINDOW, base + SIZE, SIZE, 0, DSA_COMP_ID_WINDOW},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(flat_at(DATA(1)), (int)i, SIZE);
		entry(9, rows[i].q0, rows[i].base, rows[i].size, rows[i].bitmap);
		if (read_by(9) != rows[i].code)
			fail_msg("row %zu: 0x%x instead of 0x%x", i, status(0), rows[i].code);
		if (rows[i].code == DSA_COMP_SUCCESS)
			continue;
		assert_int_equal(handle_in_record(), 9);
		for (unsigned b = 0; b < SIZE; b++)
			assert_int_equal(*flat_at(DATA(1) + b), i);
	}
	/* Permission to write is the destination's, to read both sources'. */
	entry(9, GRANT | SUBMITTER | DSA_IDPT_READ, 0, 0, 0);
	assert_int_equal(done(PWQ, between(DSA_OP_ID_COPY, DATA(0), -1, DATA(1), 9, SIZE)), DSA_COMP_ID_PERMISSION);
	assert_int_equal(done(PWQ, between(DSA_OP_ID_FILL, 0, -1, DATA(1), 9, SIZE)), DSA_COMP_ID_PERMISSION);
	assert_int_equal(done(PWQ, between(DSA_OP_ID_COMPARE, DATA(0), -1, DATA(1), 9, SIZE)), DSA_COMP_SUCCESS);
	entry(9, GRANT | SUBMITTER | DSA_IDPT_WRITE, 0, 0, 0);
	assert_int_equal(done(PWQ, between(DSA_OP_ID_COMPARE, DATA(0), -1, DATA(1), 9, SIZE)), DSA_COMP_ID_PERMISSION);
	assert_int_equal(done(PWQ, between(DSA_OP_ID_COMPVAL, DATA(0), 9, 0, -1, SIZE)), DSA_COMP_ID_PERMISSION);
	/* Of two handles, the one that is wrong. */
	entry(8, GRANT | SUBMITTER | DSA_IDPT_READ, 0, 0, 0);
	entry(9, GRANT | SUBMITTER | DSA_IDPT_READ, 0, 0, 0);
	assert_int_equal(done(PWQ, between(DSA_OP_ID_COPY, DATA(0), 8, DATA(1), 9, SIZE)), DSA_COMP_ID_PERMISSION);
	assert_int_equal(handle_in_record(), 9);
	assert_int_equal(w.m.idpt[8].users + w.m.idpt[9].users, 0);
}

static void offset_mode(void **s)
{
	const uint64_t q0 = GRANT | SUBMITTER | RW | DSA_IDPT_WINDOW | DSA_IDPT_OFFSET_MODE;
	uint64_t fault;

	(void)s;
	entry(1, q0, DATA(2), 0x1800, 0);
	assert_int_equal(done(PWQ, between(DSA_OP_ID_COPY, 0x20, 1, DATA(1), -1, SIZE)), DSA_COMP_SUCCESS);
	assert_memory_equal(flat_at(DATA(1)), flat_at(IN(OWNER_AT, 2) + 0x20), SIZE);
	assert_int_equal(done(PWQ, between(DSA_OP_ID_COPY, 0x1800 - SIZE, 1, DATA(1), -1, SIZE)), DSA_COMP_SUCCESS);
	assert_int_equal(done(PWQ, between(DSA_OP_ID_COPY, 0x1801 - SIZE, 1, DATA(1), -1, SIZE)), DSA_COMP_ID_WINDOW);
	assert_int_equal(done(PWQ, between(DSA_OP_ID_COPY, 0x1800, 1, DATA(1), -1, SIZE)), DSA_COMP_ID_WINDOW);
	assert_int_equal(done(PWQ, between(DSA_OP_ID_COPY, -UINT64_C(16), 1, DATA(1), -1, SIZE)), DSA_COMP_ID_WINDOW);
	/* Where the window is stays the owner's secret, also when a page is away. */
	may(IN(OWNER_AT, 3), 0);
	assert_int_equal(done(PWQ, between(DSA_OP_ID_COPY, 0xf80, 1, DATA(1), -1, SIZE)), DSA_COMP_PAGE_FAULT_NOBOF);
	memcpy(&fault, flat_at(CR(0) + 8), 8);
	assert_int_equal(fault, 0);
	assert_int_equal(flat_at(CR(0))[2], DSA_OPERAND_SOURCE << 1 | DSA_CR_FAULT_MASKED);
	assert_int_equal(bytes_completed(0), 0x80);
	assert_int_equal(handle_in_record(), 1);
}

static void bitmap(void **s)
{
	(void)s;
	entry(1, GRANT | MULTI | RW, 0, 0, BITMAP);
	assert_int_equal(read_by(1), DSA_COMP_ID_HANDLE);
	memset(flat_at(BITMAP + BITS_AT), 0xff, FLAT_PAGE);
	*flat_at(BITMAP_BIT) = (uint8_t)~BIT32(PWQ_PASID % 8);
	assert_int_equal(read_by(1), DSA_COMP_ID_HANDLE);
	assert_int_equal(handle_in_record(), 1);
	memset(flat_at(BITMAP + BITS_AT), 0, FLAT_PAGE);
	*flat_at(BITMAP_BIT) = BIT32(PWQ_PASID % 8);
	assert_int_equal(read_by(1), DSA_COMP_SUCCESS);
	/* What cannot be read has no bits, and nobody is asked for it. */
	may(BITMAP + BITS_AT, 0);
	assert_int_equal(read_by(1), DSA_COMP_ID_HANDLE);
	assert_int_equal(requests, 0);
	may(BITMAP + BITS_AT, FLAT_READ);
	assert_int_equal(read_by(1), DSA_COMP_SUCCESS);
	/* Each check read it: there is no command to invalidate anything. */
	assert_int_equal(bitmap_reads, 4);
}

static void bitmap_cache(void **s)
{
	unsigned handle;

	(void)s;
	up(DSA_FAULT_NONE, true);
	entry(1, GRANT | MULTI | RW, 0, 0, BITMAP);
	handle = request(1);
	*flat_at(BITMAP_BIT) = BIT32(PWQ_PASID % 8);
	assert_int_equal(read_by((int)handle), DSA_COMP_SUCCESS);
	*flat_at(BITMAP_BIT) = 0;
	assert_int_equal(read_by((int)handle), DSA_COMP_SUCCESS);
	assert_int_equal(bitmap_reads, 1);
	/* Ranges beside it, and of no bytes, leave it alone. */
	wr64(&w, DSA_CMDPARAM, BITMAP);
	assert_int_equal(command(&w, DSA_CMD_INVALIDATE_BITMAP, 0), 0);
	assert_int_equal(command(&w, DSA_CMD_INVALIDATE_BITMAP, PWQ_PASID / 8 & ~63U), 0);
	assert_int_equal(read_by((int)handle), DSA_COMP_SUCCESS);
	assert_int_equal(command(&w, DSA_CMD_INVALIDATE_BITMAP, (PWQ_PASID / 8 & ~63U) + 1), 0);
	assert_int_equal(read_by((int)handle), DSA_COMP_ID_HANDLE);
	*flat_at(BITMAP_BIT) = BIT32(PWQ_PASID % 8);
	assert_int_equal(read_by((int)handle), DSA_COMP_ID_HANDLE);
	wr64(&w, DSA_CMDPARAM, BITMAP + PWQ_PASID / 8);
	assert_int_equal(command(&w, DSA_CMD_INVALIDATE_BITMAP, 1), 0);
	assert_int_equal(read_by((int)handle), DSA_COMP_SUCCESS);
}

static void update_window(void **s)
{
	const uint64_t q0 = FIELD_PREP(DSA_IDPT_ACCESS, (uint64_t)OWNER) | SUBMITTER | DSA_IDPT_PRIV;
	const struct {
		uint64_t base, size;
		unsigned flags;
		uint8_t code;
	} fields[] = {
	        {0, 0, 0, DSA_COMP_SUCCESS},
	        {0, 0, DSA_WINDOW_OFFSET_MODE, DSA_COMP_ID_WINDOW_FIELD},
	        {1, 0, 0, DSA_COMP_NOZERO_RESERVE},
	        {0, 1, 0, DSA_COMP_NOZERO_RESERVE},
	        {0, 0, DSA_WINDOW_ENABLE, DSA_COMP_ID_WINDOW_FIELD},
	        {16, -UINT64_C(15), DSA_WINDOW_ENABLE, DSA_COMP_ID_WINDOW_FIELD},
	        {16, -UINT64_C(16), DSA_WINDOW_ENABLE, DSA_COMP_SUCCESS},
	        {16, 16, 0x10 | DSA_WINDOW_ENABLE, DSA_COMP_NOZERO_RESERVE},
	        {5, 7, 0xf, DSA_COMP_SUCCESS},
	};

	(void)s;
	entry(1, q0 | DSA_IDPT_ALLOW_UPDATE | DSA_IDPT_USABLE, 0, 0, 0);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const uint64_t before = rd64(&w, IDPT(1, 1));

		if (done(DWQ, update(1, fields[i].base, fields[i].size, fields[i].flags)) != fields[i].code)
			fail_msg("row %zu: not 0x%x", i, fields[i].code);
		assert_int_equal(rd64(&w, IDPT(1, 1)), fields[i].code == DSA_COMP_SUCCESS ? fields[i].base : before);
	}
	assert_int_equal(rd64(&w, IDPT(1, 2)), 7);
	assert_int_equal(rd64(&w, IDPT(1, 0)),
	                 q0 | DSA_IDPT_ALLOW_UPDATE | DSA_IDPT_USABLE | RW | DSA_IDPT_WINDOW | DSA_IDPT_OFFSET_MODE);
	/* Whom it does not belong to; what may not be changed, is broken, or is not there. It need not be usable. */
	assert_int_equal(done(PWQ, update(1, 0, 0, 3)), DSA_COMP_ID_UPDATE);
	assert_int_equal(handle_in_record(), 1);
	entry(1, q0 | DSA_IDPT_ALLOW_UPDATE, 0, 0, 0);
	assert_int_equal(done(DWQ, update(1, 0, 0, 3)), DSA_COMP_SUCCESS);
	entry(1, q0 | DSA_IDPT_USABLE, 0, 0, 0);
	assert_int_equal(done(DWQ, update(1, 0, 0, 3)), DSA_COMP_ID_UPDATE);
	entry(1, q0 | DSA_IDPT_ALLOW_UPDATE, 5, 0, 0);
	assert_int_equal(done(DWQ, update(1, 0, 0, 3)), DSA_COMP_ID_UPDATE);
	assert_int_equal(done(DWQ, update(DSA_MODEL_IDPT, 0, 0, 3)), DSA_COMP_ID_UPDATE);
}

/* It ends after who found the window as it was; unless told not to wait. */
static void update_drains(void **s)
{
	struct dsa_raw_desc d = between(DSA_OP_ID_COPY, DATA(0), 1, DATA(1), -1, SIZE);
	struct dsa_raw_desc u = update(1, 0, 0, 0);

	(void)s;
	entry(1, GRANT | SUBMITTER | RW | DSA_IDPT_ALLOW_UPDATE, 0, 0, 0);
	may(IN(OWNER_AT, 0), 0);
	d.field[0] |= (uint64_t)IDXD_OP_FLAG_BOF << 32;
	assert_int_equal(done(PWQ, d), 0);
	assert_int_equal(requests, 1);
	assert_false(post(&w, DWQ, 0, &u));
	world_advance(&w, 1000000);
	assert_int_equal(*flat_at(CR(0) + OWNER_AT), 0);
	assert_int_equal(rd64(&w, IDPT(1, 0)) & RW, 0);
	may(IN(OWNER_AT, 0), FLAT_READ);
	assert_true(dsa_model_page_response(&w.m, asked.group, DSA_PAGE_GRANTED));
	world_advance(&w, 1000000);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	assert_int_equal(*flat_at(CR(0) + OWNER_AT), DSA_COMP_SUCCESS);
	assert_int_equal(read_by(1), DSA_COMP_ID_PERMISSION);

	u.field[0] |= (uint64_t)DSA_FLAG_SUPPRESS_DRAIN << 32;
	set_bytes(&u, 61, DSA_WINDOW_READ, 1);
	assert_int_equal(done(DWQ, u), DSA_COMP_SUCCESS);
	may(IN(OWNER_AT, 0), 0);
	assert_int_equal(done(PWQ, d), 0);
	*flat_at(CR(0) + OWNER_AT) = 0;
	assert_false(post(&w, DWQ, 0, &u));
	world_advance(&w, 1000000);
	assert_int_equal(*flat_at(CR(0) + OWNER_AT), DSA_COMP_SUCCESS);
	assert_int_equal(w.m.idpt[1].users, 1);
	/* A reset ends both kinds of waiting. */
	u.field[0] &= ~((uint64_t)DSA_FLAG_SUPPRESS_DRAIN << 32);
	*flat_at(CR(0) + OWNER_AT) = 0;
	assert_false(post(&w, DWQ, 0, &u));
	world_advance(&w, 1000000);
	dsa_model_flr(&w.m);
	assert_int_equal(*flat_at(CR(0) + OWNER_AT), 0);
	assert_int_equal(w.m.idpt[1].users, 0);
}

/* An abort ends who waits for a page of another domain, and nobody else. */
static void abort_ends_the_wait(void **s)
{
	static const struct {
		uint32_t code, operand;
		bool ends;
	} rows[] = {{DSA_CMD_ABORT_WQ, BIT32(PWQ), true},   {DSA_CMD_ABORT_ALL, 0, true},
	            {DSA_CMD_ABORT_PASID, PWQ_PASID, true}, {DSA_CMD_ABORT_WQ, BIT32(DWQ), false},
	            {DSA_CMD_ABORT_PASID, OWNER, false},    {DSA_CMD_DRAIN_WQ, BIT32(PWQ), false}};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct dsa_raw_desc d = between(DSA_OP_ID_COPY, DATA(0), 1, DATA(1), -1, SIZE);

		up(DSA_FAULT_NONE, false);
		entry(1, GRANT | SUBMITTER | RW, 0, 0, 0);
		may(IN(OWNER_AT, 0), 0);
		d.field[0] |= (uint64_t)IDXD_OP_FLAG_BOF << 32;
		assert_int_equal(done(PWQ, d), 0);
		issue(&w, rows[i].code, rows[i].operand);
		(void)world_settle(&w);
		assert_int_equal(status(0), rows[i].ends ? DSA_COMP_ID_DOMAIN : 0);
		assert_int_equal(rd(&w, DSA_CMDSTS), rows[i].code == DSA_CMD_DRAIN_WQ ? DSA_CMDSTS_ACTIVE : 0);
		assert_int_equal(w.m.idpt[1].users, !rows[i].ends);
		assert_int_equal(dsa_model_page_response(&w.m, asked.group, DSA_PAGE_GRANTED), !rows[i].ends);
	}
	/* A page of one's own is waited for. */
	up(DSA_FAULT_NONE, false);
	may(DATA(0), 0);
	run(&w, PWQ, 0, with_record(descriptor(DSA_OPCODE_MEMMOVE, IDXD_OP_FLAG_BOF, DATA(0), DATA(1), SIZE), 0));
	issue(&w, DSA_CMD_ABORT_ALL, 0);
	(void)world_settle(&w);
	assert_int_equal(rd(&w, DSA_CMDSTS), DSA_CMDSTS_ACTIVE);
	assert_int_equal(status(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(flags_and_fields, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(each_flag_and_byte, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(refused, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(offset_mode, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(bitmap, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(bitmap_cache, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(update_window, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(update_drains, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(abort_ends_the_wait, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
