/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compare and compare immediate: result 0 for equal, 1 for different, where the first difference is, and the status
 * that the check-result flag makes of it. The operands are not touched.
 */
#include "tests/suites/dsa.h"

#define SIZE 4096U

static struct dsa_buf one, two;

static void operands(unsigned opcode)
{
	if (!dsa_has_opcode(test_dsa(), opcode))
		SKIP("OPCAP lacks %s", dsa_opcode_name(opcode));
	one = test_buf(2 * SIZE);
	two = test_buf(2 * SIZE);
	random_bytes(one.cpu, SIZE);
	memcpy(two.cpu, one.cpu, SIZE);
}

static unsigned compare(size_t offset, size_t size)
{
	struct dsa_hw_desc d;

	dsa_desc_compare(&d, test_cr_dma(0), one.dma + offset, two.dma + offset, (uint32_t)size);
	return test_execute(&d);
}

TEST(dsa_compare_equal, "dsa.op.compare.equal", NEEDS_SUBMIT, "DSA 8.3.6")
{
	static const uint16_t sizes[] = {1, 7, 8, 63, 64, 65, 1000, SIZE - 1};

	operands(DSA_OPCODE_COMPARE);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		test_context("%u bytes", sizes[i]);
		/* What lies behind the operands differs. */
		((uint8_t *)two.cpu)[sizes[i] + 1] ^= 1;
		EXPECT_EQ(DSA_COMP_SUCCESS, compare(1, sizes[i]));
		EXPECT_EQ(0, test_cr(0)->result);
		EXPECT_EQ(0, test_cr(0)->bytes_completed);
		((uint8_t *)two.cpu)[sizes[i] + 1] ^= 1;
	}
}

TEST(dsa_compare_different, "dsa.op.compare.first_difference", NEEDS_SUBMIT, "DSA 8.3.6")
{
	static const uint16_t places[] = {0, 1, 7, 8, 63, 64, 1000, SIZE - 2, SIZE - 1};

	operands(DSA_OPCODE_COMPARE);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		test_context("difference at %u", places[i]);
		((uint8_t *)two.cpu)[places[i]] ^= 0x80;
		EXPECT_EQ(DSA_COMP_SUCCESS, compare(0, SIZE));
		EXPECT_EQ(1, test_cr(0)->result);
		EXPECT_EQ(places[i], test_cr(0)->bytes_completed);
		((uint8_t *)two.cpu)[places[i]] ^= 0x80;
	}
	/* Of two, the first. */
	((uint8_t *)two.cpu)[100] ^= 1;
	((uint8_t *)two.cpu)[50] ^= 1;
	EXPECT_EQ(DSA_COMP_SUCCESS, compare(0, SIZE));
	EXPECT_EQ(50, test_cr(0)->bytes_completed);
}

TEST(dsa_compare_check, "dsa.op.compare.check_result", NEEDS_SUBMIT, "DSA 8.3.6")
{
	struct dsa_hw_desc d;

	operands(DSA_OPCODE_COMPARE);
	for (unsigned different = 0; different < 2; different++) {
		for (uint8_t expected = 0; expected < 2; expected++) {
			test_context("different %u, expected %u", different, expected);
			((uint8_t *)two.cpu)[10] = (uint8_t)(((uint8_t *)one.cpu)[10] ^ different);
			dsa_desc_compare(&d, test_cr_dma(0), one.dma, two.dma, 64);
			dsa_desc_expect(&d, expected);
			EXPECT_EQ(different == expected ? DSA_COMP_SUCCESS : DSA_COMP_SUCCESS_PRED, test_execute(&d));
			EXPECT_EQ(different, test_cr(0)->result);
		}
	}
}

TEST(dsa_compval, "dsa.op.compval", NEEDS_SUBMIT, "DSA 8.3.7")
{
	const uint64_t pattern = UINT64_C(0x0123456789abcdef);
	struct dsa_hw_desc d;
	uint8_t *bytes;

	operands(DSA_OPCODE_COMPVAL);
	bytes = one.cpu;
	for (unsigned i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)(pattern >> (8 * (i % 8)));
	dsa_desc_compval(&d, test_cr_dma(0), one.dma, pattern, SIZE - 3);
	test_execute_ok(&d);
	EXPECT_EQ(0, test_cr(0)->result);
	for (unsigned at = 0; at < SIZE - 3; at += 509) {
		test_context("difference at %u", at);
		bytes[at] ^= 4;
		test_execute_ok(&d);
		EXPECT_EQ(1, test_cr(0)->result);
		/* May be less, never more (8.3.7). */
		EXPECT_LE(at, test_cr(0)->bytes_completed);
		bytes[at] ^= 4;
	}
	dsa_desc_expect(&d, 1);
	EXPECT_EQ(DSA_COMP_SUCCESS_PRED, test_execute(&d));
}
