/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inter-domain operations (3.14): registers, handles, who gets at whose memory by which entry of the IDPT, and what is
 * said of faults.
 */
#include "tests/unit/dsa_idpt.h"

static void registers(void **s)
{
	(void)s;
	assert_int_equal(rd64(&w, DSA_IDCAP), 0x3 | DSA_MODEL_IDPT << 8 | 0x3000000);
	assert_int_equal(rd64(&w, DSA_OFFSETS + 8), 0xc00010);
	assert_int_equal(rd(&w, DSA_IDBR), 0x33301);
	wr(&w, DSA_IDBR, 0);
	assert_int_equal(rd(&w, DSA_IDBR), 0x33301);
	for (unsigned word = 0; word < DSA_IDPT_QWORDS; word++) {
		static const uint64_t all[] = {UINT64_C(0xfffff01ffffff00f), UINT64_MAX, UINT64_MAX, ~UINT64_C(0xfff)};

		assert_int_equal(rd64(&w, IDPT(255, word)), 0);
		wr64(&w, IDPT(255, word), word ? UINT64_MAX : ~UINT64_C(3));
		assert_int_equal(rd64(&w, IDPT(255, word)), word ? all[word] : all[0] & ~UINT64_C(3));
		assert_int_equal(rd(&w, IDPT(255, word) + 4), (word ? all[word] : all[0]) >> 32);
	}
	(void)command(&w, DSA_CMD_RESET_DEVICE, 0);
	assert_int_equal(rd64(&w, IDPT(255, 1)) | rd(&w, DSA_IDBR), 0);
	wr(&w, DSA_IDBR, UINT32_MAX);
	assert_int_equal(rd(&w, DSA_IDBR), 0xfffff1f);
	/* Version 1 has nothing of it. */
	dsa_model_free(&w.m);
	world_start(&w, DSA_FAULT_NONE, false);
	wr64(&w, IDPT(0, 1), 1);
	wr(&w, DSA_IDBR, 1);
	assert_int_equal(rd64(&w, IDPT(0, 1)) | rd(&w, DSA_IDBR) | rd64(&w, DSA_IDCAP), 0);
	assert_int_equal(rd64(&w, DSA_OFFSETS + 8), 0x10);
}

/* 9.2.29: which fields are read-only while which switch is on. */
static void locks(void **s)
{
	static const struct {
		uint64_t on, takes0;
		bool window, bitmap;
	} rows[] = {
	        {0, UINT64_C(0xfffff01ffffff00c), true, true},
	        {DSA_IDPT_ALLOW_UPDATE, 0xfffff000, false, true},
	        {DSA_IDPT_USABLE, 0, false, false},
	        {DSA_IDPT_USABLE | DSA_IDPT_ALLOW_UPDATE, 0, false, false},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		entry(0, rows[i].on, 0, 0, 0);
		wr64(&w, IDPT(0, 1), 5);
		wr64(&w, IDPT(0, 2), 6);
		wr64(&w, IDPT(0, 3), 0x7000);
		assert_int_equal(rd64(&w, IDPT(0, 1)), rows[i].window ? 5 : 0);
		assert_int_equal(rd64(&w, IDPT(0, 2)), rows[i].window ? 6 : 0);
		assert_int_equal(rd64(&w, IDPT(0, 3)), rows[i].bitmap ? 0x7000 : 0);
		wr64(&w, IDPT(0, 0), UINT64_MAX & ~(UINT64_C(3) & ~rows[i].on));
		assert_int_equal(rd64(&w, IDPT(0, 0)), rows[i].takes0 | rows[i].on);
		/* The switches go off at any time, and what was locked is open again. */
		wr(&w, IDPT(0, 0), 0);
		assert_int_equal(rd(&w, IDPT(0, 0)) & 3, 0);
	}
	/* One write may bring fields and throw the switch; by double words it is two. */
	entry(0, 0, 0, 0, 0);
	wr64(&w, IDPT(0, 0), GRANT | SUBMITTER | RW);
	assert_int_equal(rd64(&w, IDPT(0, 0)), GRANT | SUBMITTER | RW);
	entry(0, 0, 0, 0, 0);
	wr(&w, IDPT(0, 0), (uint32_t)(GRANT | SUBMITTER));
	wr(&w, IDPT(0, 0) + 4, (uint32_t)((GRANT | RW) >> 32));
	assert_int_equal(rd64(&w, IDPT(0, 0)), DSA_IDPT_USABLE | SUBMITTER);
}

