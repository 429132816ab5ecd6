/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Administrative commands: each does what it says, in the states in which it may, and otherwise says why not, by its
 * number (5.8.3), and changes nothing.
 */
#include "tests/suites/dsa.h"

static struct dsa *dsa(void)
{
	return test_dsa();
}

TEST(dsa_cmd_enable_twice, "dsa.cmd.enable_device.twice", NEEDS_DSA, "DSA 5.8.3, 9.2.13")
{
	expect_command_error(DSA_CMDERR_DEV_NOT_DISABLED, DSA_CMD_ENABLE_DEVICE, 0);
	EXPECT_EQ(DSA_STATE_ENABLED, dsa_state(dsa()));
	EXPECT_EQ(DSA_WQ_ENABLED, dsa_wq_state(dsa(), TEST_WQ));
}

TEST(dsa_cmd_unknown, "dsa.cmd.unknown_command", NEEDS_DSA, "DSA 9.2.12")
{
	static const unsigned codes[] = {0, 15, 16, 17, 18, 25, 31};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		if (dsa()->caps.cmdcap >> codes[i] & 1)
			continue;
		test_context("code %u", codes[i]);
		expect_command_error(DSA_CMDERR_INVALID_CMD, (enum dsa_command)codes[i], 0);
	}
	EXPECT_EQ(DSA_STATE_ENABLED, dsa_state(dsa()));
}

TEST(dsa_cmd_no_handles, "dsa.cmd.handles_only_if_offered", NEEDS_DSA, "DSA 9.2.14")
{
	if (dsa()->caps.request_handles)
		SKIP("the DSA hands out interrupt handles (CMDCAP.13 = 1)");
	expect_command_error(DSA_CMDERR_INVALID_CMD, DSA_CMD_REQUEST_INT_HANDLE, 1);
	expect_command_error(DSA_CMDERR_INVALID_CMD, DSA_CMD_RELEASE_INT_HANDLE, 1);
}

TEST(dsa_cmd_handle, "dsa.cmd.request_handle", NEEDS_DSA | NEEDS_HANDLES, "DSA 3.7, 9.2.12")
{
	uint32_t handle = 0, again = 0;

	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_REQUEST_INT_HANDLE, 1, &handle));
	/* Asked again, it is the same entry, so the same handle. */
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_REQUEST_INT_HANDLE, 1, &again));
	EXPECT_EQ(handle, again);
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_RELEASE_INT_HANDLE, handle, NULL));
	expect_command_error(DSA_CMDERR_INT_INDEX, DSA_CMD_REQUEST_INT_HANDLE, 0xffff);
}

TEST(dsa_cmd_wq_index, "dsa.cmd.enable_wq.index_out_of_range", NEEDS_DSA, "DSA 5.8.3, 9.2.13")
{
	expect_command_error(DSA_CMDERR_INVALID_WQ, DSA_CMD_ENABLE_WQ, dsa()->caps.wqs);
	expect_command_error(DSA_CMDERR_INVALID_WQ, DSA_CMD_ENABLE_WQ, 0xff);
}

TEST(dsa_cmd_wq_set, "dsa.cmd.wq_set.out_of_range", NEEDS_DSA, "DSA 5.8.3, 9.2.13")
{
	static const enum dsa_command commands[] = {DSA_CMD_DISABLE_WQ, DSA_CMD_DRAIN_WQ, DSA_CMD_ABORT_WQ,
	                                            DSA_CMD_RESET_WQ};

	if (dsa()->caps.wqs >= 240)
		SKIP("the DSA has nearly as many WQs as there are numbers");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		test_context("%s", dsa_command_name(commands[i]));
		/* One bit too high in its group of 16, if there is one, and a group too high. */
		if (dsa()->caps.wqs < 16)
			expect_command_error(DSA_CMDERR_INVALID_WQ, commands[i], DSA_WQ_SET(dsa()->caps.wqs));
		expect_command_error(DSA_CMDERR_INVALID_WQ, commands[i], DSA_WQ_SET(255U));
	}
	EXPECT_EQ(DSA_WQ_ENABLED, dsa_wq_state(dsa(), TEST_WQ));
}

