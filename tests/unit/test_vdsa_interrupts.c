/* SPDX-License-Identifier: BSD-2-Clause */
/* Vectors, the IMS entry and interrupt handles (cases I1 to I9). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <linux/idxd.h>
#include <linux/pci_regs.h>

#include "tests/unit/vdsa_host.h"

#define TABLE1   (VDSA_MSIX_TABLE + PCI_MSIX_ENTRY_SIZE)
#define PERM1    (VDSA_MSIXPERM + DSA_MSIXPERM_STRIDE)
#define MESSAGE1 (HOST_MSG_DATA + 1)

static uint32_t ims_pasid(const struct host *h)
{
	return FIELD_GET(DSA_INTPERM_PASID, h->ims_control);
}

/* Up to where completions interrupt. */
static void boot_with_handle(struct host *h)
{
	host_boot(h);
	assert_int_equal(command(h, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(h, DSA_CMD_ENABLE_WQ, 0), 0);
	assert_int_equal(command(h, DSA_CMD_REQUEST_INT_HANDLE, 1), HOST_SLOT << 8);
	h->messages = 0;
}

static void completion_interrupts(void **state)
{
	struct host h;

	(void)state;
	boot_with_handle(&h);
	assert_int_equal(host_completion(&h, HOST_SLOT), DSA_COMP_SUCCESS);
	assert_int_equal(h.messages, 1);
	assert_int_equal(h.message[0].address, HOST_MSG_ADDR);
	assert_int_equal(h.message[0].data, MESSAGE1);
	assert_int_equal(h.v.stats.ims_interrupts, 1);
	assert_int_equal(ims_pasid(&h), HOST_HPASID);
	host_stop(&h);
}

/* I1: only index 1 of the MSI-X table has a handle; it is the same each time it is asked for. */
static void i1_request(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	for (uint32_t index = 0; index < 0x20000; index++) {
		bool good = index == 1;

		assert_int_equal(command(&h, DSA_CMD_REQUEST_INT_HANDLE, index), good ? HOST_SLOT << 8 : 0x41);
	}
	assert_int_equal(command(&h, DSA_CMD_REQUEST_INT_HANDLE, 0xe0001), HOST_SLOT << 8); /* 19:17 are ignored */
	host_stop(&h);
}

/* I2: another's handle, twice, never. */
static void i2_release(void **state)
{
	struct host h;

	(void)state;
	boot_with_handle(&h);
	for (uint32_t handle = 0; handle < 0x20000; handle++)
		if (handle != HOST_SLOT && handle != 1)
			assert_int_equal(command(&h, DSA_CMD_RELEASE_INT_HANDLE, handle), 0x41);
	assert_false(h.ims_control & DSA_IMS_CTRL_MASK);
	assert_int_equal(command(&h, DSA_CMD_RELEASE_INT_HANDLE, HOST_SLOT), 0);
	assert_true(h.ims_control & DSA_IMS_CTRL_MASK); /* a stale descriptor raises nothing */
	assert_int_equal(host_completion(&h, HOST_SLOT), DSA_COMP_INT_HANDLE_INVAL);
	h.messages = 0;
	assert_int_equal(command(&h, DSA_CMD_RELEASE_INT_HANDLE, HOST_SLOT), 0x41);
	assert_int_equal(h.messages, 1); /* one completion, not two */
	assert_int_equal(command(&h, DSA_CMD_REQUEST_INT_HANDLE, 1), HOST_SLOT << 8);
	assert_int_equal(command(&h, DSA_CMD_RELEASE_INT_HANDLE, 1), 0); /* by index, as the architecture says it */
	assert_true(h.ims_taken);
	host_stop(&h);
	assert_false(h.ims_taken);
}

/* I3: whatever the guest's table says, only the guest's own interrupt controller hears it. */
static void i3_hostile_message(void **state)
{
	static const struct {
		uint64_t address;
		uint32_t data;
	} bad[] = {
	        {0, 0x41},       {0x1000, 0x41},           {UINT64_C(0xfee0000000000000), 0x41},
	        {0xfee00000, 0}, {UINT64_MAX, UINT32_MAX},
	};
	struct host h;

	(void)state;
	boot_with_handle(&h);
	uint32_t before = h.ims_control;

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		msix_entry(&h, 1, bad[i].address, bad[i].data, 0);
		assert_int_equal(host_completion(&h, HOST_SLOT), DSA_COMP_SUCCESS);
	}
	assert_int_equal(h.messages, 0);
	assert_int_equal(h.v.stats.refused[1], ARRAY_SIZE(bad));
	assert_int_equal(h.ims_control, before); /* nothing of it in the hardware */
	host_stop(&h);
}

