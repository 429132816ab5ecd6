/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vDSA comes and goes: what it takes from device, IOMMU and memory it gives back, also when making it fails on the
 * way, and also when its guest dies with everything switched on.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "kernel/mem.h"
#include "tests/suites/vdsa.h"

TEST(vdsa_life_no_leak, "vdsa.1dwq.life.no_leak", NEEDS_VDSA, "DSA 7.5")
{
	size_t free_pages = 0;
	uint32_t hpasid = 0;
	struct bound *bound;

	bound_prepare(BOUND_WQ);
	/* The first round may leave tables that are kept for the next one. */
	for (int round = 0; round < 3; round++) {
		if (round == 1)
			free_pages = page_free_count();
		bound = bound_open(BOUND_WQ);
		if (round == 1)
			hpasid = bound_info(bound).hpasid;
		bound_start(bound);
		bound_close(bound); /* the guest dies here */
		EXPECT_EQ(DSA_WQ_DISABLED, dsa_wq_state(test_dsa(), BOUND_WQ));
		EXPECT_EQ(DSA_STATE_ENABLED, dsa_state(test_dsa()));
	}
	EXPECT_EQ(free_pages, page_free_count());
	EXPECT_NE(0, hpasid);
}

TEST(vdsa_life_refused, "vdsa.1dwq.life.refused", NEEDS_VDSA, "DSA 7.5")
{
	struct vdsa_binding *binding;
	struct dsa_wq_config config;
	const char *why = NULL;
	size_t free_pages;
	struct bound *bound;

	bound = bound_fresh();
	free_pages = page_free_count();
	/* The WQ is taken. */
	EXPECT_ERRNO(EBUSY, vdsa_bind_create(bound->vm, test_dsa(), BOUND_WQ, &binding, &why));
	/* No such WQ. */
	EXPECT_ERRNO(EINVAL, vdsa_bind_create(bound->vm, test_dsa(), test_dsa()->caps.wqs, &binding, &why));
	EXPECT_EQ(free_pages, page_free_count());
	EXPECT_OK(vdsa_bind_destroy(bound->binding));
	bound->binding = NULL;

	/* An enabled WQ is somebody else's. */
	free_pages = page_free_count();
	EXPECT_DSA(dsa_wq_enable(test_dsa(), BOUND_WQ));
	EXPECT_ERRNO(EINVAL, vdsa_bind_create(bound->vm, test_dsa(), BOUND_WQ, &binding, &why));
	EXPECT_STR_EQ("the host's WQ is not disabled", why);
	EXPECT_DSA(dsa_wq_disable(test_dsa(), BOUND_WQ));

	/* A shared WQ is of another type. */
	EXPECT_DSA(dsa_reset(test_dsa()));
	config = dsa_wq_default(test_dsa());
	config.shared = true;
	config.threshold = config.size;
	EXPECT_DSA(dsa_wq_configure(test_dsa(), BOUND_WQ, &config));
	EXPECT_DSA(dsa_group_configure(test_dsa(), 0, BIT64(BOUND_WQ), 1));
	EXPECT_ERRNO(EINVAL, vdsa_bind_create(bound->vm, test_dsa(), BOUND_WQ, &binding, &why));
	EXPECT_STR_EQ("the host's WQ is shared, the type is dedicated", why);
	EXPECT_EQ(free_pages, page_free_count());
}

/* FLR by the guest: its WQ stops, its windows go, the device and the host's other work stay. */
TEST(vdsa_life_flr, "vdsa.1dwq.life.flr", NEEDS_VDSA, "PCIe 6.6.2")
{
	struct bound *bound = bound_running();

	EXPECT_EQ(DSA_WQ_ENABLED, dsa_wq_state(test_dsa(), BOUND_WQ));
	bound_config_write(bound, VDSA_CAP_EXP + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	EXPECT_EQ(DSA_WQ_DISABLED, dsa_wq_state(test_dsa(), BOUND_WQ));
	EXPECT_EQ(DSA_STATE_ENABLED, dsa_state(test_dsa()));
	EXPECT_EQ(0, bound_info(bound).portal_hpa[0]);
	EXPECT_EQ(0, bound_info(bound).portal_hpa[1]);
	EXPECT_EQ(DSA_IMS_CTRL_MASK, bound_info(bound).ims_control & DSA_IMS_CTRL_MASK);
	EXPECT_EQ(0, bound_config_read(bound, PCI_COMMAND, 2));
	/* And it can be used again. */
	bound_config_write(bound, PCI_BASE_ADDRESS_0, 4, (uint32_t)VDSA_BIND_BAR0);
	bound_config_write(bound, PCI_BASE_ADDRESS_2, 4, (uint32_t)VDSA_BIND_BAR2);
	bound_start(bound);
	EXPECT_EQ(DSA_WQ_ENABLED, dsa_wq_state(test_dsa(), BOUND_WQ));
}

/* Where the guest finds BARs and portals, and what they lead to. */
TEST(vdsa_life_windows, "vdsa.1dwq.life.windows", NEEDS_VDSA, "DSA 7.5.2")
{
	struct bound *bound = bound_fresh();
	struct vdsa_bind_info info = bound_info(bound);

	EXPECT_EQ(VDSA_BIND_BAR0 | 0xc, bound_config_read(bound, PCI_BASE_ADDRESS_0, 4));
	EXPECT_EQ(VDSA_BIND_BAR2 | 0xc, bound_config_read(bound, PCI_BASE_ADDRESS_2, 4));
	EXPECT_EQ(dsa_portal_phys(test_dsa(), BOUND_WQ, DSA_UNLIMITED_IMS), info.portal_hpa[0]);
	EXPECT_EQ(dsa_portal_phys(test_dsa(), BOUND_WQ, DSA_LIMITED_IMS), info.portal_hpa[1]);
	/* BAR0 over the guest's memory, below the window, above it: it does not decode, the memory stays. */
	bound_config_write(bound, PCI_BASE_ADDRESS_2, 4, 0);
	EXPECT_EQ(0, bound_info(bound).portal_hpa[1]);
	bound_config_write(bound, PCI_BASE_ADDRESS_2, 4, 0xb0000000);
	EXPECT_EQ(0, bound_info(bound).portal_hpa[1]);
	bound_config_write(bound, PCI_BASE_ADDRESS_2, 4, 0xfee00000);
	EXPECT_EQ(0, bound_info(bound).portal_hpa[1]);
	bound_config_write(bound, PCI_BASE_ADDRESS_2, 4, 0xfebfe000);
	EXPECT_EQ(info.portal_hpa[1], bound_info(bound).portal_hpa[1]);
	bound_config_write(bound, PCI_COMMAND, 2, 0);
	EXPECT_EQ(0, bound_info(bound).portal_hpa[1]);
	EXPECT_TRUE(bound_ram(bound, 0) != NULL);
}
