/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's completion interrupt: an IMS entry of the device that only the guest's PASID may use, whose message goes
 * through an IRTE to a vector of the host. What the guest writes to its MSI-X table, MSIXPERM and MSI-X capability
 * shows in the entry's mask, ignore bit and PASID, and in nothing else.
 */
#include <linux/pci_regs.h>

#include "kernel/time.h"
#include "tests/suites/vdsa.h"

#define TABLE1_CONTROL (VDSA_MSIX_TABLE + PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL)
#define MSIXPERM1      (VDSA_MSIXPERM + DSA_MSIXPERM_STRIDE)

static uint32_t entry_for(uint32_t pasid)
{
	return DSA_INTPERM_PASID_EN | FIELD_PREP(DSA_INTPERM_PASID, pasid);
}

static uint32_t control(struct bound *bound)
{
	return bound_info(bound).ims_control & ~DSA_IMS_CTRL_PENDING;
}

TEST(vdsa_ims_entry, "vdsa.1dwq.ims.entry", NEEDS_VDSA, "DSA 5.4, 9.2.28")
{
	struct bound *bound = bound_fresh();
	struct vdsa_bind_info info = bound_info(bound);
	uint32_t mine = entry_for(info.hpasid);
	uint32_t flags = VDSA_CAP_MSIX + PCI_MSIX_FLAGS;

	EXPECT_EQ(entry_for(info.pasid_nobody) | DSA_IMS_CTRL_MASK, control(bound));
	bound_start(bound); /* MSI-X on, unmasked, handle requested: now it is live */
	EXPECT_EQ(mine, control(bound));
	bound_write(bound, TABLE1_CONTROL, 4, 1);
	EXPECT_EQ(mine | DSA_IMS_CTRL_MASK, control(bound));
	bound_write(bound, TABLE1_CONTROL, 4, 0);
	EXPECT_EQ(mine, control(bound));
	bound_config_write(bound, flags, 2, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	EXPECT_EQ(mine | DSA_IMS_CTRL_MASK, control(bound));
	bound_config_write(bound, flags, 2, 0);
	EXPECT_EQ(mine | DSA_IMS_CTRL_MASK, control(bound));
	bound_config_write(bound, flags, 2, PCI_MSIX_FLAGS_ENABLE);
	EXPECT_EQ(mine, control(bound));
	bound_write(bound, MSIXPERM1, 4, DSA_INTPERM_IGNORE);
	EXPECT_EQ(mine | DSA_INTPERM_IGNORE, control(bound));
	/* A PASID that the guest does not have, the host's own number included. */
	bound_write(bound, MSIXPERM1, 4, entry_for(info.hpasid));
	EXPECT_EQ(entry_for(info.pasid_nobody), control(bound));
	bound_write(bound, MSIXPERM1, 4, 0);
	EXPECT_EQ(mine, control(bound));
	EXPECT_EQ(0, bound_command(bound, DSA_CMD_RELEASE_INT_HANDLE, info.handle));
	EXPECT_EQ(entry_for(info.pasid_nobody) | DSA_IMS_CTRL_MASK, control(bound));
	/* All this never touched the message. */
	EXPECT_EQ(info.ims_address, bound_info(bound).ims_address);
	EXPECT_EQ(info.ims_data, bound_info(bound).ims_data);
}

/* The entry's message is in remappable format, and its IRTE is bound to this device and the host's vector. */
TEST(vdsa_ims_remapped, "vdsa.1dwq.ims.remapped", NEEDS_VDSA, "VT-d 5.1.2, 9.10")
{
	struct bound *bound = bound_running();
	struct vdsa_bind_info info = bound_info(bound);

	EXPECT_EQ(0xfee, info.ims_address >> 20);
	EXPECT_EQ(1, (info.ims_address >> 4) & 1);
	EXPECT_TRUE(info.ims_token != NULL);
	const volatile uint64_t *irte = vtd_irte_entry(info.ims_token);

	EXPECT_EQ(1, irte[0] & 1);
	EXPECT_EQ(info.ims_vector, (irte[0] >> 16) & 0xff);
	EXPECT_EQ(test_dsa()->pci->sid, irte[1] & 0xffff);
	EXPECT_EQ(vtd_irte_index(info.ims_token), (info.ims_address >> 5) & 0x7fff);
	EXPECT_NE(BOUND_MSI_DATA + 1, info.ims_data);
}

static void noop_with_interrupt(struct dsa_hw_desc *d, uint16_t handle)
{
	dsa_desc_noop(d, BOUND_CR);
	dsa_desc_interrupt(d, handle);
}

static void expect_interrupts(struct bound *bound, uint64_t count)
{
	if (!WAIT_FOR(bound_info(bound).ims_interrupts >= count, 100000))
		FAIL("no interrupt of IMS entry %u within 100 ms", bound_info(bound).ims_index);
	EXPECT_EQ(count, bound_info(bound).ims_interrupts);
}

/* Messages of vector 1 sent to the guest; its APIC, which nobody has switched on, may not have taken them. */
static uint64_t told(struct bound *bound)
{
	struct vdsa_stats stats = bound_info(bound).vdsa;

	return stats.messages[1] + stats.refused[1];
}

TEST(vdsa_ims_interrupt, "vdsa.1dwq.ims.interrupt", NEEDS_VDSA | NEEDS_MOVDIR64B, "DSA 5.4, 7.5.4")
{
	struct bound *bound = bound_running();
	struct dsa_hw_desc d;

	noop_with_interrupt(&d, bound_info(bound).handle);
	EXPECT_EQ(DSA_COMP_SUCCESS, bound_execute(bound, &d));
	expect_interrupts(bound, 1);
	/* It went on to the guest. */
	EXPECT_EQ(1, told(bound));

	/* Masked by the guest: it waits in the device, the host is not disturbed, the guest sees it pending. */
	bound_write(bound, TABLE1_CONTROL, 4, 1);
	EXPECT_EQ(DSA_COMP_SUCCESS, bound_execute(bound, &d));
	EXPECT_TRUE(WAIT_FOR(bound_read(bound, VDSA_MSIX_PBA, 8) == 2, 100000));
	EXPECT_EQ(1, bound_info(bound).ims_interrupts);
	bound_write(bound, TABLE1_CONTROL, 4, 0);
	expect_interrupts(bound, 2);
	EXPECT_EQ(2, told(bound));
	EXPECT_EQ(0, bound_read(bound, VDSA_MSIX_PBA, 8));

	/* A pending one does not outlive a reset. */
	bound_write(bound, TABLE1_CONTROL, 4, 1);
	EXPECT_EQ(DSA_COMP_SUCCESS, bound_execute(bound, &d));
	EXPECT_TRUE(WAIT_FOR(bound_read(bound, VDSA_MSIX_PBA, 8) == 2, 100000));
	EXPECT_EQ(0, bound_command(bound, DSA_CMD_RESET_DEVICE, 0));
	EXPECT_EQ(0, bound_read(bound, VDSA_MSIX_PBA, 8));
	bound_write(bound, TABLE1_CONTROL, 4, 0);
	EXPECT_EQ(2, told(bound));
}

/* Any handle but the guest's own ends in status 19h, and no interrupt comes, to nobody. */
TEST(vdsa_ims_foreign_handle, "vdsa.1dwq.ims.foreign_handle", NEEDS_VDSA | NEEDS_MOVDIR64B, "DSA 5.4")
{
	static const uint16_t foreign[] = {0, 1, 2, 0x7ff, 0x800, 0x8000, 0xffff};
	struct bound *bound = bound_running();
	struct dsa_irq *other = test_irq(DSA_IRQ_IMS, 0); /* the host's own, under its own PASID */
	struct vdsa_bind_info info = bound_info(bound);
	struct dsa_hw_desc d;
	struct dsa_swerror error;

	for (unsigned i = 0; i < ARRAY_SIZE(foreign); i++) {
		if (foreign[i] == info.handle)
			continue;
		test_context("handle 0x%x", foreign[i]);
		noop_with_interrupt(&d, foreign[i]);
		EXPECT_EQ(DSA_COMP_INT_HANDLE_INVAL, bound_execute(bound, &d));
		if (dsa_swerror_read(test_dsa(), &error) == 0) /* allowed to be there too */
			dsa_swerror_clear(test_dsa());
	}
	/* And its own, if MSIXPERM names a PASID that is not the WQ's. */
	bound_write(bound, MSIXPERM1, 4, entry_for(1));
	noop_with_interrupt(&d, info.handle);
	EXPECT_EQ(DSA_COMP_INT_HANDLE_INVAL, bound_execute(bound, &d));
	if (dsa_swerror_read(test_dsa(), &error) == 0)
		dsa_swerror_clear(test_dsa());
	EXPECT_EQ(0, dsa_irq_count(other));
	EXPECT_EQ(0, bound_info(bound).ims_interrupts);
}