static void bitmap_pasid_checked(void **s)
{
	static const struct {
		uint32_t idbr;
		bool pasid, priv;
		uint32_t error;
	} rows[] = {
	        {DSA_IDBR_PASID_EN, true, false, 0},
	        {DSA_IDBR_PASID_EN, false, false, DSA_CMDERR_EVL_PASID},
	        {DSA_IDBR_PASID_EN | DSA_IDBR_PRIV, true, true, 0},
	        {DSA_IDBR_PASID_EN | DSA_IDBR_PRIV, true, false, DSA_CMDERR_EVL_PASID},
	        {DSA_IDBR_PRIV, true, true, DSA_CMDERR_EVL_PASID},
	        {DSA_IDBR_PASID, false, false, 0},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct dsa_model_pci pci = {
		        .bus_master = true, .pasid = rows[i].pasid, .pasid_priv = rows[i].priv};

		dsa_model_free(&w.m);
		world_start2(&w, DSA_FAULT_NONE, false);
		dsa_model_pci_changed(&w.m, &pci);
		wr(&w, DSA_IDBR, rows[i].idbr);
		assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), rows[i].error);
	}
}

static void handles(void **s)
{
	unsigned first, second;

	(void)s;
	/* Without the command the number is the handle. */
	assert_int_equal(rd64(&w, DSA_CMDCAP), 0x1ffe);
	assert_int_equal(command(&w, DSA_CMD_REQUEST_IDPT_HANDLE, 0), DSA_CMDERR_INVALID_CMD);
	assert_int_equal(command(&w, DSA_CMD_INVALIDATE_BITMAP, 0), DSA_CMDERR_INVALID_CMD);
	entry(3, GRANT | SUBMITTER | RW, 0, 0, 0);
	assert_int_equal(read_by(3), DSA_COMP_SUCCESS);
	assert_int_equal(read_by(4), DSA_COMP_ID_HANDLE);
	assert_int_equal(read_by(DSA_MODEL_IDPT + 3), DSA_COMP_ID_HANDLE);
	assert_int_equal(handle_in_record(), DSA_MODEL_IDPT + 3);

	up(DSA_FAULT_NONE, true);
	assert_int_equal(rd64(&w, DSA_CMDCAP), 0x3fffe);
	assert_int_equal(command(&w, DSA_CMD_REQUEST_IDPT_HANDLE, DSA_MODEL_IDPT), DSA_CMDERR_IDPT_INDEX);
	assert_int_equal(command(&w, DSA_CMD_RELEASE_IDPT_HANDLE, DSA_MODEL_IDPT), DSA_CMDERR_IDPT_INDEX);
	assert_int_equal(command(&w, DSA_CMD_REQUEST_IDPT_HANDLE, BIT32(16)), DSA_CMDERR_RESERVED);
	assert_int_equal(command(&w, DSA_CMD_INVALIDATE_BITMAP, BIT32(17)), DSA_CMDERR_RESERVED);
	entry(3, GRANT | SUBMITTER | RW, 0, 0, 0);
	assert_int_equal(read_by(3), DSA_COMP_ID_HANDLE);
	first = request(3);
	assert_int_not_equal(first, 3);
	assert_int_equal(request(3), first);
	assert_int_equal(read_by((int)first), DSA_COMP_SUCCESS);
	assert_int_equal(command(&w, DSA_CMD_RELEASE_IDPT_HANDLE, 3), 0);
	assert_int_equal(read_by((int)first), DSA_COMP_ID_HANDLE);
	second = request(3);
	assert_int_not_equal(second, first);
	assert_int_equal(read_by((int)first), DSA_COMP_ID_HANDLE);
	assert_int_equal(handle_in_record(), first);
	assert_int_equal(read_by((int)second), DSA_COMP_SUCCESS);
	/* They end with the device's configuration, and are others after it. */
	assert_int_equal(command(&w, DSA_CMD_RESET_DEVICE, 0), 0);
	assert_false(w.m.idpt[3].granted);
}

