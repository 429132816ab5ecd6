/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest finds its vDSA: configuration space by memory and by ports, BARs that move, registers in every width, and
 * commands. The device behind it is software, so this runs on any machine with a hypervisor; what is proved is the way
 * from the guest's instruction to the composition layer and back.
 */
#include "tests/suites/vdsa_soft.h"

static uint64_t mmio_exits(const struct soft *s)
{
	struct hv_stats stats;

	hv_stats_get(s->vm, &stats);
	return stats.exits[HV_CAUSE_MMIO];
}

static uint64_t mask_of(unsigned width)
{
	return width == 8 ? UINT64_MAX : BIT64(8 * width) - 1;
}

TEST(soft_config_read, "vdsa.soft.config.read_widths", NEEDS_HV, "PCIe 7.5, DSA 9.1")
{
	struct soft *s = soft_open();
	uint64_t before = mmio_exits(s);
	unsigned first[4] = {0}, steps;

	for (unsigned width = 1; width <= 4; width *= 2)
		for (uint32_t at = 0; at < VDSA_CONFIG_IMAGE; at += width) {
			unsigned n = soft_read(s, SOFT_CONFIG + at, width);

			if (at == 0)
				first[width / 2] = n;
		}
	steps = (unsigned)s->steps;
	soft_run(s);
	EXPECT_EQ(before + steps, mmio_exits(s));
	for (unsigned width = 1; width <= 4; width *= 2)
		for (uint32_t at = 0; at < VDSA_CONFIG_IMAGE; at += width) {
			test_context("%u bytes at 0x%x", width, (unsigned)at);
			EXPECT_EQ(vdsa_config_read(&s->v, at, width), soft_result(s, first[width / 2] + at / width));
		}
	test_context("");
	EXPECT_EQ(DSA_PCI_VENDOR, soft_get(s, SOFT_CONFIG + PCI_VENDOR_ID, 2));
	EXPECT_EQ(DSA_PCI_DEVICE_SPR, soft_get(s, SOFT_CONFIG + PCI_DEVICE_ID, 2));
	/* Beside it nothing is. */
	EXPECT_EQ(UINT32_MAX, soft_get(s, SOFT_CONFIG + 0x1000, 4));
}

TEST(soft_config_ports, "vdsa.soft.config.by_ports", NEEDS_HV, "PCI 3.2.2.3.2")
{
	struct soft *s = soft_open();
	unsigned n[64];

	for (unsigned i = 0; i < ARRAY_SIZE(n); i++)
		n[i] = soft_port_read(s, 4 * i);
	soft_run(s);
	for (unsigned i = 0; i < ARRAY_SIZE(n); i++) {
		test_context("offset 0x%x", 4 * i);
		EXPECT_EQ(vdsa_config_read(&s->v, 4 * i, 4), soft_result(s, n[i]));
	}
}

/* As firmware does to learn a BAR's size. */
TEST(soft_config_bars, "vdsa.soft.config.bar_sizes", NEEDS_HV, "PCIe 7.5.1.2.1")
{
	static const uint32_t expected[] = {0xffffe00c, UINT32_MAX, 0xffffe00c, UINT32_MAX, 0, 0};
	struct soft *s = soft_open();
	unsigned n[ARRAY_SIZE(expected)];

	soft_write(s, SOFT_CONFIG + PCI_COMMAND, 2, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(n); i++) {
		soft_write(s, SOFT_CONFIG + PCI_BASE_ADDRESS_0 + 4 * i, 4, UINT32_MAX);
		n[i] = soft_read(s, SOFT_CONFIG + PCI_BASE_ADDRESS_0 + 4 * i, 4);
	}
	soft_run(s);
	for (unsigned i = 0; i < ARRAY_SIZE(n); i++) {
		test_context("BAR%u", i);
		EXPECT_EQ(expected[i], soft_result(s, n[i]));
	}
}