/* I4: masking loses nothing, PBA shows what waits wherever it waits, and one message comes at unmask. */
static void i4_mask(void **state)
{
	struct host h;

	(void)state;
	boot_with_handle(&h);
	reg_write(&h, TABLE1 + 12, 4, 1);
	assert_true(h.ims_control & DSA_IMS_CTRL_MASK);
	assert_int_equal(host_completion(&h, HOST_SLOT), DSA_COMP_SUCCESS);
	assert_int_equal(host_completion(&h, HOST_SLOT), DSA_COMP_SUCCESS);
	assert_int_equal(reg_read(&h, VDSA_MSIX_PBA, 8), 2);
	assert_int_equal(h.messages, 0);
	reg_write(&h, TABLE1 + 12, 4, 0);
	assert_int_equal(h.messages, 1);
	assert_int_equal(reg_read(&h, VDSA_MSIX_PBA, 8), 0);

	/* An interrupt that was on its way when the guest masked. */
	reg_write(&h, TABLE1 + 12, 4, 1);
	vdsa_ims_interrupt(&h.v);
	assert_int_equal(h.messages, 1);
	assert_int_equal(reg_read(&h, VDSA_MSIX_PBA, 4), 2);
	msix_entry(&h, 1, HOST_MSG_ADDR, 0x99, 1); /* the message is the one at unmask */
	reg_write(&h, TABLE1 + 12, 4, 0);
	assert_int_equal(messages_with(&h, 0x99), 1);
	host_invariants(&h);
	host_stop(&h);
}

/* I5, I6: MSIXPERM. The fake host checks that the entry is masked when its PASID changes. */
static void i5_msixperm(void **state)
{
	struct host h;

	(void)state;
	boot_with_handle(&h);
	/* A PASID that means nothing, however it is called, makes the handle useless. */
	reg_write(&h, PERM1, 4, FIELD_PREP(DSA_INTPERM_PASID, 0x123U) | DSA_INTPERM_PASID_EN);
	assert_int_equal(ims_pasid(&h), HOST_NOBODY);
	assert_int_equal(host_completion(&h, HOST_SLOT), DSA_COMP_INT_HANDLE_INVAL);
	reg_write(&h, PERM1, 4, FIELD_PREP(DSA_INTPERM_PASID, HOST_HPASID) | DSA_INTPERM_PASID_EN);
	assert_int_equal(ims_pasid(&h), HOST_NOBODY);
	/* Without PASID enable the PASID field means nothing. */
	reg_write(&h, PERM1, 4, FIELD_PREP(DSA_INTPERM_PASID, 0x123U));
	assert_int_equal(ims_pasid(&h), HOST_HPASID);
	assert_false(h.ims_control & DSA_IMS_CTRL_MASK);
	assert_int_equal(host_completion(&h, HOST_SLOT), DSA_COMP_SUCCESS);
	assert_int_equal(h.messages, 1);
	/* Ignore drops the guest's own interrupts. */
	reg_write(&h, PERM1, 4, DSA_INTPERM_IGNORE);
	assert_int_equal(host_completion(&h, HOST_SLOT), DSA_COMP_SUCCESS);
	assert_int_equal(h.messages, 1);
	reg_write(&h, PERM1, 4, 0);
	/* Vector 0's is stored and means nothing. */
	reg_write(&h, VDSA_MSIXPERM, 4, UINT32_MAX);
	assert_int_equal(reg_read(&h, VDSA_MSIXPERM, 4), 0xfffff00c);
	assert_int_equal(ims_pasid(&h), HOST_HPASID);
	host_invariants(&h);
	host_stop(&h);
}

