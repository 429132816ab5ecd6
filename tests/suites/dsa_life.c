/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens to work that is in flight when the device or the WQ is stopped: Disable and Drain finish it first, Abort
 * and Reset may drop it, and after none of them does anything of it still come.
 */
#include <linux/pci_regs.h>

#include "tests/suites/dsa.h"

#define SIZE (UINT32_C(1) << 20)

static struct dsa_buf src, dst;
static unsigned count;

/* Long moves, as many as fit: they are still running when this returns, or the device is very fast. */
static void start_work(void)
{
	unsigned size = dsa_wqcfg_read(test_dsa(), TEST_WQ, 0) & DSA_WQCFG0_SIZE;
	struct dsa_hw_desc d;

	src = test_buf(SIZE);
	dst = test_buf(SIZE);
	memset(src.cpu, 0x5a, SIZE);
	count = size < 16 ? size : 16;
	test_limit(20000);
	for (unsigned i = 0; i < count; i++) {
		dsa_desc_memmove(&d, test_cr_dma(i), dst.dma, src.dma, SIZE);
		test_submit(&d);
	}
}

/* Right now, not later: the command said that all is done. */
static void expect_all_done(void)
{
	for (unsigned i = 0; i < count; i++) {
		test_context("descriptor %u of %u", i, count);
		EXPECT_EQ(DSA_COMP_SUCCESS, dsa_cr_status(test_cr(i)));
	}
	EXPECT_MEM_EQ(src.cpu, dst.cpu, SIZE);
}

/* Nothing more comes: neither records nor data, and if the WQ is still enabled, not even if it is drained. */
static void expect_silence(void)
{
	static uint8_t before[TEST_CRS * DSA_CR_SIZE];

	memcpy(before, test_cr(0), sizeof(before));
	memset(dst.cpu, 0x11, SIZE);
	time_delay_us(10000);
	if (dsa_wq_state(test_dsa(), TEST_WQ) == DSA_WQ_ENABLED)
		settle();
	EXPECT_MEM_EQ(before, test_cr(0), sizeof(before));
	for (unsigned i = 0; i < SIZE; i += 63)
		EXPECT_EQ(0x11, ((uint8_t *)dst.cpu)[i]);
}

/* One after the other, each status either absent or success. */
static void expect_no_errors(void)
{
	for (unsigned i = 0; i < count; i++) {
		test_context("descriptor %u of %u", i, count);
		EXPECT_LE(DSA_COMP_SUCCESS, dsa_cr_status(test_cr(i)));
	}
}

TEST(dsa_life_disable_device, "dsa.life.disable_device_finishes_work", NEEDS_SUBMIT, "DSA 3.15")
{
	start_work();
	EXPECT_DSA(dsa_disable(test_dsa()));
	expect_all_done();
	EXPECT_EQ(DSA_STATE_DISABLED, dsa_state(test_dsa()));
	expect_silence();
}

TEST(dsa_life_disable_wq, "dsa.life.disable_wq_finishes_work", NEEDS_SUBMIT, "DSA 3.15")
{
	start_work();
	EXPECT_DSA(dsa_wq_disable(test_dsa(), TEST_WQ));
	expect_all_done();
	expect_silence();
}

TEST(dsa_life_drain_wq, "dsa.life.drain_wq_waits", NEEDS_SUBMIT, "DSA 3.15")
{
	start_work();
	EXPECT_DSA(dsa_wq_drain(test_dsa(), TEST_WQ));
	expect_all_done();
	EXPECT_EQ(DSA_WQ_ENABLED, dsa_wq_state(test_dsa(), TEST_WQ));
	expect_alive();
}

TEST(dsa_life_drain_all, "dsa.life.drain_all_waits", NEEDS_SUBMIT, "DSA 3.15")
{
	start_work();
	EXPECT_DSA(dsa_command(test_dsa(), DSA_CMD_DRAIN_ALL, 0, NULL));
	expect_all_done();
	expect_alive();
}

TEST(dsa_life_drain_pasid, "dsa.life.drain_pasid_waits", NEEDS_SUBMIT | NEEDS_PASID, "DSA 3.15")
{
	start_work();
	EXPECT_DSA(dsa_command(test_dsa(), DSA_CMD_DRAIN_PASID, test_pasid(), NULL));
	expect_all_done();
	expect_alive();
}