static void copy_both_ways(void **s)
{
	(void)s;
	entry(1, GRANT | SUBMITTER | DSA_IDPT_READ, 0, 0, 0);
	entry(2, FIELD_PREP(DSA_IDPT_ACCESS, (uint64_t)OTHER) | DSA_IDPT_USABLE | SUBMITTER | DSA_IDPT_WRITE, 0, 0, 0);
	assert_memory_not_equal(flat_at(IN(OWNER_AT, 0)), flat_at(DATA(1)), SIZE);
	assert_int_equal(read_by(1), DSA_COMP_SUCCESS);
	assert_memory_equal(flat_at(IN(OWNER_AT, 0)), flat_at(DATA(1)), SIZE);
	assert_int_equal(bytes_completed(0), 0);
	/* To another's. */
	assert_int_equal(done(PWQ, between(DSA_OP_ID_COPY, DATA(0), -1, DATA(2), 2, SIZE)), DSA_COMP_SUCCESS);
	assert_memory_equal(flat_at(DATA(0)), flat_at(IN(OTHER_AT, 2)), SIZE);
	/* From one to the other; the same addresses are no overlap. */
	assert_int_equal(done(PWQ, between(DSA_OP_ID_COPY, DATA(3), 1, DATA(3) + 8, 2, SIZE)), DSA_COMP_SUCCESS);
	assert_memory_equal(flat_at(IN(OWNER_AT, 3)), flat_at(IN(OTHER_AT, 3) + 8), SIZE);
}

static void fill_and_compare(void **s)
{
	struct dsa_raw_desc d;

	(void)s;
	entry(1, GRANT | SUBMITTER | RW, 0, 0, 0);
	d = between(DSA_OP_ID_FILL, UINT64_C(0x1122334455667788), -1, DATA(0), 1, 64);
	assert_int_equal(done(PWQ, d), DSA_COMP_SUCCESS);
	assert_int_equal(*flat_at(IN(OWNER_AT, 0) + 63), 0x11);
	d.field[0] |= (uint64_t)DSA_FLAG_FILL16 << 32;
	set_bytes(&d, 40, 0x99, 1);
	assert_int_equal(done(PWQ, d), DSA_COMP_SUCCESS);
	assert_int_equal(*flat_at(IN(OWNER_AT, 0) + 8), 0x99);

	memcpy(flat_at(DATA(4)), flat_at(IN(OWNER_AT, 4)), SIZE);
	d = between(DSA_OP_ID_COMPARE, DATA(4), 1, DATA(4), -1, SIZE);
	assert_int_equal(done(PWQ, d), DSA_COMP_SUCCESS);
	assert_int_equal(flat_at(CR(0))[1], 0);
	*flat_at(IN(OWNER_AT, 4) + 77) ^= 1;
	assert_int_equal(done(PWQ, d), DSA_COMP_SUCCESS);
	assert_int_equal(flat_at(CR(0))[1], 1);
	assert_int_equal(bytes_completed(0), 77);
	d = between(DSA_OP_ID_COMPARE, DATA(4), -1, DATA(4), 1, SIZE);
	d.field[0] |= (uint64_t)IDXD_OP_FLAG_CR << 32;
	assert_int_equal(done(PWQ, d), DSA_COMP_SUCCESS_PRED);

	memset(flat_at(IN(OWNER_AT, 5)), 0x5a, 64);
	d = between(DSA_OP_ID_COMPVAL, DATA(5), 1, UINT64_C(0x5a5a5a5a5a5a5a5a), -1, 64);
	assert_int_equal(done(PWQ, d), DSA_COMP_SUCCESS);
	assert_int_equal(flat_at(CR(0))[1], 0);
	*flat_at(IN(OWNER_AT, 5) + 9) = 0;
	assert_int_equal(done(PWQ, d), DSA_COMP_SUCCESS);
	assert_int_equal(flat_at(CR(0))[1], 1);
}

