/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's completion interrupt: a handle requested by command, named in a descriptor; the device raises an IMS
 * entry of the host's, the host raises the guest's own message. The host's side of it is in conformance.c.
 */
#include "tests/suites/dsa.h"
#include "tests/suites/guest.h"

TEST(guest_irq_handle, "guest.irq.by_requested_handle", NEEDS_GUEST | NEEDS_SUBMIT | NEEDS_HANDLES, "DSA 7.5.4")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);
	struct dsa_hw_desc d;

	for (unsigned i = 0; i < GUEST_SUBMISSIONS; i++) {
		dsa_desc_noop(&d, test_cr_dma(0));
		dsa_desc_interrupt(&d, irq->handle);
		test_execute_ok(&d);
		EXPECT_DSA(dsa_irq_wait(irq, i, 0));
		EXPECT_EQ(i + 1, dsa_irq_count(irq));
	}
}

/* The handle given back raises nothing more: refused by the device, or masked by the host. */
TEST(guest_irq_released, "guest.irq.released_handle_raises_nothing", NEEDS_GUEST | NEEDS_SUBMIT | NEEDS_HANDLES,
     "DSA 3.7")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);
	struct dsa_hw_desc d;
	unsigned status;

	EXPECT_DSA(dsa_command(test_dsa(), DSA_CMD_RELEASE_INT_HANDLE, irq->handle, NULL));
	dsa_desc_noop(&d, test_cr_dma(0));
	dsa_desc_interrupt(&d, irq->handle);
	status = test_execute(&d);
	if (status != DSA_COMP_SUCCESS)
		EXPECT_EQ(DSA_COMP_INT_HANDLE_INVAL, status);
	allow_swerror(DSA_COMP_INT_HANDLE_INVAL);
	EXPECT_EQ(0, dsa_irq_count(irq));
}