TEST(dsa_cmd_wq_twice, "dsa.cmd.enable_wq.twice", NEEDS_DSA, "DSA 5.8.3, 9.2.13")
{
	expect_command_error(DSA_CMDERR_WQ_NOT_DISABLED, DSA_CMD_ENABLE_WQ, TEST_WQ);
	EXPECT_EQ(DSA_WQ_ENABLED, dsa_wq_state(dsa(), TEST_WQ));
}

TEST(dsa_cmd_disabled, "dsa.cmd.on_a_disabled_device", NEEDS_DSA, "DSA 5.8.3, 9.2.13")
{
	EXPECT_DSA(dsa_disable(dsa()));
	EXPECT_EQ(DSA_STATE_DISABLED, dsa_state(dsa()));
	EXPECT_EQ(DSA_WQ_DISABLED, dsa_wq_state(dsa(), TEST_WQ));
	expect_command_error(DSA_CMDERR_DISABLE_DEV, DSA_CMD_DISABLE_DEVICE, 0);
	expect_command_error(DSA_CMDERR_DEV_NOT_ENABLED, DSA_CMD_ENABLE_WQ, TEST_WQ);
	/* These have nothing to do, and succeed. */
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_DRAIN_ALL, 0, NULL));
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_ABORT_ALL, 0, NULL));
}

TEST(dsa_cmd_disabled_wq, "dsa.cmd.on_a_disabled_wq", NEEDS_DSA, "DSA 5.8.3, 9.2.13")
{
	static const enum dsa_command commands[] = {DSA_CMD_DISABLE_WQ, DSA_CMD_DRAIN_WQ, DSA_CMD_ABORT_WQ};

	EXPECT_DSA(dsa_wq_disable(dsa(), TEST_WQ));
	EXPECT_EQ(DSA_WQ_DISABLED, dsa_wq_state(dsa(), TEST_WQ));
	EXPECT_EQ(DSA_STATE_ENABLED, dsa_state(dsa()));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		test_context("%s", dsa_command_name(commands[i]));
		expect_command_error(DSA_CMDERR_WQ_NOT_ENABLED, commands[i], DSA_WQ_SET(TEST_WQ));
	}
}

TEST(dsa_cmd_cycle, "dsa.cmd.enable_and_disable_in_turn", NEEDS_DSA, "DSA 3.15")
{
	for (unsigned i = 0; i < 5; i++) {
		EXPECT_DSA(dsa_wq_disable(dsa(), TEST_WQ));
		EXPECT_EQ(DSA_WQ_DISABLED, dsa_wq_state(dsa(), TEST_WQ));
		EXPECT_DSA(dsa_command(dsa(), DSA_CMD_ENABLE_WQ, TEST_WQ, NULL));
		EXPECT_EQ(DSA_WQ_ENABLED, dsa_wq_state(dsa(), TEST_WQ));
		EXPECT_DSA(dsa_disable(dsa()));
		EXPECT_EQ(DSA_STATE_DISABLED, dsa_state(dsa()));
		EXPECT_DSA(dsa_command(dsa(), DSA_CMD_ENABLE_DEVICE, 0, NULL));
		EXPECT_EQ(DSA_STATE_ENABLED, dsa_state(dsa()));
		/* The device takes its WQs with it and does not bring them back. */
		EXPECT_EQ(DSA_WQ_DISABLED, dsa_wq_state(dsa(), TEST_WQ));
		EXPECT_DSA(dsa_command(dsa(), DSA_CMD_ENABLE_WQ, TEST_WQ, NULL));
	}
	if (cpu_has_movdir64b())
		expect_alive();
}

TEST(dsa_cmd_idle, "dsa.cmd.drain_and_abort_idle", NEEDS_DSA, "DSA 3.15")
{
	EXPECT_DSA(dsa_wq_drain(dsa(), TEST_WQ));
	EXPECT_DSA(dsa_wq_abort(dsa(), TEST_WQ));
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_DRAIN_ALL, 0, NULL));
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_ABORT_ALL, 0, NULL));
	EXPECT_EQ(DSA_WQ_ENABLED, dsa_wq_state(dsa(), TEST_WQ));
	if (cpu_has_movdir64b())
		expect_alive();
}