/* I8: masked for ever with pending: the host hears nothing. */
static void i8_masked_for_ever(void **state)
{
	struct host h;

	(void)state;
	boot_with_handle(&h);
	reg_write(&h, TABLE1 + 12, 4, 1);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(host_completion(&h, HOST_SLOT), DSA_COMP_SUCCESS);
	assert_int_equal(h.v.stats.ims_interrupts, 0);
	/* And what waits does not survive a reset. */
	assert_int_equal(command(&h, DSA_CMD_RESET_DEVICE, 0), 0);
	assert_int_equal(reg_read(&h, VDSA_MSIX_PBA, 8), 0);
	assert_false(h.ims_pending);
	h.messages = 0;
	reg_write(&h, TABLE1 + 12, 4, 0);
	assert_int_equal(h.messages, 0);
	host_stop(&h);
}

/* A pending interrupt of a handle that was given back does not become one of the next reset's owner. */
static void reset_discards_pending(void **state)
{
	struct host h;

	(void)state;
	boot_with_handle(&h);
	reg_write(&h, TABLE1 + 12, 4, 1);
	assert_int_equal(host_completion(&h, HOST_SLOT), DSA_COMP_SUCCESS);
	assert_int_equal(command(&h, DSA_CMD_RELEASE_INT_HANDLE, HOST_SLOT), 0);
	reg_write(&h, TABLE1 + 12, 4, 0);
	assert_int_equal(reg_read(&h, VDSA_MSIX_PBA, 8), 2);
	assert_int_equal(command(&h, DSA_CMD_RESET_DEVICE, 0), 0);
	assert_int_equal(command(&h, DSA_CMD_REQUEST_INT_HANDLE, 1), HOST_SLOT << 8);
	assert_int_equal(messages_with(&h, MESSAGE1), 0);
	host_stop(&h);
}

/* I9: there is no interrupt message storage to be seen. */
static void i9_no_ims(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	for (uint64_t i = 0x1000; i < 0x2000; i += 8) {
		reg_write(&h, i, 8, UINT64_MAX);
		assert_int_equal(reg_read(&h, i, 8), 0);
	}
	assert_int_equal(FIELD_GET(DSA_GENCAP_IMS_SIZE, reg_read(&h, DSA_GENCAP, 8)), 0);
	assert_int_equal(FIELD_GET(DSA_OFFSETS_IMS, reg_read(&h, DSA_OFFSETS, 8)), 0);
	host_stop(&h);
}

/* O8 at this layer: before the guest has its handle the entry is masked, whoever guesses its number. */
static void no_handle_no_interrupt(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_WQ, 0), 0);
	h.messages = 0;
	assert_int_equal(host_completion(&h, HOST_SLOT), DSA_COMP_INT_HANDLE_INVAL);
	assert_int_equal(h.messages, 0);
	assert_int_equal(ims_pasid(&h), HOST_NOBODY);
	host_stop(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(completion_interrupts),
	        cmocka_unit_test(i1_request),
	        cmocka_unit_test(i2_release),
	        cmocka_unit_test(i3_hostile_message),
	        cmocka_unit_test(i4_mask),
	        cmocka_unit_test(i5_msixperm),
	        cmocka_unit_test(i8_masked_for_ever),
	        cmocka_unit_test(i9_no_ims),
	        cmocka_unit_test(reset_discards_pending),
	        cmocka_unit_test(no_handle_no_interrupt),
	};

	return cmocka_run_group_tests_name("vdsa_interrupts", tests, NULL, NULL);
}
