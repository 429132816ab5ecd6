/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the test_dsa_model_slots*.c share: a device that may block, whose descriptors can be made to wait for a page.
 * Such a one stands for any that takes long.
 */
#ifndef TESTS_UNIT_DSA_SLOTS_H
#define TESTS_UNIT_DSA_SLOTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dsa_world.h"

#define BOF   ((uint64_t)IDXD_OP_FLAG_BOF << 32)
#define FENCE ((uint64_t)IDXD_OP_FLAG_FENCE << 32)
#define AWAY  DATA(10) /* a page that is not there; and a second one */
#define AWAY2 DATA(11)

static struct world w;
static struct dsa_model_ops ops;
static uint16_t groups[DSA_MODEL_SLOTS];
static unsigned requests;

static inline void page_request(void *ctx, const struct dsa_page_request *request)
{
	(void)ctx;
	for (unsigned i = 0; i < requests; i++)
		assert_int_not_equal(groups[i], request->group);
	groups[requests++] = request->group;
}

static inline void may(uint64_t addr, uint8_t perm)
{
	flat_perm[(addr - FLAT_BASE) / FLAT_PAGE] = perm;
}

/* All WQs may block, and share engine 0 (or those of the bitmap). */
static inline void up_with(uint64_t engines, bool version2)
{
	const struct dsa_model_pci pci = {.bus_master = true,
	                                  .pasid = true,
	                                  .ats = true,
	                                  .prs = true,
	                                  .prs_capacity = 512,
	                                  .prs_allocation = 512};

	requests = 0;
	version2 ? world_start2(&w, DSA_FAULT_NONE, false) : world_start(&w, DSA_FAULT_NONE, false);
	ops = *w.m.ops;
	ops.page_request = page_request;
	w.m.ops = &ops;
	dsa_model_pci_changed(&w.m, &pci);
	world_configure(&w);
	for (unsigned wq = 0; wq < WQS_IN_USE; wq++) {
		wqcfg_set(&w, wq, 0, 40);
		wqcfg_set(&w, wq, 2, wqcfg(&w, wq, 2) | DSA_WQCFG2_BOF);
	}
	grpcfg_set(&w, 0, BIT64(DWQ) | BIT64(SWQ) | BIT64(PWQ), engines);
	wr(&w, DSA_GENCFG, DSA_MODEL_READ_BUFFERS | DSA_GENCFG_USER_INT);
	memset(flat_at(CR(0)), 0, FLAT_PAGE);
	may(AWAY, 0);
	may(AWAY2, 0);
}

static inline void enable(void)
{
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	for (unsigned wq = 0; wq < WQS_IN_USE; wq++)
		assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, wq), 0);
}

static inline void up(uint64_t engines)
{
	up_with(engines, false);
	enable();
}

static inline int tear_down(void **s)
{
	(void)s;
	assert_null(world_invariants(&w));
	dsa_model_free(&w.m);
	return 0;
}

static inline void answer(enum dsa_page_answer what)
{
	may(AWAY, FLAT_READ | FLAT_WRITE);
	may(AWAY2, FLAT_READ | FLAT_WRITE);
	for (unsigned i = 0; i < requests; i++)
		(void)dsa_model_page_response(&w.m, groups[i], what);
	requests = 0;
	(void)world_settle(&w);
}

static inline struct dsa_raw_desc fill(unsigned n, uint64_t to, uint8_t byte, uint32_t size)
{
	struct dsa_raw_desc d = descriptor(DSA_OPCODE_MEMFILL, 0, UINT64_C(0x0101010101010101) * byte, to, size);

	d.field[0] |= BOF;
	return with_record(d, n);
}

/* Writes the last byte before the page that is away, and then that page. */
static inline struct dsa_raw_desc blocked(unsigned n, uint8_t byte)
{
	return fill(n, AWAY - 1, byte, 2);
}

static inline void submit(unsigned wq, uint64_t page, struct dsa_raw_desc d)
{
	assert_false(wq == SWQ ? enqueue(&w, SWQ, page, d, SWQ_PASID) : post(&w, wq, page, &d));
}

static inline unsigned done(unsigned from, unsigned to)
{
	unsigned n = 0;

	for (unsigned i = from; i < to; i++)
		n += status(i) == DSA_COMP_SUCCESS;
	return n;
}

static inline unsigned occupancy(unsigned wq)
{
	return FIELD_GET(DSA_WQCFG6_OCCUPANCY, wqcfg(&w, wq, 6));
}

static inline void list(unsigned at, struct dsa_raw_desc d)
{
	memcpy(flat_at(LIST) + (size_t)at * DSA_DESC_SIZE, &d, sizeof(d));
}

static inline struct dsa_raw_desc batch(unsigned n, unsigned from, unsigned count)
{
	return with_record(descriptor(DSA_OPCODE_BATCH, 0, LIST + (uint64_t)from * DSA_DESC_SIZE, 0, count), n);
}

#define SLOT_TEST(name) cmocka_unit_test_teardown(name, tear_down)

#endif