TEST(dsa_cmd_pasid, "dsa.cmd.drain_and_abort_pasid", NEEDS_DSA | NEEDS_PASID, "DSA 3.15")
{
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_DRAIN_PASID, test_pasid(), NULL));
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_ABORT_PASID, test_pasid(), NULL));
	/* Nobody's: nothing to wait for. */
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_DRAIN_PASID, 0xffffe, NULL));
}

TEST(dsa_cmd_reset, "dsa.cmd.reset_device", NEEDS_DSA, "DSA 3.15")
{
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_RESET_DEVICE, 0, NULL));
	EXPECT_EQ(DSA_STATE_DISABLED, dsa_state(dsa()));
	EXPECT_EQ(DSA_WQ_DISABLED, dsa_wq_state(dsa(), TEST_WQ));
	/* Once more, in the Disabled state. */
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_RESET_DEVICE, 0, NULL));
	EXPECT_DSA(dsa_start_wq(dsa(), TEST_WQ, NULL));
	if (cpu_has_movdir64b())
		expect_alive();
}

TEST(dsa_cmd_reset_wq, "dsa.cmd.reset_wq_keeps_size", NEEDS_DSA | NEEDS_CONFIG, "DSA 3.15")
{
	uint32_t size = dsa_wqcfg_read(dsa(), TEST_WQ, 0);

	EXPECT_NE(0, size);
	EXPECT_DSA(dsa_wq_reset(dsa(), TEST_WQ));
	EXPECT_EQ(DSA_WQ_DISABLED, dsa_wq_state(dsa(), TEST_WQ));
	EXPECT_EQ(size, dsa_wqcfg_read(dsa(), TEST_WQ, 0));
	for (unsigned i = 1; i < 6; i++) {
		test_context("dword %u", i);
		EXPECT_EQ(0, dsa_wqcfg_read(dsa(), TEST_WQ, i));
	}
}

/* A driver that sleeps until the interrupt would sleep for ever without it. */
TEST(dsa_cmd_interrupt, "dsa.cmd.interrupt_when_asked_for", NEEDS_DSA | NEEDS_MSIX, "DSA 9.2.12")
{
	uint64_t before;

	dsa_causes_take(dsa());
	before = dsa()->irq_count;
	EXPECT_DSA(dsa_command_start(dsa(), DSA_CMD_DRAIN_ALL, 0, true));
	EXPECT_DSA(dsa_command_finish(dsa(), DSA_CMD_DRAIN_ALL, DSA_COMMAND_TIMEOUT_US, NULL));
	EXPECT_DSA(dsa_causes_wait(dsa(), DSA_INTCAUSE_COMMAND, 0));
	EXPECT_NE(before, dsa()->irq_count);

	before = dsa()->irq_count;
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_DRAIN_ALL, 0, NULL));
	time_delay_us(2000);
	EXPECT_EQ(before, dsa()->irq_count);
	EXPECT_EQ(0, dsa_causes_take(dsa()));
}

/* Failing commands interrupt too. */
TEST(dsa_cmd_interrupt_error, "dsa.cmd.interrupt_on_error", NEEDS_DSA | NEEDS_MSIX, "DSA 9.2.12")
{
	dsa_causes_take(dsa());
	EXPECT_DSA(dsa_command_start(dsa(), DSA_CMD_ENABLE_DEVICE, 0, true));
	EXPECT_ERRNO(EIO, dsa_command_finish(dsa(), DSA_CMD_ENABLE_DEVICE, DSA_COMMAND_TIMEOUT_US, NULL));
	EXPECT_DSA(dsa_causes_wait(dsa(), DSA_INTCAUSE_COMMAND, 0));
}

/* Linux compares the whole of CMDSTS with 0. */
TEST(dsa_cmd_status, "dsa.cmd.cmdsts_is_zero_after_success", NEEDS_DSA, "DSA 9.2.13")
{
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_DRAIN_ALL, 0, NULL));
	EXPECT_EQ(0, mmio_read32(dsa()->regs, DSA_CMDSTS));
	expect_command_error(DSA_CMDERR_DEV_NOT_DISABLED, DSA_CMD_ENABLE_DEVICE, 0);
	EXPECT_EQ(DSA_CMDERR_DEV_NOT_DISABLED, mmio_read32(dsa()->regs, DSA_CMDSTS));
}
