/* SPDX-License-Identifier: BSD-2-Clause */
/* OPCFG: a WQ takes no operation that its owner has not allowed, in a batch no more than alone. */
#include "tests/suites/dsa2.h"

#define NEEDS_ALL (NEEDS_SUBMIT | NEEDS_CONFIG | NEEDS_OPCFG)

static struct dsa *dsa(void)
{
	return test_dsa();
}

static uint64_t opcfg(unsigned wq, unsigned word)
{
	const uint32_t low = dsa_wqcfg_read(dsa(), wq, DSA_WQCFG_OPCFG + 2 * word);

	return low | (uint64_t)dsa_wqcfg_read(dsa(), wq, DSA_WQCFG_OPCFG + 2 * word + 1) << 32;
}

static void expect_all(unsigned wq)
{
	for (unsigned word = 0; word < 4; word++)
		EXPECT_EQ(dsa()->caps.opcap[word], opcfg(wq, word));
}

/* The WQ with these operations alone. */
static void start_with(uint64_t opcodes)
{
	struct dsa_wq_config config;

	dsa2_disabled(false);
	config = dsa_wq_default(dsa());
	config.opcodes[0] = opcodes;
	dsa2_start(&config);
}

TEST(dsa_opcfg_register, "dsa.opcfg.register", NEEDS_ALL, "DSA 9.2.24")
{
	EXPECT_LE(dsa()->caps.wq_stride, 4 * DSA_WQCFG_DWORDS_MAX);
	dsa2_disabled(false);
	for (unsigned wq = 0; wq < dsa()->caps.wqs; wq++) {
		test_context("WQ %u after reset", wq);
		expect_all(wq);
	}
	test_context("WQ that is on");
	start_with(BIT64(DSA_OPCODE_NOOP));
	EXPECT_EQ(BIT64(DSA_OPCODE_NOOP), opcfg(TEST_WQ, 0));
	if (dsa()->caps.wqs > 1)
		expect_all(TEST_WQ + 1);
	dsa_wqcfg_write(dsa(), TEST_WQ, DSA_WQCFG_OPCFG, 0xff);
	EXPECT_EQ(BIT64(DSA_OPCODE_NOOP), opcfg(TEST_WQ, 0));
	test_context("WQ after Reset WQ");
	EXPECT_DSA(dsa_wq_reset(dsa(), TEST_WQ));
	expect_all(TEST_WQ);
}

TEST(dsa_opcfg_unsupported, "dsa.opcfg.unsupported_operation", NEEDS_ALL, "DSA 5.2, 5.8.3")
{
	unsigned opcode = 0;
	uint32_t value;

	while (opcode < 256 && dsa_has_opcode(dsa(), opcode))
		opcode++;
	if (opcode == 256)
		SKIP("OPCAP has every opcode");
	start_with(0);
	EXPECT_DSA(dsa_wq_disable(dsa(), TEST_WQ));
	value = dsa_wqcfg_read(dsa(), TEST_WQ, DSA_WQCFG_OPCFG + opcode / 32) | BIT32(opcode % 32);
	dsa_wqcfg_write(dsa(), TEST_WQ, DSA_WQCFG_OPCFG + opcode / 32, value);
	/* A bit that cannot be set is as good as an error. */
	if (dsa_wqcfg_read(dsa(), TEST_WQ, DSA_WQCFG_OPCFG + opcode / 32) != value)
		SKIP("such bits read 0");
	expect_command_error(DSA_CMDERR_WQ_OPCFG, DSA_CMD_ENABLE_WQ, TEST_WQ);
}

TEST(dsa_opcfg_enforced, "dsa.opcfg.enforced", NEEDS_ALL, "DSA 5.4, 9.2.24")
{
	struct dsa_buf src = test_buf(PAGE_SIZE), dst = test_buf(PAGE_SIZE);
	struct dsa_hw_desc d;

	random_bytes(src.cpu, PAGE_SIZE);
	start_with(BIT64(DSA_OPCODE_NOOP) | BIT64(DSA_OPCODE_MEMFILL));
	dsa_desc_memmove(&d, test_cr_dma(0), dst.dma, src.dma, 64);
	EXPECT_EQ(DSA_COMP_BAD_OPCODE, test_execute(&d));
	for (unsigned i = 0; i < 64; i++)
		EXPECT_EQ(0, ((uint8_t *)dst.cpu)[i]);
	dsa_desc_fill(&d, test_cr_dma(0), dst.dma, UINT64_C(0x1111111111111111), 64);
	test_execute_ok(&d);
	EXPECT_EQ(0x11, *(uint8_t *)dst.cpu);
	expect_alive();
	/* Given back, it is there again. */
	EXPECT_DSA(dsa_wq_disable(dsa(), TEST_WQ));
	dsa_wqcfg_write(dsa(), TEST_WQ, DSA_WQCFG_OPCFG, (uint32_t)dsa()->caps.opcap[0]);
	EXPECT_DSA(dsa_wq_enable(dsa(), TEST_WQ));
	dsa_desc_memmove(&d, test_cr_dma(0), dst.dma, src.dma, 64);
	test_execute_ok(&d);
	EXPECT_MEM_EQ(src.cpu, dst.cpu, 64);
}

TEST(dsa_opcfg_batch, "dsa.opcfg.enforced_in_a_batch", NEEDS_ALL | NEEDS_BATCH, "DSA 5.4")
{
	struct dsa_buf memory = test_buf(PAGE_SIZE), dst = test_buf(PAGE_SIZE);
	struct dsa_hw_desc *list = memory.cpu, d;

	start_with(BIT64(DSA_OPCODE_NOOP) | BIT64(DSA_OPCODE_BATCH));
	dsa_desc_fill(&list[0], test_cr_dma(1), dst.dma, 1, 64);
	dsa_desc_noop(&list[1], test_cr_dma(2));
	dsa_desc_batch(&d, test_cr_dma(0), memory.dma, 2);
	EXPECT_EQ(DSA_COMP_BATCH_FAIL, test_execute(&d));
	EXPECT_EQ(DSA_COMP_BAD_OPCODE, dsa_cr_status(test_cr(1)));
	EXPECT_EQ(DSA_COMP_SUCCESS, dsa_cr_status(test_cr(2)));
	EXPECT_EQ(0, *(uint8_t *)dst.cpu);
	start_with(BIT64(DSA_OPCODE_NOOP));
	EXPECT_EQ(DSA_COMP_BAD_OPCODE, test_execute(&d));
}
