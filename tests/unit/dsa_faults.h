/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the test_dsa_model_faults*.c show that each fault (faults.h) does what it says: a scenario ends in one number,
 * which is the right one on right hardware and the wrong one where the fault is in.
 */
#ifndef TESTS_UNIT_DSA_FAULTS_H
#define TESTS_UNIT_DSA_FAULTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dsa_world.h"

struct fault_row {
	enum dsa_fault fault;
	uint64_t (*scenario)(struct world *w);
	uint64_t right, wrong;
};

static inline void fault_rows_show(struct world *w, const struct fault_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const enum dsa_fault faults[] = {DSA_FAULT_NONE, rows[i].fault};
		const uint64_t want[] = {rows[i].right, rows[i].wrong};

		for (size_t k = 0; k < ARRAY_SIZE(faults); k++) {
			uint64_t got;

			world_up(w, faults[k]);
			memset(flat_at(CR(0)), 0, FLAT_PAGE);
			got = rows[i].scenario(w);
			if (got != want[k])
				fail_msg("%s, %s it: 0x%llx instead of 0x%llx", dsa_fault_name((int)rows[i].fault),
				         k ? "with" : "without", (unsigned long long)got, (unsigned long long)want[k]);
		}
	}
}

/* Each fault from first to last has a row: see the order in faults.h. */
static inline void fault_rows_cover(const struct fault_row *rows, size_t count, enum dsa_fault first,
                                    enum dsa_fault last)
{
	for (int n = (int)first; n <= (int)last; n++) {
		bool found = false;

		for (size_t i = 0; i < count; i++)
			found |= (int)rows[i].fault == n;
		if (!found)
			fail_msg("%s is not shown by any test", dsa_fault_name(n));
	}
}

static inline void run(struct world *w, unsigned wq, uint64_t page, struct dsa_raw_desc d)
{
	(void)post(w, wq, page, &d);
	(void)world_settle(w);
}

static inline uint64_t noop_status(struct world *w)
{
	run(w, DWQ, 0, noop(0));
	return status(0);
}

/* A NOOP that asks for an interrupt. */
static inline struct dsa_raw_desc interrupting(uint16_t handle)
{
	struct dsa_raw_desc d = noop(0);

	d.field[0] |= (uint64_t)IDXD_OP_FLAG_RCI << 32;
	d.field[4] |= (uint64_t)handle << 32;
	return d;
}

static inline struct dsa_raw_desc batch(unsigned count, const struct dsa_raw_desc *children)
{
	memcpy(flat_at(LIST), children, count * sizeof(*children));
	return with_record(descriptor(DSA_OPCODE_BATCH, 0, LIST, 0, count), 20);
}

static inline void ims(struct world *w, unsigned n, uint32_t ctrl)
{
	const uint64_t at = DSA_MODEL_IMS_TABLE + DSA_IMS_STRIDE * (uint64_t)n;

	wr(w, at + DSA_IMS_DATA, n);
	wr(w, at + DSA_IMS_CTRL, ctrl);
}

#endif
