/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guest reads, beside what the physical device says: its capabilities are a subset, its WQ is the physical
 * one, and nothing of the host's numbers (PASIDs, WQ index, groups) shows anywhere.
 */
#include <linux/pci_regs.h>

#include "kernel/mmio.h"
#include "tests/suites/vdsa.h"

TEST(vdsa_regs_capabilities, "vdsa.1dwq.regs.capabilities", NEEDS_VDSA, "DSA 7.5")
{
	struct bound *bound = bound_fresh();
	const struct dsa_caps *phys = &test_dsa()->caps;
	uint64_t gencap = bound_read(bound, DSA_GENCAP, 8), opcap = bound_read(bound, DSA_OPCAP, 8);
	const uint64_t passed = DSA_GENCAP_OVERLAP | DSA_GENCAP_CACHE_MEM | DSA_GENCAP_CACHE_FLUSH |
	                        DSA_GENCAP_DEST_READBACK | DSA_GENCAP_DRAIN_READBACK;

	EXPECT_EQ(DSA_VERSION_1_0, bound_read(bound, DSA_VERSION, 4));
	EXPECT_EQ(phys->gencap & passed, gencap & passed);
	EXPECT_EQ(DSA_GENCAP_CMDCAP, gencap & (DSA_GENCAP_CMDCAP | DSA_GENCAP_IMS_SIZE | DSA_GENCAP_CONFIG |
	                                       DSA_GENCAP_BLOCK_ON_FAULT | DSA_GENCAP_EVENT_LOG | GENMASK64(63, 32)));
	EXPECT_LE(phys->max_xfer_shift, FIELD_GET(DSA_GENCAP_MAX_XFER, gencap));
	EXPECT_LE(phys->max_batch_shift, FIELD_GET(DSA_GENCAP_MAX_BATCH, gencap));
	EXPECT_EQ(FIELD_GET(DSA_WQCFG3_MAX_XFER, dsa_wqcfg_read(test_dsa(), BOUND_WQ, 3)),
	          FIELD_GET(DSA_GENCAP_MAX_XFER, gencap));
	EXPECT_EQ(0, opcap & ~phys->opcap[0]);
	EXPECT_EQ(phys->opcap[0] & UINT64_C(0x1003f03ff), opcap);
	/* And no more than that goes through the portal, which is the guest's own. */
	if (phys->wqcap & DSA_WQCAP_OPCFG) {
		EXPECT_EQ((uint32_t)opcap, dsa_wqcfg_read(test_dsa(), BOUND_WQ, DSA_WQCFG_OPCFG));
		EXPECT_EQ((uint32_t)(opcap >> 32), dsa_wqcfg_read(test_dsa(), BOUND_WQ, DSA_WQCFG_OPCFG + 1));
	}
	EXPECT_EQ(0x7ffe, bound_read(bound, DSA_CMDCAP, 8));
	EXPECT_EQ(1, FIELD_GET(DSA_WQCAP_NUM_WQS, bound_read(bound, DSA_WQCAP, 8)));
	EXPECT_EQ(FIELD_GET(DSA_WQCFG0_SIZE, dsa_wqcfg_read(test_dsa(), BOUND_WQ, 0)),
	          FIELD_GET(DSA_WQCAP_TOTAL_SIZE, bound_read(bound, DSA_WQCAP, 8)));
	EXPECT_EQ(1, bound_read(bound, DSA_GRPCAP, 8));
	EXPECT_EQ(1, bound_read(bound, DSA_ENGCAP, 8));
	EXPECT_EQ(mmio_read32(test_dsa()->regs, DSA_GENCFG) & DSA_GENCFG_USER_INT, bound_read(bound, DSA_GENCFG, 4));
	EXPECT_EQ(test_dsa()->pci->device, bound_config_read(bound, PCI_DEVICE_ID, 2));
}

