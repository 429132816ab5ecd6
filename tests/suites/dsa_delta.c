/* SPDX-License-Identifier: BSD-2-Clause */
/* Delta records: what is created from two buffers makes, applied to the first, the second. */
#include "tests/suites/dsa.h"

#define SIZE  4096U
#define DELTA 10U /* bytes of one delta: where, in units of 8, and what (5.6) */

static struct dsa_buf one, two, record;

static void setup(void)
{
	if (!dsa_has_opcode(test_dsa(), DSA_OPCODE_CR_DELTA) || !dsa_has_opcode(test_dsa(), DSA_OPCODE_AP_DELTA))
		SKIP("OPCAP lacks delta records");
	one = test_buf(SIZE);
	two = test_buf(SIZE);
	record = test_buf(SIZE * 2);
	random_bytes(one.cpu, SIZE);
	memcpy(two.cpu, one.cpu, SIZE);
}

static unsigned create(uint32_t room)
{
	struct dsa_hw_desc d;

	dsa_desc_init(&d, DSA_OPCODE_CR_DELTA, test_cr_dma(0));
	d.src_addr = one.dma;
	d.src2_addr = two.dma;
	d.xfer_size = SIZE;
	d.delta_addr = record.dma;
	d.max_delta_size = room;
	return test_execute(&d);
}

TEST(dsa_delta_equal, "dsa.op.delta.equal", NEEDS_SUBMIT, "DSA 8.3.8")
{
	setup();
	EXPECT_EQ(DSA_COMP_SUCCESS, create(800));
	EXPECT_EQ(0, test_cr(0)->result);
	EXPECT_EQ(0, test_cr(0)->delta_rec_size);
}

TEST(dsa_delta_round, "dsa.op.delta.create_and_apply", NEEDS_SUBMIT, "DSA 8.3.8, 8.3.9")
{
	struct dsa_hw_desc d;

	setup();
	for (unsigned i = 0; i < 20; i++)
		((uint8_t *)two.cpu)[(i * 211) % SIZE] ^= 0x5a;
	EXPECT_EQ(DSA_COMP_SUCCESS, create(800));
	EXPECT_EQ(1, test_cr(0)->result);
	EXPECT_EQ(20 * DELTA, test_cr(0)->delta_rec_size);
	dsa_desc_init(&d, DSA_OPCODE_AP_DELTA, test_cr_dma(0));
	d.src_addr = record.dma;
	d.dst_addr = one.dma;
	d.xfer_size = SIZE;
	d.delta_rec_size = 20 * DELTA;
	test_execute_ok(&d);
	EXPECT_MEM_EQ(two.cpu, one.cpu, SIZE);
}

TEST(dsa_delta_too_small, "dsa.op.delta.record_too_small", NEEDS_SUBMIT, "DSA 8.3.8")
{
	setup();
	random_bytes(two.cpu, SIZE);
	EXPECT_EQ(DSA_COMP_SUCCESS, create(80));
	EXPECT_EQ(2, test_cr(0)->result);
	EXPECT_LE(80, test_cr(0)->delta_rec_size);
}

/* Two deltas with these offsets, applied to a buffer of SIZE bytes. */
static unsigned apply(uint16_t first, uint16_t second, uint32_t size)
{
	uint8_t *to = record.cpu;
	struct dsa_hw_desc d;

	memset(to, 0x5a, 2 * (size_t)DELTA);
	memcpy(to, &first, sizeof(first));
	memcpy(to + DELTA, &second, sizeof(second));
	dsa_desc_init(&d, DSA_OPCODE_AP_DELTA, test_cr_dma(0));
	d.src_addr = record.dma;
	d.dst_addr = one.dma;
	d.xfer_size = SIZE;
	d.delta_rec_size = size;
	return test_execute(&d);
}

TEST(dsa_delta_bad, "dsa.op.delta.bad_records", NEEDS_SUBMIT, "DSA 5.8, 8.3.8, 8.3.9")
{
	setup();
	EXPECT_EQ(DSA_COMP_SUCCESS, apply(1, 2, 2 * DELTA));
	test_context("offsets that do not ascend");
	EXPECT_EQ(DSA_COMP_DR_OFFSET_NOINC, apply(2, 2, 2 * DELTA));
	EXPECT_EQ(DSA_COMP_DR_OFFSET_NOINC, apply(2, 1, 2 * DELTA));
	test_context("the last offset there is, and the one behind it");
	EXPECT_EQ(DSA_COMP_SUCCESS, apply(1, SIZE / 8 - 1, 2 * DELTA));
	EXPECT_EQ(DSA_COMP_DR_OFFSET_ERANGE, apply(1, SIZE / 8, 2 * DELTA));
	test_context("sizes of the record");
	EXPECT_EQ(DSA_COMP_DR_ERANGE, apply(1, 2, DELTA - 1));
	EXPECT_EQ(DSA_COMP_DR_ERANGE, create(79));
}
