/* SPDX-License-Identifier: BSD-2-Clause */
/* Page requests (3.13.2): who asks, who waits meanwhile, and what each answer does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dsa_world.h"

#define BOF  (CRAV_RCR | IDXD_OP_FLAG_BOF)
#define SIZE 0x3000U

static struct world w;
static struct dsa_model_ops ops;
static struct dsa_page_request asked;
static unsigned requests;
static enum dsa_page_answer at_once;
static bool answers_at_once;

static void page_request(void *ctx, const struct dsa_page_request *request)
{
	(void)ctx;
	asked = *request;
	requests++;
	if (answers_at_once)
		assert_true(dsa_model_page_response(&w.m, request->group, at_once));
}

/* DWQ and PWQ may block; SWQ has engine 1 for itself. */
static int set_up(void **s)
{
	const struct dsa_model_pci pci = {.bus_master = true,
	                                  .pasid = true,
	                                  .ats = true,
	                                  .prs = true,
	                                  .prs_capacity = 512,
	                                  .prs_allocation = 512};

	(void)s;
	requests = 0;
	answers_at_once = false;
	world_start(&w, DSA_FAULT_NONE, false);
	ops = *w.m.ops;
	ops.page_request = page_request;
	w.m.ops = &ops;
	dsa_model_pci_changed(&w.m, &pci);
	world_configure(&w);
	wqcfg_set(&w, DWQ, 2, wqcfg(&w, DWQ, 2) | DSA_WQCFG2_BOF);
	wqcfg_set(&w, PWQ, 2, wqcfg(&w, PWQ, 2) | DSA_WQCFG2_BOF);
	grpcfg_set(&w, 0, BIT64(DWQ) | BIT64(PWQ), 1);
	grpcfg_set(&w, 1, BIT64(SWQ), 2);
	wr(&w, DSA_GENCFG, DSA_MODEL_READ_BUFFERS | DSA_GENCFG_USER_INT);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	for (unsigned wq = 0; wq < WQS_IN_USE; wq++)
		assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, wq), 0);
	return 0;
}

static int tear_down(void **s)
{
	(void)s;
	dsa_model_free(&w.m);
	return 0;
}

static void may(uint64_t addr, uint8_t perm)
{
	flat_perm[(addr - FLAT_BASE) / FLAT_PAGE] = perm;
}

static void respond(enum dsa_page_answer answer)
{
	assert_true(dsa_model_page_response(&w.m, asked.group, answer));
	(void)world_settle(&w);
}

/* A move of three pages of which the second source page is away. */
static void move(unsigned wq, uint32_t flags)
{
	struct dsa_raw_desc d = memmove_desc(0, DATA(0), DATA(8), SIZE);

	d.field[0] |= (uint64_t)flags << 32;
	may(DATA(1), 0);
	assert_false(post(&w, wq, 0, &d));
	(void)world_settle(&w);
}

static void granted(void **s)
{
	struct dsa_raw_desc d = noop(1);

	(void)s;
	move(PWQ, BOF);
	assert_int_equal(requests, 1);
	assert_int_equal(asked.addr, DATA(1));
	assert_int_equal(asked.who.pasid, PWQ_PASID);
	assert_false(asked.write || asked.who.priv);
	assert_int_equal(status(0), 0);
	/* What is before the page is there; the rest of the device goes on, and of the engine, too. */
	assert_memory_equal(flat_at(DATA(0)), flat_at(DATA(8)), 0x1000);
	assert_false(enqueue(&w, SWQ, 0, d, SWQ_PASID));
	d = noop(2);
	assert_false(post(&w, DWQ, 0, &d));
	(void)world_settle(&w);
	assert_int_equal(status(1), DSA_COMP_SUCCESS);
	assert_int_equal(status(2), DSA_COMP_SUCCESS);
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	(void)world_settle(&w);
	assert_true(rd(&w, DSA_CMDSTS) & DSA_CMDSTS_ACTIVE);

	assert_false(dsa_model_page_response(&w.m, asked.group + 1, DSA_PAGE_GRANTED));
	may(DATA(1), FLAT_READ);
	respond(DSA_PAGE_GRANTED);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	assert_memory_equal(flat_at(DATA(0)), flat_at(DATA(8)), SIZE);
	assert_int_equal(rd(&w, DSA_CMDSTS), 0);
	assert_int_equal(requests, 1);
	assert_false(dsa_model_page_response(&w.m, asked.group, DSA_PAGE_GRANTED));
}

static void each_page_asked_for(void **s)
{
	struct dsa_raw_desc d = memmove_desc(0, DATA(0), DATA(8), SIZE);

	(void)s;
	d.field[0] |= (uint64_t)BOF << 32;
	for (unsigned i = 0; i < 3; i++) {
		may(DATA(i), 0);
		may(DATA(8 + i), FLAT_READ);
	}
	assert_false(post(&w, DWQ, 0, &d));
	(void)world_settle(&w);
	while (!status(0)) {
		assert_true(requests <= 6);
		may(asked.addr, FLAT_READ | FLAT_WRITE);
		respond(DSA_PAGE_GRANTED);
	}
	assert_int_equal(requests, 6);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	assert_memory_equal(flat_at(DATA(0)), flat_at(DATA(8)), SIZE);
}

static void invalid(void **s)
{
	uint64_t fault;

	(void)s;
	move(DWQ, BOF);
	respond(DSA_PAGE_INVALID);
	assert_int_equal(status(0), DSA_COMP_PAGE_FAULT_IR);
	assert_int_equal(bytes_completed(0), 0x1000);
	memcpy(&fault, flat_at(CR(0)) + 8, sizeof(fault));
	assert_int_equal(fault, DATA(1));
	assert_int_equal(swerror_code(&w), 0);
}