/* A driver that takes a fixed configuration must see a plain dedicated WQ without PASID in a group with an engine. */
TEST(vdsa_regs_configuration, "vdsa.1dwq.regs.configuration", NEEDS_VDSA, "DSA 9.2.23, 9.2.24")
{
	struct bound *bound = bound_fresh();
	uint32_t dword2 = (uint32_t)bound_read(bound, VDSA_WQCFG + 8, 4);

	EXPECT_EQ(DSA_WQCFG2_DEDICATED, dword2 & ~DSA_WQCFG2_PRIORITY);
	EXPECT_EQ(FIELD_GET(DSA_WQCFG2_PRIORITY, dsa_wqcfg_read(test_dsa(), BOUND_WQ, 2)),
	          FIELD_GET(DSA_WQCFG2_PRIORITY, dword2));
	EXPECT_EQ(1, bound_read(bound, VDSA_GRPCFG + DSA_GRPCFG_WQS, 8));
	EXPECT_EQ(1, bound_read(bound, VDSA_GRPCFG + DSA_GRPCFG_ENGINES, 8));
	EXPECT_EQ(0, bound_read(bound, VDSA_WQCFG + 24, 4));
	/* Writes change nothing, here or below. */
	uint32_t physical = dsa_wqcfg_read(test_dsa(), BOUND_WQ, 2);

	bound_write(bound, VDSA_WQCFG + 8, 4, UINT32_MAX);
	EXPECT_EQ(dword2, bound_read(bound, VDSA_WQCFG + 8, 4));
	EXPECT_EQ(physical, dsa_wqcfg_read(test_dsa(), BOUND_WQ, 2));
}

static void find_pasid(struct bound *bound, const char *state)
{
	struct vdsa_bind_info info = bound_info(bound);
	const uint32_t secret[] = {info.hpasid, info.pasid_nobody};

	test_context("%s", state);
	for (uint64_t at = 0; at < VDSA_BAR0_SIZE; at += 4) {
		uint32_t value = (uint32_t)bound_read(bound, at, 4);

		/* Small numbers are everywhere; where PASIDs live in registers they are whole fields. */
		for (unsigned i = 0; i < ARRAY_SIZE(secret); i++) {
			EXPECT_FALSE(at >= VDSA_MSIXPERM && at < VDSA_GRPCFG &&
			             FIELD_GET(DSA_INTPERM_PASID, value) == secret[i]);
			EXPECT_FALSE(at == VDSA_WQCFG + 8 && FIELD_GET(DSA_WQCFG2_PASID, value) == secret[i]);
			EXPECT_FALSE(secret[i] > UINT16_MAX && (value & 0xfffff) == secret[i]);
			EXPECT_FALSE(secret[i] > UINT16_MAX && value >> 12 == secret[i]);
		}
	}
	EXPECT_NE(info.hpasid, FIELD_GET(DSA_SWERROR_PASID, bound_read(bound, DSA_SWERROR, 8)));
}

/* The host's PASIDs are the barrier between guests; no register ever shows one. */
TEST(vdsa_regs_pasid_hidden, "vdsa.1dwq.regs.pasid_hidden", NEEDS_VDSA, "DSA 7.5")
{
	struct bound *bound = bound_fresh();
	uint64_t record[4] = {DSA_SWERROR_VALID | DSA_SWERROR_DESC_VALID | DSA_SWERROR_WQ_VALID |
	                      FIELD_PREP(DSA_SWERROR_WQ, (uint64_t)BOUND_WQ) |
	                      FIELD_PREP(DSA_SWERROR_CODE, (uint64_t)DSA_COMP_CRA_ALIGN) |
	                      FIELD_PREP(DSA_SWERROR_PASID, (uint64_t)bound_info(bound).hpasid)};

	find_pasid(bound, "after reset");
	bound_start(bound);
	find_pasid(bound, "enabled");
	bound_write(bound, VDSA_MSIXPERM + DSA_MSIXPERM_STRIDE, 4, DSA_INTPERM_PASID_EN);
	find_pasid(bound, "with MSIXPERM written");
	EXPECT_TRUE(vdsa_host_error(bound->v, record));
	find_pasid(bound, "with an error recorded");
	EXPECT_EQ(0, bound_command(bound, DSA_CMD_RESET_DEVICE, 0));
	find_pasid(bound, "after Reset Device");
}