static void in_a_batch(void **s)
{
	struct dsa_raw_desc children[] = {between(DSA_OP_ID_COPY, DATA(0), 1, DATA(1), -1, SIZE), noop(1),
	                                  update(1, 0, 0, 3), noop(3)};

	(void)s;
	entry(1, GRANT | SUBMITTER | RW | DSA_IDPT_ALLOW_UPDATE, 0, 0, 0);
	children[1] = memmove_desc(1, DATA(0), DATA(2), SIZE);
	children[2] = with_record(children[2], 2);
	assert_int_equal(done(PWQ, batch(4, children)), DSA_COMP_SUCCESS);
	assert_int_equal(status(20), DSA_COMP_BATCH_FAIL);
	assert_memory_equal(flat_at(IN(OWNER_AT, 0)), flat_at(DATA(1)), SIZE);
	/* The next one is at home again. */
	assert_memory_equal(flat_at(DATA(0)), flat_at(DATA(2)), SIZE);
	assert_int_equal(status(2), DSA_COMP_BAD_OPCODE);
	assert_int_equal(status(3), DSA_COMP_SUCCESS);
}

/* The entry takes privilege away or leaves it; it never gives any. */
static void privilege(void **s)
{
	(void)s;
	entry(1, GRANT | SUBMITTER | RW, 0, 0, 0);
	assert_int_equal(read_by(1), DSA_COMP_SUCCESS);
	assert_false(privileged);
	entry(1, GRANT | SUBMITTER | RW | DSA_IDPT_PRIV, 0, 0, 0);
	assert_int_equal(read_by(1), DSA_COMP_SUCCESS);
	assert_true(privileged);
	entry(1, GRANT | FIELD_PREP(DSA_IDPT_SUBMITTER, (uint64_t)OTHER) | RW | DSA_IDPT_PRIV, 0, 0, 0);
	assert_false(enqueue(&w, SWQ, 0, between(DSA_OP_ID_COPY, DATA(0), 1, DATA(1), -1, SIZE), OTHER));
	(void)world_settle(&w);
	assert_int_equal(*flat_at(CR(0) + OTHER_AT), DSA_COMP_SUCCESS);
	assert_false(privileged);
}

static void partial(void **s)
{
	struct dsa_raw_desc d = between(DSA_OP_ID_COPY, DATA(0), -1, DATA(1), 1, 0x2000);
	uint64_t fault;

	(void)s;
	entry(1, GRANT | SUBMITTER | RW, 0, 0, 0);
	may(IN(OWNER_AT, 2), FLAT_READ);
	assert_int_equal(done(PWQ, d), DSA_COMP_PAGE_FAULT_NOBOF | DSA_COMP_STATUS_WRITE);
	memcpy(&fault, flat_at(CR(0) + 8), 8);
	assert_int_equal(fault, DATA(2));
	assert_int_equal(bytes_completed(0), 0x1000);
	assert_int_equal(handle_in_record(), 1);
	assert_int_equal(FIELD_GET(DSA_CR_FAULT_OPERAND, (uint32_t)flat_at(CR(0))[2]), DSA_OPERAND_DESTINATION);
	/* At home there is no handle to name. */
	may(DATA(0), 0);
	assert_int_equal(done(PWQ, d), DSA_COMP_PAGE_FAULT_NOBOF);
	assert_int_equal(handle_in_record(), 0);
	may(DATA(0), FLAT_READ | FLAT_WRITE);
	/* Block on fault asks for the page of whose it is. */
	d.field[0] |= (uint64_t)IDXD_OP_FLAG_BOF << 32;
	assert_int_equal(done(PWQ, d), 0);
	assert_int_equal(requests, 1);
	assert_int_equal(asked.who.pasid, OWNER);
	assert_int_equal(asked.addr, DATA(2));
	assert_true(asked.write);
	assert_int_equal(w.m.idpt[1].users, 1);
	may(IN(OWNER_AT, 2), FLAT_READ | FLAT_WRITE);
	assert_true(dsa_model_page_response(&w.m, asked.group, DSA_PAGE_GRANTED));
	(void)world_settle(&w);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	assert_memory_equal(flat_at(DATA(0)), flat_at(IN(OWNER_AT, 1)), 0x2000);
	assert_int_equal(w.m.idpt[1].users, 0);
}