TEST(soft_config_moves, "vdsa.soft.config.bar0_moves", NEEDS_HV, "PCIe 7.5.1.2.1")
{
	const uint64_t other = SOFT_BAR0 + 0x100000;
	struct soft *s = soft_open();
	unsigned n[6];

	n[0] = soft_read(s, SOFT_BAR0 + DSA_GENCAP, 8);
	soft_write(s, SOFT_CONFIG + PCI_COMMAND, 2, 0);
	n[1] = soft_read(s, SOFT_BAR0 + DSA_GENCAP, 8);
	soft_write(s, SOFT_CONFIG + PCI_BASE_ADDRESS_0, 4, other);
	n[2] = soft_read(s, other + DSA_GENCAP, 8);
	soft_write(s, SOFT_CONFIG + PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	n[3] = soft_read(s, other + DSA_GENCAP, 8);
	n[4] = soft_read(s, SOFT_BAR0 + DSA_GENCAP, 8);
	soft_write(s, SOFT_CONFIG + PCI_BASE_ADDRESS_0, 4, SOFT_BAR0);
	n[5] = soft_read(s, SOFT_BAR0 + DSA_GENCAP, 8);
	soft_run(s);
	EXPECT_EQ(vdsa_mmio_read(&s->v, DSA_GENCAP, 8), soft_result(s, n[0]));
	EXPECT_EQ(UINT64_MAX, soft_result(s, n[1]));
	EXPECT_EQ(UINT64_MAX, soft_result(s, n[2]));
	EXPECT_EQ(soft_result(s, n[0]), soft_result(s, n[3]));
	EXPECT_EQ(UINT64_MAX, soft_result(s, n[4]));
	EXPECT_EQ(soft_result(s, n[0]), soft_result(s, n[5]));
}

TEST(soft_regs_read, "vdsa.soft.regs.read_widths", NEEDS_HV, "DSA 9.2")
{
	struct soft *s = soft_open();
	unsigned first[9] = {0}, steps;
	uint64_t before;

	soft_start(s);
	before = mmio_exits(s);
	for (unsigned width = 1; width <= 8; width *= 2)
		for (uint32_t at = 0; at < 0x100; at += width) {
			unsigned n = soft_read(s, SOFT_BAR0 + at, width);

			if (at == 0)
				first[width] = n;
		}
	steps = (unsigned)s->steps;
	soft_run(s);
	EXPECT_EQ(before + steps, mmio_exits(s));
	for (unsigned width = 1; width <= 8; width *= 2)
		for (uint32_t at = 0; at < 0x100; at += width) {
			test_context("%u bytes at 0x%x", width, (unsigned)at);
			EXPECT_EQ(vdsa_mmio_read(&s->v, at, width), soft_result(s, first[width] + at / width));
		}
	test_context("");
	EXPECT_EQ(DSA_VERSION_1_0, soft_get(s, SOFT_BAR0 + DSA_VERSION, 4));
	EXPECT_EQ(BIT64(DSA_OPCODE_NOOP) | BIT64(DSA_OPCODE_MEMMOVE), soft_get(s, SOFT_BAR0 + DSA_OPCAP, 8));
}

/* The MSI-X table takes any data; written in each width it is what was written. */
TEST(soft_regs_write, "vdsa.soft.regs.write_widths", NEEDS_HV, "DSA 9.2.26, PCIe 7.7.2")
{
	const uint64_t at = VDSA_MSIX_TABLE + PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_UPPER_ADDR;
	struct soft *s = soft_open();

	for (unsigned width = 1; width <= 8; width *= 2) {
		/* An 8-byte write takes the data behind it along. */
		uint64_t value = test_random() * UINT64_C(0x100000001), old, n;
		uint64_t where = width == 8 ? at - 4 : at;

		if (width == 8)
			value &= ~UINT64_C(3);
		old = vdsa_mmio_read(&s->v, where, 4) | (vdsa_mmio_read(&s->v, where + 4, 4) << 32);
		test_context("%u bytes", width);
		soft_write(s, SOFT_BAR0 + where, width, value);
		n = soft_read(s, SOFT_BAR0 + where, 4);
		(void)soft_read(s, SOFT_BAR0 + where + 4, 4);
		soft_run(s);
		EXPECT_EQ((old & ~mask_of(width)) | (value & mask_of(width)),
		          soft_result(s, (unsigned)n) | soft_result(s, (unsigned)n + 1) << 32);
	}
}

TEST(soft_regs_read_only, "vdsa.soft.regs.read_only", NEEDS_HV, "DSA 9.2")
{
	static const uint16_t offsets[] = {DSA_VERSION, DSA_GENCAP,  DSA_WQCAP,  DSA_GRPCAP, DSA_ENGCAP,
	                                   DSA_OPCAP,   DSA_OFFSETS, DSA_GENCFG, DSA_GENSTS, DSA_CMDSTS,
	                                   DSA_CMDCAP,  VDSA_GRPCFG, VDSA_WQCFG};
	struct soft *s = soft_open();
	uint64_t before[ARRAY_SIZE(offsets)];
	unsigned n[ARRAY_SIZE(offsets)];

	for (unsigned i = 0; i < ARRAY_SIZE(offsets); i++) {
		before[i] = vdsa_mmio_read(&s->v, offsets[i], 8);
		soft_write(s, SOFT_BAR0 + offsets[i], 8, ~before[i]);
		n[i] = soft_read(s, SOFT_BAR0 + offsets[i], 8);
	}
	soft_run(s);
	for (unsigned i = 0; i < ARRAY_SIZE(offsets); i++) {
		test_context("offset 0x%x", offsets[i]);
		EXPECT_EQ(before[i], soft_result(s, n[i]));
	}
}

/* From the guest's store to the host's work queue, in the order that the architecture wants. */
TEST(soft_cmd_sequence, "vdsa.soft.cmd.sequence", NEEDS_HV, "DSA 3.15, 9.2.12")
{
	static const enum soft_op expected[] = {SOFT_ATTACH, SOFT_IMS_ALLOC, SOFT_SET_PASID, SOFT_ENABLE,
	                                        SOFT_DRAIN,  SOFT_ABORT,     SOFT_DISABLE};
	struct soft *s = soft_open();

	soft_start(s);
	EXPECT_EQ(DSA_STATE_ENABLED, FIELD_GET(DSA_GENSTS_STATE, soft_get(s, SOFT_BAR0 + DSA_GENSTS, 4)));
	EXPECT_EQ(0, soft_do(s, DSA_CMD_DRAIN_WQ, 1));
	EXPECT_EQ(0, soft_do(s, DSA_CMD_ABORT_WQ, 1));
	EXPECT_EQ(0, soft_do(s, DSA_CMD_DISABLE_WQ, 1));
	EXPECT_FALSE(s->wq_on);
	EXPECT_EQ(0, soft_do(s, DSA_CMD_DISABLE_DEVICE, 0));
	EXPECT_EQ(DSA_STATE_DISABLED, FIELD_GET(DSA_GENSTS_STATE, soft_get(s, SOFT_BAR0 + DSA_GENSTS, 4)));
	for (unsigned i = 0; i < s->op_count && i < ARRAY_SIZE(expected); i++) {
		test_context("operation %u of the host", i);
		EXPECT_EQ(expected[i], s->ops[i]);
	}
	test_context("");
	EXPECT_EQ(ARRAY_SIZE(expected), s->op_count);
}

TEST(soft_cmd_errors, "vdsa.soft.cmd.errors", NEEDS_HV, "DSA 5.8.3")
{
	struct soft *s = soft_open();

	EXPECT_EQ(DSA_CMDERR_BUS_MASTER, soft_do(s, DSA_CMD_ENABLE_DEVICE, 0));
	EXPECT_EQ(DSA_CMDERR_DEV_NOT_ENABLED, soft_do(s, DSA_CMD_ENABLE_WQ, 0));
	soft_start(s);
	EXPECT_EQ(DSA_CMDERR_DEV_NOT_DISABLED, soft_do(s, DSA_CMD_ENABLE_DEVICE, 0));
	EXPECT_EQ(DSA_CMDERR_WQ_NOT_DISABLED, soft_do(s, DSA_CMD_ENABLE_WQ, 0));
	EXPECT_EQ(DSA_CMDERR_INVALID_WQ, soft_do(s, DSA_CMD_ENABLE_WQ, 1));
	EXPECT_EQ(DSA_CMDERR_INVALID_CMD, soft_do(s, 31, 0));
	EXPECT_EQ(DSA_CMDERR_INT_INDEX, soft_do(s, DSA_CMD_REQUEST_INT_HANDLE, 0));
	EXPECT_TRUE(s->wq_on);
}

/* A byte of CMD is no command. */
TEST(soft_cmd_partial, "vdsa.soft.cmd.whole_writes_only", NEEDS_HV, "DSA 9.2.12")
{
	struct soft *s = soft_open();
	uint64_t commands;

	soft_start(s);
	commands = s->v.stats.commands;
	soft_write(s, SOFT_BAR0 + DSA_CMD + 2, 2, FIELD_PREP(DSA_CMD_CODE, (uint32_t)DSA_CMD_DISABLE_DEVICE) >> 16);
	soft_write(s, SOFT_BAR0 + DSA_CMD + 2, 1, 0xff);
	soft_run(s);
	EXPECT_EQ(commands, s->v.stats.commands);
	EXPECT_TRUE(s->wq_on);
}

TEST(soft_cmd_interrupt, "vdsa.soft.cmd.interrupt", NEEDS_HV, "DSA 3.7, 9.2.11")
{
	struct soft *s = soft_open();

	soft_start(s);
	/* Three commands asked for one each; they merge as long as the guest has interrupts off. */
	soft_await(s, GUEST_COUNTS + SOFT_VECTOR, 1);
	soft_write(s, SOFT_BAR0 + DSA_INTCAUSE, 4, DSA_INTCAUSE_COMMAND);
	for (uint8_t i = 1; i <= 5; i++) {
		(void)soft_command(s, DSA_CMD_DRAIN_ALL, 0);
		soft_await(s, GUEST_COUNTS + SOFT_VECTOR, (uint8_t)(1 + i));
	}
	soft_run(s);
	EXPECT_EQ(6, guest_interrupts(s->vm, SOFT_VECTOR));
	EXPECT_EQ(0, guest_interrupts(s->vm, SOFT_VECTOR + 1));
	EXPECT_EQ(DSA_INTCAUSE_COMMAND, soft_get(s, SOFT_BAR0 + DSA_INTCAUSE, 4));
}