static void failed(void **s)
{
	(void)s;
	move(DWQ, BOF);
	respond(DSA_PAGE_FAILED);
	assert_int_equal(status(0), DSA_COMP_TRANSLATION_FAIL);
	assert_int_equal(swerror_code(&w), DSA_COMP_TRANSLATION_FAIL);
	/* The host had enough: nothing is asked any more. */
	move(DWQ, BOF);
	assert_int_equal(status(0), DSA_COMP_TRANSLATION_FAIL);
	assert_int_equal(requests, 1);
}

/* The status says that a write faulted only for faults (8.2.1). */
static void failed_write(void **s)
{
	struct dsa_raw_desc d = memmove_desc(0, DATA(0), DATA(8), 64);

	(void)s;
	d.field[0] |= (uint64_t)BOF << 32;
	may(DATA(8), FLAT_READ);
	assert_false(post(&w, DWQ, 0, &d));
	(void)world_settle(&w);
	assert_true(asked.write);
	respond(DSA_PAGE_FAILED);
	assert_int_equal(status(0), DSA_COMP_TRANSLATION_FAIL);
	assert_int_equal(swerror_code(&w), DSA_COMP_TRANSLATION_FAIL);
	assert_false(rd64(&w, DSA_SWERROR) & DSA_SWERROR_WRITE);
}

static void not_asked(void **s)
{
	(void)s;
	move(DWQ, CRAV_RCR);
	assert_int_equal(status(0), DSA_COMP_PAGE_FAULT_NOBOF);
	assert_int_equal(requests, 0);
}

static void granted_in_vain(void **s)
{
	(void)s;
	answers_at_once = true;
	at_once = DSA_PAGE_GRANTED;
	move(DWQ, BOF);
	assert_int_equal(status(0), DSA_COMP_PAGE_FAULT_IR);
	assert_in_range(requests, 2, 100);
}

static void completion_record(void **s)
{
	struct dsa_raw_desc d = noop(0);

	(void)s;
	may(CR(0), FLAT_READ);
	assert_false(post(&w, DWQ, 0, &d));
	(void)world_settle(&w);
	assert_true(requests == 1 && asked.write && asked.addr == FLAT_BASE + 0x1000);
	may(CR(0), FLAT_READ | FLAT_WRITE);
	respond(DSA_PAGE_GRANTED);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	d = noop(0);
	may(CR(0), FLAT_READ);
	assert_false(post(&w, DWQ, 0, &d));
	(void)world_settle(&w);
	respond(DSA_PAGE_INVALID);
	assert_int_equal(swerror_code(&w), DSA_COMP_CRA_XLAT);
	assert_int_equal(status(0), 0);
}

static void descriptor_list(void **s)
{
	struct dsa_raw_desc d = with_record(descriptor(DSA_OPCODE_BATCH, 0, LIST, 0, 2), 0);

	(void)s;
	memset(flat_at(LIST), 0, sizeof(d) * 2);
	may(LIST, 0);
	assert_false(post(&w, DWQ, 0, &d));
	(void)world_settle(&w);
	assert_true(requests == 1 && !asked.write && asked.addr == LIST);
	respond(DSA_PAGE_INVALID);
	assert_int_equal(status(0), DSA_COMP_BATCH_PAGE_FAULT);
	d = with_record(d, 0);
	assert_false(post(&w, DWQ, 0, &d));
	(void)world_settle(&w);
	may(LIST, FLAT_READ);
	respond(DSA_PAGE_GRANTED);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
}

/* Reset and halt end what waits, without a trace. */
static void lost(void **s)
{
	(void)s;
	for (unsigned halt = 0; halt < 2; halt++) {
		tear_down(s);
		set_up(s);
		move(DWQ, BOF);
		may(DATA(1), FLAT_READ | FLAT_WRITE);
		if (halt)
			world_pci(&w, true, false);
		else
			dsa_model_reset(&w.m);
		assert_false(dsa_model_page_response(&w.m, asked.group, DSA_PAGE_GRANTED));
		(void)world_settle(&w);
		assert_int_equal(status(0), 0);
		assert_int_equal(swerror_code(&w), halt ? DSA_SWERR_CONFIG_CHANGED : 0);
		assert_null(world_invariants(&w));
	}
}

static void one_at_a_time(void **s)
{
	struct dsa_raw_desc d = noop(128); /* a record in another page */

	(void)s;
	w.m.pci.prs_allocation = 1;
	move(DWQ, BOF);
	may(CR(128), 0);
	assert_false(enqueue(&w, SWQ, 0, d, SWQ_PASID));
	world_advance(&w, 50000);
	assert_int_equal(requests, 1);
	may(DATA(1), FLAT_READ);
	assert_true(dsa_model_page_response(&w.m, asked.group, DSA_PAGE_GRANTED));
	world_advance(&w, 50000);
	assert_int_equal(requests, 2);
	assert_int_equal(asked.who.pasid, SWQ_PASID);
	may(CR(128), FLAT_READ | FLAT_WRITE);
	respond(DSA_PAGE_GRANTED);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	assert_int_equal(status(128), DSA_COMP_SUCCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(granted, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(each_page_asked_for, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(invalid, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(failed, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(failed_write, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(not_asked, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(granted_in_vain, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(completion_record, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(descriptor_list, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(lost, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(one_at_a_time, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
