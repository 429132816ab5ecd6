/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtual commands and what they do to the physical WQ: enabled and disabled with it, under the guest's PASID only. */
#include <linux/pci_regs.h>

#include "tests/suites/vdsa.h"

static uint32_t physical_wq(unsigned dword)
{
	return dsa_wqcfg_read(test_dsa(), BOUND_WQ, dword);
}

static uint32_t virtual_wq_state(struct bound *bound)
{
	return FIELD_GET(DSA_WQCFG6_STATE, (uint32_t)bound_read(bound, VDSA_WQCFG + 24, 4));
}

TEST(vdsa_cmd_enable_wq, "vdsa.1dwq.cmd.enable_wq", NEEDS_VDSA, "DSA 3.15, 7.5.1")
{
	struct bound *bound = bound_fresh();
	struct vdsa_bind_info info = bound_info(bound);

	EXPECT_EQ(DSA_CMDERR_DEV_NOT_ENABLED, bound_command(bound, DSA_CMD_ENABLE_WQ, 0));
	EXPECT_EQ(DSA_CMDERR_BUS_MASTER, bound_command(bound, DSA_CMD_ENABLE_DEVICE, 0));
	EXPECT_EQ(DSA_WQ_DISABLED, dsa_wq_state(test_dsa(), BOUND_WQ));
	bound_start(bound);
	EXPECT_EQ(DSA_WQ_ENABLED, dsa_wq_state(test_dsa(), BOUND_WQ));
	EXPECT_EQ(DSA_WQ_ENABLED, virtual_wq_state(bound));
	EXPECT_EQ(DSA_WQCFG2_PASID_EN, physical_wq(2) & (DSA_WQCFG2_PASID_EN | DSA_WQCFG2_PRIV));
	EXPECT_EQ(info.hpasid, FIELD_GET(DSA_WQCFG2_PASID, physical_wq(2)));
	EXPECT_NE(test_pasid(), info.hpasid);
	EXPECT_EQ(DSA_CMDERR_WQ_NOT_DISABLED, bound_command(bound, DSA_CMD_ENABLE_WQ, 0));
	EXPECT_EQ(0, bound_command(bound, DSA_CMD_DISABLE_WQ, 1));
	EXPECT_EQ(DSA_WQ_DISABLED, dsa_wq_state(test_dsa(), BOUND_WQ));
	EXPECT_EQ(DSA_WQ_DISABLED, virtual_wq_state(bound));
	EXPECT_EQ(0, bound_command(bound, DSA_CMD_ENABLE_WQ, 0));
	EXPECT_EQ(DSA_WQ_ENABLED, dsa_wq_state(test_dsa(), BOUND_WQ));
}

/* Each command that must end the guest's use of the WQ does; the physical device stays Enabled for others. */
TEST(vdsa_cmd_stops_wq, "vdsa.1dwq.cmd.stops_wq", NEEDS_VDSA, "DSA 3.15, 7.5.1")
{
	static const struct {
		enum dsa_command code;
		uint32_t operand;
		unsigned physical; /* WQ state afterwards */
	} rows[] = {
	        {DSA_CMD_DRAIN_WQ, 1, DSA_WQ_ENABLED},        {DSA_CMD_ABORT_WQ, 1, DSA_WQ_ENABLED},
	        {DSA_CMD_DRAIN_ALL, 0, DSA_WQ_ENABLED},       {DSA_CMD_ABORT_ALL, 0, DSA_WQ_ENABLED},
	        {DSA_CMD_DRAIN_PASID, 1, DSA_WQ_ENABLED},     {DSA_CMD_ABORT_PASID, 1, DSA_WQ_ENABLED},
	        {DSA_CMD_RESET_WQ, 1, DSA_WQ_DISABLED},       {DSA_CMD_DISABLE_WQ, 1, DSA_WQ_DISABLED},
	        {DSA_CMD_DISABLE_DEVICE, 0, DSA_WQ_DISABLED}, {DSA_CMD_RESET_DEVICE, 0, DSA_WQ_DISABLED},
	};
	struct bound *bound = bound_running();

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		test_context("%s", dsa_command_name(rows[i].code));
		EXPECT_EQ(0, bound_command(bound, rows[i].code, rows[i].operand));
		EXPECT_EQ(rows[i].physical, dsa_wq_state(test_dsa(), BOUND_WQ));
		EXPECT_EQ(rows[i].physical, virtual_wq_state(bound));
		EXPECT_EQ(DSA_STATE_ENABLED, dsa_state(test_dsa()));
		EXPECT_NE(0, bound_info(bound).portal_hpa[1]);
		(void)bound_command(bound, DSA_CMD_ENABLE_DEVICE, 0);
		(void)bound_command(bound, DSA_CMD_ENABLE_WQ, 0);
	}
}

/* Bus master off while enabled: the vDSA halts, its WQ stops; the physical device does not notice. */
TEST(vdsa_cmd_halt, "vdsa.1dwq.cmd.halt", NEEDS_VDSA, "DSA 5.7, 9.1.3")
{
	struct bound *bound = bound_running();

	bound_config_write(bound, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	EXPECT_EQ(DSA_STATE_HALT, FIELD_GET(DSA_GENSTS_STATE, (uint32_t)bound_read(bound, DSA_GENSTS, 4)));
	EXPECT_EQ(DSA_SWERR_CONFIG_CHANGED, FIELD_GET(DSA_SWERROR_CODE, bound_read(bound, DSA_SWERROR, 8)));
	EXPECT_EQ(DSA_CMDERR_HALTED, bound_command(bound, DSA_CMD_RESET_DEVICE, 0));
	EXPECT_EQ(DSA_WQ_DISABLED, dsa_wq_state(test_dsa(), BOUND_WQ));
	EXPECT_EQ(DSA_STATE_ENABLED, dsa_state(test_dsa()));
	EXPECT_EQ(0, bound_info(bound).portal_hpa[0]);
	EXPECT_EQ(0, bound_info(bound).portal_hpa[1]);
}