/* Without a record the errors go to SWERROR, with the handle (9.2.15). */
static void in_swerror(void **s)
{
	struct dsa_raw_desc d = between(DSA_OP_ID_COPY, DATA(0), 0, DATA(1), -1, SIZE);

	(void)s;
	d.field[0] &= ~((uint64_t)CRAV_RCR << 32);
	for (int handle = 0; handle < 0x101; handle += 0x100) {
		set_bytes(&d, 60, (uint64_t)handle, 2);
		run(&w, PWQ, 0, d);
		assert_int_equal(swerror_code(&w), DSA_COMP_ID_HANDLE);
		assert_true(rd64(&w, DSA_SWERROR) & DSA_SWERROR_INFO_VALID);
		assert_int_equal(FIELD_GET(DSA_SWERROR_INFO, rd64(&w, DSA_SWERROR + 8)), handle);
		wr(&w, DSA_SWERROR, 3);
	}
	entry(7, GRANT | SUBMITTER | RW, 0, 0, 0);
	may(IN(OWNER_AT, 0), 0);
	set_bytes(&d, 60, 7, 2);
	run(&w, PWQ, 0, d);
	assert_int_equal(swerror_code(&w), DSA_COMP_PAGE_FAULT_NOBOF);
	assert_int_equal(FIELD_GET(DSA_SWERROR_INFO, rd64(&w, DSA_SWERROR + 8)),
	                 FIELD_PREP(DSA_INFO_OPERAND, (uint32_t)DSA_OPERAND_SOURCE) | 7);
	assert_int_equal(FIELD_GET(DSA_SWERROR_PASID, rd64(&w, DSA_SWERROR)), PWQ_PASID);
}

static void counted(void **s)
{
	static const struct {
		unsigned category;
		uint32_t events;
		uint64_t count;
	} rows[] = {{DSA_EVENTS_OPERATION2, 0xf, 3},
	            {DSA_EVENTS_OPERATION2, BIT32(DSA_OP_ID_FILL - DSA_OP_ID_COPY), 1},
	            {DSA_EVENTS_OPERATION2, DSA_EVENT_UPDATE_WINDOW, 1},
	            {DSA_EVENTS_OPERATION, 0x7ffff, 0},
	            {DSA_EVENTS_ENGINE, DSA_EVENT_BITMAP_ALLOWED, 1},
	            {DSA_EVENTS_ENGINE, DSA_EVENT_BITMAP_DENIED, 1}};

	(void)s;
	assert_int_equal(FIELD_GET(DSA_PERFCAP_CATEGORIES, rd64(&w, DSA_MODEL_PERFMON + DSA_PERFCAP)), 6);
	assert_int_equal(rd64(&w, DSA_MODEL_PERFMON + DSA_EVNTCAP(DSA_EVENTS_OPERATION2)), 0x40f);
	assert_int_equal(rd64(&w, DSA_MODEL_PERFMON + DSA_EVNTCAP(DSA_EVENTS_ENGINE)), 0x7ff);
	for (unsigned c = 0; c < ARRAY_SIZE(rows); c++)
		wr64(&w, DSA_MODEL_PERFMON + DSA_CNTRCFG(c),
		     DSA_CNTRCFG_ENABLE | FIELD_PREP(DSA_CNTRCFG_CATEGORY, (uint64_t)rows[c].category) |
		             FIELD_PREP(DSA_CNTRCFG_EVENTS, (uint64_t)rows[c].events));
	entry(1, GRANT | MULTI | RW | DSA_IDPT_ALLOW_UPDATE, 0, 0, BITMAP);
	assert_int_equal(read_by(1), DSA_COMP_ID_HANDLE);
	*flat_at(BITMAP_BIT) = BIT32(PWQ_PASID % 8);
	assert_int_equal(read_by(1), DSA_COMP_SUCCESS);
	entry(2, GRANT | SUBMITTER | RW, 0, 0, 0);
	assert_int_equal(read_by(2), DSA_COMP_SUCCESS);
	assert_int_equal(done(PWQ, between(DSA_OP_ID_FILL, 0, -1, DATA(1), 2, SIZE)), DSA_COMP_SUCCESS);
	assert_int_equal(done(DWQ, update(1, 0, 0, 3)), DSA_COMP_SUCCESS);
	for (unsigned c = 0; c < ARRAY_SIZE(rows); c++)
		assert_int_equal(rd64(&w, DSA_MODEL_PERFMON + DSA_CNTRDATA(c)), rows[c].count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(registers, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(locks, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(bitmap_pasid_checked, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(handles, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(copy_both_ways, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(fill_and_compare, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(in_a_batch, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(privilege, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(partial, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(in_swerror, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(counted, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
