/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that writes anything anywhere. Whatever it does to its function, the physical device's configuration, its
 * other WQs, its interrupt tables and its state stay as they were, and the host's own PASID keeps its access.
 */
#include <linux/pci_regs.h>

#include "tests/suites/vdsa.h"

static struct bound_physical before; /* large for a stack */

/* The vDSA can still be brought to work, by a reset at most. */
static void expect_usable(struct bound *bound)
{
	vdsa_reset(bound->v);
	bound_config_write(bound, PCI_BASE_ADDRESS_0, 4, (uint32_t)VDSA_BIND_BAR0);
	bound_config_write(bound, PCI_BASE_ADDRESS_1, 4, 0);
	bound_config_write(bound, PCI_BASE_ADDRESS_2, 4, (uint32_t)VDSA_BIND_BAR2);
	bound_config_write(bound, PCI_BASE_ADDRESS_3, 4, 0);
	bound_start(bound);
	EXPECT_EQ(DSA_WQ_ENABLED, dsa_wq_state(test_dsa(), BOUND_WQ));
	EXPECT_EQ(bound_info(bound).hpasid, FIELD_GET(DSA_WQCFG2_PASID, dsa_wqcfg_read(test_dsa(), BOUND_WQ, 2)));
}

TEST(vdsa_hostile_config, "vdsa.1dwq.hostile.config", NEEDS_VDSA, "PCIe 7.5")
{
	static const uint32_t patterns[] = {UINT32_MAX, 0x55555555, 0xaaaaaaaa, 0};
	struct bound *bound = bound_running();

	bound_physical_read(&before);
	for (unsigned p = 0; p < ARRAY_SIZE(patterns); p++)
		for (uint32_t at = 0; at < VDSA_CONFIG_SIZE; at += 4) {
			test_context("0x%08x at 0x%x", (unsigned)patterns[p], (unsigned)at);
			bound_config_write(bound, at, 4, patterns[p]);
			bound_config_write(bound, at + 1, 1, patterns[p]);
			bound_config_write(bound, at + 2, 2, patterns[p]);
		}
	for (unsigned i = 0; i < 2000; i++) {
		uint64_t r = test_random();

		bound_config_write(bound, (uint32_t)(r & 0xff), 1U << (r >> 8 & 3), (uint32_t)(r >> 32));
	}
	test_context("afterwards");
	bound_physical_same(&before);
	expect_usable(bound);
}

TEST(vdsa_hostile_mmio, "vdsa.1dwq.hostile.mmio", NEEDS_VDSA, "DSA 9.2")
{
	struct bound *bound = bound_running();

	bound_physical_read(&before);
	/* Everything but CMD first, so that the device is enabled while it happens. */
	for (uint64_t at = 0; at < VDSA_BAR0_SIZE + 0x100; at += 4) {
		test_context("at 0x%llx", (unsigned long long)at);
		if (at == DSA_CMD)
			continue;
		bound_write(bound, at, 4, UINT32_MAX);
		bound_write(bound, at + 1, 4, UINT32_MAX);
		bound_write(bound, at, 3, 0);
	}
	EXPECT_EQ(DSA_WQ_ENABLED, dsa_wq_state(test_dsa(), BOUND_WQ));
	for (unsigned i = 0; i < 5000; i++) {
		uint64_t r = test_random(), value = test_random();

		bound_write(bound, r & 0x7ff, 1U << (r >> 16 & 3), value);
		(void)bound_read(bound, r >> 20 & 0x3fff, 1U << (r >> 18 & 3));
	}
	test_context("afterwards");
	bound_physical_same(&before);
	expect_usable(bound);
}

TEST(vdsa_hostile_commands, "vdsa.1dwq.hostile.commands", NEEDS_VDSA, "DSA 3.15")
{
	struct bound *bound = bound_running();

	bound_physical_read(&before);
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t r = test_random();
		/* Small operands, which mean something, and any. */
		uint32_t operand = r & 1 ? (uint32_t)(r >> 8 & 3) : (uint32_t)(r >> 8 & 0xfffff);

		test_context("command %u, operand 0x%x", (unsigned)(r >> 40 & 31), (unsigned)operand);
		(void)bound_command(bound, (enum dsa_command)(r >> 40 & 31), operand);
		EXPECT_EQ(FIELD_GET(DSA_WQCFG6_STATE, (uint32_t)bound_read(bound, VDSA_WQCFG + 24, 4)),
		          dsa_wq_state(test_dsa(), BOUND_WQ));
	}
	test_context("afterwards");
	bound_physical_same(&before);
	expect_usable(bound);
}