TEST(dsa_life_drain_desc, "dsa.life.drain_descriptor_waits", NEEDS_SUBMIT, "DSA 3.12, 8.3.3")
{
	struct dsa_hw_desc d;

	if (!dsa_has_opcode(test_dsa(), DSA_OPCODE_DRAIN))
		SKIP("OPCAP lacks %s", dsa_opcode_name(DSA_OPCODE_DRAIN));
	start_work();
	/* The WQ is full: the drain waits here until an entry is surely free. */
	EXPECT_DSA(dsa_wait(test_dsa(), test_cr(0), 0));
	dsa_desc_drain(&d, test_cr_dma(count));
	test_submit(&d);
	EXPECT_DSA(dsa_wait_success(test_dsa(), test_cr(count), 0));
	expect_all_done();
}

TEST(dsa_life_abort_wq, "dsa.life.abort_wq_ends_work", NEEDS_SUBMIT, "DSA 3.15")
{
	start_work();
	EXPECT_DSA(dsa_wq_abort(test_dsa(), TEST_WQ));
	expect_no_errors();
	expect_silence();
	EXPECT_EQ(DSA_WQ_ENABLED, dsa_wq_state(test_dsa(), TEST_WQ));
	expect_alive();
}

TEST(dsa_life_reset, "dsa.life.reset_device_ends_work", NEEDS_SUBMIT, "DSA 3.15")
{
	start_work();
	EXPECT_DSA(dsa_reset(test_dsa()));
	expect_no_errors();
	expect_silence();
	EXPECT_EQ(DSA_STATE_DISABLED, dsa_state(test_dsa()));
	EXPECT_DSA(dsa_start_wq(test_dsa(), TEST_WQ, NULL));
	expect_alive();
}

TEST(dsa_life_flr, "dsa.life.flr_ends_work", NEEDS_SUBMIT, "PCIe 6.6.2, DSA 9.2")
{
	start_work();
	EXPECT_DSA(dsa_flr(test_dsa()));
	expect_no_errors();
	expect_silence();
	EXPECT_EQ(DSA_STATE_DISABLED, dsa_state(test_dsa()));
	EXPECT_DSA(dsa_start_wq(test_dsa(), TEST_WQ, NULL));
	expect_alive();
}

/*
 * The second command is dropped and recorded; the first one is not disturbed (9.2.12). If the first was over too soon,
 * the second was taken rightly: then the device is disabled, and it is tried again.
 */
TEST(dsa_life_command_while_active, "dsa.life.command_while_active", NEEDS_SUBMIT, "DSA 9.2.12")
{
	struct dsa_swerror error;

	for (unsigned i = 0; i < 5; i++) {
		start_work();
		mmio_write32(test_dsa()->regs, DSA_CMD, FIELD_PREP(DSA_CMD_CODE, DSA_CMD_DRAIN_ALL));
		mmio_write32(test_dsa()->regs, DSA_CMD, FIELD_PREP(DSA_CMD_CODE, DSA_CMD_DISABLE_DEVICE));
		EXPECT_TRUE(WAIT_FOR(!dsa_command_active(test_dsa()), 10000000));
		expect_all_done();
		if (dsa_state(test_dsa()) == DSA_STATE_ENABLED) {
			test_swerror(&error);
			EXPECT_EQ(DSA_SWERR_CMD_ACTIVE, error.code);
			return;
		}
		EXPECT_DSA(dsa_reset(test_dsa()));
		EXPECT_DSA(dsa_start_wq(test_dsa(), TEST_WQ, NULL));
	}
	SKIP("five drains of %u long moves were each over before the next command came", count);
}

static void restore_bus_master(void *arg)
{
	(void)arg;
	pci_command(test_dsa()->pci, PCI_COMMAND_MASTER, 0);
	dsa_flr(test_dsa());
}

/* Taking the bus away from a device that runs is an error it must stop for (5.7, 9.1.3). */
TEST(dsa_life_bus_master, "dsa.life.bus_master_off_halts", NEEDS_DSA, "DSA 5.7, 9.1.3")
{
	struct dsa_swerror error;

	test_cleanup(restore_bus_master, NULL);
	pci_command(test_dsa()->pci, 0, PCI_COMMAND_MASTER);
	EXPECT_TRUE(WAIT_FOR(dsa_state(test_dsa()) == DSA_STATE_HALT, 100000));
	test_swerror(&error);
	EXPECT_EQ(DSA_SWERR_CONFIG_CHANGED, error.code);
	expect_command_error(DSA_CMDERR_HALTED, DSA_CMD_DRAIN_ALL, 0);
}
