/* SPDX-License-Identifier: BSD-2-Clause */
/* Traffic classes of the DSA model: the two of a group, and what uses one that no virtual channel has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dsa_world.h"

#define TC_A 3U
#define TC_B 6U

static struct world w;

static void unmap(uint8_t classes)
{
	struct dsa_model_pci pci = w.m.pci;

	pci.unmapped = classes;
	dsa_model_pci_changed(&w.m, &pci);
}

/* The group of all WQs has these two; the other groups, and so their engines, others. */
static int up(void **s)
{
	(void)s;
	world_start(&w, DSA_FAULT_NONE, false);
	world_pci(&w, true, false);
	world_configure(&w);
	wr64(&w, grpflags_at(0),
	     rd64(&w, grpflags_at(0)) | FIELD_PREP(DSA_GRPFLAGS_TC_A, TC_A) | FIELD_PREP(DSA_GRPFLAGS_TC_B, TC_B));
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	for (unsigned wq = 0; wq < WQS_IN_USE; wq++)
		assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, wq), 0);
	return 0;
}

static uint8_t status_of(struct dsa_raw_desc d)
{
	assert_false(post(&w, DWQ, 0, &d));
	(void)world_settle(&w);
	return status(0);
}

static uint8_t move(uint32_t selectors)
{
	struct dsa_raw_desc d = memmove_desc(0, DATA(0), DATA(2), 64);

	d.field[0] |= (uint64_t)selectors << 32;
	*flat_at(DATA(0)) = 0x11;
	*flat_at(DATA(2)) = 0;
	*flat_at(CR(0)) = 0;
	(void)status_of(d);
	/* Without a way for the record there is none, and SWERROR says why (5.4). */
	assert_int_equal(swerror_code(&w), status(0) ? 0 : DSA_COMP_TRAFFIC_CLASS_CONF);
	wr(&w, DSA_SWERROR, DSA_SWERROR_VALID | DSA_SWERROR_OVERFLOW);
	/* A check: all is as it was. */
	assert_int_equal(*flat_at(DATA(2)), status(0) == DSA_COMP_SUCCESS ? 0x11 : 0);
	return status(0);
}

static void classes_of_the_group(void **s)
{
	const uint32_t all = IDXD_OP_FLAG_ADDR1_TCS | IDXD_OP_FLAG_ADDR2_TCS | IDXD_OP_FLAG_CR_TCS;

	(void)s;
	for (unsigned tc = 0; tc < 8; tc++) {
		const uint8_t bad = DSA_COMP_TRAFFIC_CLASS_CONF, good = DSA_COMP_SUCCESS;

		unmap((uint8_t)BIT32(tc));
		assert_int_equal(move(0), tc == TC_A ? 0 : good);
		assert_int_equal(move(all), tc == TC_B ? 0 : good);
		assert_int_equal(move(IDXD_OP_FLAG_ADDR2_TCS), tc == TC_A ? 0 : tc == TC_B ? bad : good);
		assert_int_equal(move(IDXD_OP_FLAG_CR_TCS), tc == TC_B ? 0 : tc == TC_A ? bad : good);
	}
	/* No change of the device's own configuration: it goes on. */
	unmap(0);
	assert_int_equal(rd(&w, DSA_GENSTS) & DSA_GENSTS_STATE, DSA_STATE_ENABLED);
	assert_int_equal(swerror_code(&w), 0);
	assert_int_equal(move(0), DSA_COMP_SUCCESS);
}

static void batch(void **s)
{
	struct dsa_raw_desc children[2] = {noop(1), noop(2)};
	struct dsa_raw_desc d = with_record(descriptor(DSA_OPCODE_BATCH, 0, LIST, 0, 2), 0);

	(void)s;
	children[1].field[0] |= (uint64_t)IDXD_OP_FLAG_CR_TCS << 32;
	memcpy(flat_at(LIST), children, sizeof(children));
	assert_int_equal(status_of(d), DSA_COMP_SUCCESS);
	unmap(BIT32(TC_B));
	memset(flat_at(CR(1)), 0, 2 * (size_t)DSA_CR_SIZE);
	assert_int_equal(status_of(d), DSA_COMP_BATCH_FAIL);
	assert_int_equal(status(1), DSA_COMP_SUCCESS);
	assert_int_equal(status(2), 0);
	assert_int_equal(swerror_code(&w), DSA_COMP_TRAFFIC_CLASS_CONF);
	/* The list has a class as well. */
	memset(flat_at(CR(1)), 0, 2 * (size_t)DSA_CR_SIZE);
	d.field[0] |= (uint64_t)IDXD_OP_FLAG_ADDR1_TCS << 32;
	assert_int_equal(status_of(d), DSA_COMP_TRAFFIC_CLASS_CONF);
	assert_int_equal(status(1), 0);
}

static void without_record(void **s)
{
	struct dsa_raw_desc d = descriptor(DSA_OPCODE_MEMMOVE, 0, DATA(0), DATA(2), 64);

	(void)s;
	unmap(BIT32(TC_A));
	assert_false(post(&w, DWQ, 0, &d));
	(void)world_settle(&w);
	assert_int_equal(swerror_code(&w), DSA_COMP_TRAFFIC_CLASS_CONF);
	assert_int_equal(FIELD_GET(DSA_SWERROR_OPCODE, rd64(&w, DSA_SWERROR)), DSA_OPCODE_MEMMOVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(classes_of_the_group, up),
	        cmocka_unit_test_setup(batch, up),
	        cmocka_unit_test_setup(without_record, up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
