/* SPDX-License-Identifier: BSD-2-Clause */
/* The vDSA's configuration space: what a bus scan finds, and what a hostile guest does with it (cases C1 to C8). */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>

#include "tests/unit/vdsa_host.h"

static void snapshot(struct host *h, uint8_t *out)
{
	for (uint32_t i = 0; i < VDSA_CONFIG_SIZE; i += 4) {
		uint32_t word = cfg_read(h, i, 4);

		memcpy(out + i, &word, 4);
	}
}

static void reset_image(void **state)
{
	static const struct {
		uint32_t offset, width, value;
	} expected[] = {
	        {PCI_VENDOR_ID, 4, 0x0b258086},
	        {PCI_COMMAND, 2, 0},
	        {PCI_STATUS, 2, 0x0010},
	        {PCI_CLASS_REVISION, 4, 0x08800000},
	        {PCI_CACHE_LINE_SIZE, 4, 0},
	        {PCI_BASE_ADDRESS_0, 4, 0xc},
	        {PCI_BASE_ADDRESS_1, 4, 0},
	        {PCI_BASE_ADDRESS_2, 4, 0xc},
	        {PCI_BASE_ADDRESS_3, 4, 0},
	        {PCI_BASE_ADDRESS_4, 4, 0},
	        {PCI_BASE_ADDRESS_5, 4, 0},
	        {PCI_SUBSYSTEM_VENDOR_ID, 4, 0x20108086},
	        {PCI_ROM_ADDRESS, 4, 0},
	        {PCI_CAPABILITY_LIST, 1, 0x40},
	        {PCI_INTERRUPT_LINE, 2, 0x00ff},
	        {0x40, 4, 0x00015011}, /* MSI-X, 2 vectors, next 50 */
	        {0x44, 4, 0x600},
	        {0x48, 4, 0x700},
	        {0x50, 4, 0x00920010}, /* PCI Express v2, integrated endpoint, last */
	        {0x54, 4, PCI_EXP_DEVCAP_FLR},
	        {0x74, 4, 0}, /* no end-to-end prefix: no PASID */
	        {0x100, 4, 0},
	        {0x120, 4, 0},
	        {0xffc, 4, 0},
	};
	struct host h;

	(void)state;
	host_start(&h);
	for (unsigned i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(cfg_read(&h, expected[i].offset, expected[i].width), expected[i].value);
	host_stop(&h);
}

static void bar_sizes(void **state)
{
	struct host h;

	(void)state;
	host_start(&h);
	for (uint32_t bar = PCI_BASE_ADDRESS_0; bar <= PCI_BASE_ADDRESS_5; bar += 4)
		cfg_write(&h, bar, 4, UINT32_MAX);
	cfg_write(&h, PCI_ROM_ADDRESS, 4, UINT32_MAX);
	assert_int_equal(cfg_read(&h, PCI_BASE_ADDRESS_0, 4), 0xffffe00c);
	assert_int_equal(cfg_read(&h, PCI_BASE_ADDRESS_1, 4), 0xffffffff);
	assert_int_equal(cfg_read(&h, PCI_BASE_ADDRESS_2, 4), 0xffffe00c);
	assert_int_equal(cfg_read(&h, PCI_BASE_ADDRESS_3, 4), 0xffffffff);
	assert_int_equal(cfg_read(&h, PCI_BASE_ADDRESS_4, 4), 0);
	assert_int_equal(cfg_read(&h, PCI_BASE_ADDRESS_5, 4), 0);
	assert_int_equal(cfg_read(&h, PCI_ROM_ADDRESS, 4), 0);
	assert_int_equal(h.window[VDSA_WINDOW_BAR0].how, VDSA_ABSENT); /* decode is off */
	host_stop(&h);
}

/* C1: everything that is not listed as writable stays, whatever is written where. */
static void c1_read_only(void **state)
{
	static const struct {
		uint32_t offset, mask;
	} writable[] = {
	        {PCI_COMMAND, 0x546},
	        {PCI_CACHE_LINE_SIZE, 0xff},
	        {PCI_BASE_ADDRESS_0, 0xffffe000},
	        {PCI_BASE_ADDRESS_1, 0xffffffff},
	        {PCI_BASE_ADDRESS_2, 0xffffe000},
	        {PCI_BASE_ADDRESS_3, 0xffffffff},
	        {PCI_INTERRUPT_LINE, 0xff},
	        {VDSA_CAP_MSIX, 0xc0000000},
	        {VDSA_CAP_EXP + PCI_EXP_DEVCTL, 0x7fff},
	};
	static const uint32_t patterns[] = {UINT32_MAX, 0, 0x55555555, 0xaaaaaaaa};
	uint8_t before[VDSA_CONFIG_SIZE], after[VDSA_CONFIG_SIZE];
	struct host h;

	(void)state;
	host_start(&h);
	snapshot(&h, before);
	for (unsigned p = 0; p < ARRAY_SIZE(patterns); p++)
		for (uint32_t i = 0; i < VDSA_CONFIG_SIZE; i += 4) {
			if (i == VDSA_CAP_EXP + PCI_EXP_DEVCTL)
				cfg_write(&h, i, 4, patterns[p] & ~(uint32_t)PCI_EXP_DEVCTL_BCR_FLR);
			else
				cfg_write(&h, i, 4, patterns[p]);
			host_invariants(&h);
		}
	snapshot(&h, after);
	for (unsigned i = 0; i < ARRAY_SIZE(writable); i++)
		for (unsigned byte = 0; byte < 4; byte++) {
			uint8_t mask = (uint8_t)(writable[i].mask >> (8 * byte));

			before[writable[i].offset + byte] &= (uint8_t)~mask;
			after[writable[i].offset + byte] &= (uint8_t)~mask;
		}
	assert_memory_equal(before, after, sizeof(before));
	host_stop(&h);
}

/* C2: at and beyond the end, odd sizes, misaligned. */
static void c2_odd_accesses(void **state)
{
	struct host h;

	(void)state;
	host_start(&h);
	assert_int_equal(cfg_read(&h, 0xffe, 4), UINT32_MAX);
	assert_int_equal(cfg_read(&h, 0xffe, 2), 0);
	assert_int_equal(cfg_read(&h, 0x1000, 4), UINT32_MAX);
	assert_int_equal(cfg_read(&h, UINT32_MAX, 1), UINT32_MAX);
	assert_int_equal(cfg_read(&h, 0x13e, 4), UINT32_MAX);
	assert_int_equal(cfg_read(&h, 0, 3), UINT32_MAX);
	assert_int_equal(cfg_read(&h, 0, 0), UINT32_MAX);
	assert_int_equal(cfg_read(&h, 0, 8), UINT32_MAX);
	cfg_write(&h, 0xffe, 4, 0);
	cfg_write(&h, 0x1000, 4, UINT32_MAX);
	cfg_write(&h, 0xfffffffc, 4, UINT32_MAX);
	cfg_write(&h, PCI_BASE_ADDRESS_0 + 1, 4, UINT32_MAX);
	cfg_write(&h, PCI_BASE_ADDRESS_0 + 1, 2, UINT32_MAX);
	cfg_write(&h, PCI_BASE_ADDRESS_0, 3, UINT32_MAX);
	assert_int_equal(cfg_read(&h, PCI_BASE_ADDRESS_0, 4), 0xc);
	/* Bytes and words are lanes of the register. */
	cfg_write(&h, PCI_BASE_ADDRESS_0 + 3, 1, 0xc0);
	cfg_write(&h, PCI_BASE_ADDRESS_0 + 0, 2, 0xffff);
	assert_int_equal(cfg_read(&h, PCI_BASE_ADDRESS_0, 4), 0xc000e00c);
	host_stop(&h);
}

/* C3: BARs on each other, on RAM, beyond the address width, at 0: the guest's own address space only. */
static void c3_bars_overlap(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	assert_int_equal(h.window[VDSA_WINDOW_BAR0].how, VDSA_TRAPPED);
	assert_int_equal(h.window[VDSA_WINDOW_PORTAL1].how, VDSA_MAPPED);
	assert_int_equal(h.window[VDSA_WINDOW_PORTAL1].gpa, HOST_BAR2 + DSA_PORTAL_SIZE);

	cfg_write(&h, PCI_BASE_ADDRESS_2, 4, (uint32_t)HOST_BAR0); /* BAR0 wins */
	assert_int_equal(h.window[VDSA_WINDOW_BAR0].how, VDSA_TRAPPED);
	assert_int_equal(h.window[VDSA_WINDOW_PORTAL0].how, VDSA_ABSENT);
	assert_int_equal(h.window[VDSA_WINDOW_PORTAL1].how, VDSA_ABSENT);
	host_invariants(&h);
	cfg_write(&h, PCI_BASE_ADDRESS_0, 4, (uint32_t)HOST_BAR2); /* and when it moves on, BAR2 appears */
	assert_int_equal(h.window[VDSA_WINDOW_BAR0].gpa, HOST_BAR2);
	assert_int_equal(h.window[VDSA_WINDOW_PORTAL0].how, VDSA_MAPPED);
	assert_int_equal(h.window[VDSA_WINDOW_PORTAL0].gpa, HOST_BAR0);

	cfg_write(&h, PCI_BASE_ADDRESS_2, 4, 0x100000); /* RAM wins */
	assert_int_equal(h.window[VDSA_WINDOW_PORTAL0].how, VDSA_ABSENT);
	cfg_write(&h, PCI_BASE_ADDRESS_2, 4, 0);
	assert_int_equal(h.window[VDSA_WINDOW_PORTAL0].how, VDSA_ABSENT);
	cfg_write(&h, PCI_BASE_ADDRESS_3, 4, UINT32_MAX); /* beyond the address width */
	cfg_write(&h, PCI_BASE_ADDRESS_2, 4, UINT32_MAX);
	assert_int_equal(h.window[VDSA_WINDOW_PORTAL0].how, VDSA_ABSENT);
	assert_int_equal(h.window[VDSA_WINDOW_PORTAL1].how, VDSA_ABSENT);
	host_invariants(&h);
	host_stop(&h);
}

/* C4: the old mapping is gone before the new one is there (the host checks each step). */
static void c4_bar2_moves(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t base = 0xc0010000 + (i % 16) * VDSA_BAR2_SIZE;

		cfg_write(&h, PCI_BASE_ADDRESS_2, 4, base);
		assert_int_equal(h.window[VDSA_WINDOW_PORTAL0].gpa, base);
		assert_int_equal(h.window[VDSA_WINDOW_PORTAL0].how, VDSA_MAPPED);
		host_invariants(&h);
	}
	host_stop(&h);
}

/* C5: bus master off while enabled: halt, once. */
static void c5_bus_master_off(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	reg_write(&h, DSA_GENCTRL, 4, 3);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_WQ, 0), 0);
	assert_true(h.wq_on);
	reg_write(&h, DSA_INTCAUSE, 4, UINT32_MAX);
	h.messages = h.logged = 0;

	cfg_write(&h, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4),
	                 DSA_STATE_HALT | FIELD_PREP(DSA_GENSTS_RESET_TYPE, DSA_RESET_FLR));
	assert_int_equal(reg_read(&h, DSA_SWERROR, 8), DSA_SWERROR_VALID | FIELD_PREP(DSA_SWERROR_CODE, 0x51));
	assert_int_equal(reg_read(&h, DSA_INTCAUSE, 4), DSA_INTCAUSE_SWERR | DSA_INTCAUSE_HALT);
	assert_int_equal(h.messages, 2);
	assert_int_equal(logged(&h, HOST_OP_ABORT), 1);
	assert_false(h.wq_on);
	assert_int_equal(h.window[VDSA_WINDOW_PORTAL1].how, VDSA_TRAPPED);
	assert_int_equal(FIELD_GET(DSA_WQCFG6_STATE, reg_read(&h, VDSA_WQCFG + 24, 4)), DSA_WQ_DISABLED);

	for (int i = 0; i < 10; i++) {
		cfg_write(&h, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
		cfg_write(&h, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	}
	assert_int_equal(reg_read(&h, DSA_SWERROR, 8), DSA_SWERROR_VALID | FIELD_PREP(DSA_SWERROR_CODE, 0x51));
	assert_int_equal(h.messages, 2);
	assert_int_equal(h.v.stats.halts, 1);
	/* Clearing causes does not leave halt; commands are refused. */
	reg_write(&h, DSA_INTCAUSE, 4, UINT32_MAX);
	reg_write(&h, DSA_SWERROR, 8, 3);
	assert_int_equal(command(&h, DSA_CMD_RESET_DEVICE, 0), DSA_CMDERR_HALTED);
	/* A function level reset does. */
	cfg_write(&h, VDSA_CAP_EXP + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4), 0);
	host_invariants(&h);
	host_stop(&h);
}

/* Bus master off while disabled is nothing. */
static void c5_bus_master_off_disabled(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	cfg_write(&h, PCI_COMMAND, 2, 0);
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4), 0);
	assert_int_equal(reg_read(&h, DSA_SWERROR, 8), 0);
	host_stop(&h);
}

/* C6: memory decode at high rate. */
static void c6_decode_toggles(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	for (unsigned i = 0; i < 1000; i++) {
		bool on = i % 2;

		cfg_write(&h, PCI_COMMAND, 1, on ? PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER : PCI_COMMAND_MASTER);
		assert_int_equal(h.window[VDSA_WINDOW_BAR0].how, on ? VDSA_TRAPPED : VDSA_ABSENT);
		assert_int_equal(h.window[VDSA_WINDOW_PORTAL0].how, on ? VDSA_MAPPED : VDSA_ABSENT);
		host_invariants(&h);
	}
	host_stop(&h);
}

/* C7: the function mask under pending interrupts: one message each at unmask. */
static void c7_function_mask(void **state)
{
	struct host h;
	uint32_t flags = VDSA_CAP_MSIX + PCI_MSIX_FLAGS;

	(void)state;
	host_boot(&h);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_WQ, 0), 0);
	assert_int_equal(command(&h, DSA_CMD_REQUEST_INT_HANDLE, 1), HOST_SLOT << 8);
	h.messages = 0;
	cfg_write(&h, flags, 2, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	for (int i = 0; i < 3; i++) {
		(void)command(&h, DSA_CMD_DRAIN_ALL, 0);
		host_completion(&h, HOST_SLOT);
	}
	assert_int_equal(h.messages, 0);
	assert_int_equal(reg_read(&h, VDSA_MSIX_PBA, 8), 3);
	for (int i = 0; i < 5; i++) {
		cfg_write(&h, flags, 2, PCI_MSIX_FLAGS_ENABLE);
		cfg_write(&h, flags, 2, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	}
	assert_int_equal(messages_with(&h, HOST_MSG_DATA), 1);
	assert_int_equal(messages_with(&h, HOST_MSG_DATA + 1), 1);
	assert_int_equal(reg_read(&h, VDSA_MSIX_PBA, 8), 0);
	/* MSI-X off keeps what is pending, and sends nothing. */
	cfg_write(&h, flags, 2, 0);
	(void)command(&h, DSA_CMD_DRAIN_ALL, 0);
	assert_int_equal(h.messages, 2);
	assert_int_equal(reg_read(&h, VDSA_MSIX_PBA, 4), 1);
	host_stop(&h);
}

/* C8: capabilities that the type lacks cannot be switched on. */
static void c8_no_extended_capabilities(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_DEVICE, 0), 0);
	for (uint32_t i = 0x100; i < VDSA_CONFIG_SIZE; i += 2) {
		cfg_write(&h, i, 2, 0xffff);
		assert_int_equal(cfg_read(&h, i, 2), 0);
	}
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4), DSA_STATE_ENABLED);
	host_stop(&h);
}

static void flr(void **state)
{
	uint8_t pristine[VDSA_CONFIG_SIZE], after[VDSA_CONFIG_SIZE];
	struct host h;

	(void)state;
	host_start(&h);
	snapshot(&h, pristine);
	config_enable(&h);
	msix_entry(&h, 0, HOST_MSG_ADDR, HOST_MSG_DATA, 0);
	reg_write(&h, DSA_GENCTRL, 4, 3);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_WQ, 0), 0);
	assert_int_equal(command(&h, DSA_CMD_REQUEST_INT_HANDLE, 1), HOST_SLOT << 8);
	reg_write(&h, VDSA_MSIXPERM, 4, DSA_INTPERM_IGNORE);
	h.logged = 0;
	/* The reset bit is in the upper byte; a write of the lower one is no reset. */
	cfg_write(&h, VDSA_CAP_EXP + PCI_EXP_DEVCTL, 1, 0xff);
	assert_true(h.wq_on);
	cfg_write(&h, VDSA_CAP_EXP + PCI_EXP_DEVCTL + 1, 1, 0x80);
	assert_false(h.wq_on);
	assert_int_equal(h.log[0], HOST_OP_ABORT);
	assert_int_equal(h.log[1], HOST_OP_DISABLE);
	snapshot(&h, after);
	assert_memory_equal(pristine, after, sizeof(after));
	assert_int_equal(reg_read(&h, DSA_GENCTRL, 4), 0);
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4), 0);
	assert_int_equal(reg_read(&h, DSA_INTCAUSE, 4), 0);
	assert_int_equal(reg_read(&h, DSA_CMDSTS, 4), 0);
	assert_int_equal(reg_read(&h, VDSA_MSIXPERM, 4), 0);
	assert_int_equal(reg_read(&h, VDSA_MSIX_TABLE, 8), 0);
	assert_int_equal(reg_read(&h, VDSA_MSIX_TABLE + 12, 4), 1);
	assert_int_equal(h.v.handle_out, false);
	host_invariants(&h);
	host_stop(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(reset_image),
	        cmocka_unit_test(bar_sizes),
	        cmocka_unit_test(c1_read_only),
	        cmocka_unit_test(c2_odd_accesses),
	        cmocka_unit_test(c3_bars_overlap),
	        cmocka_unit_test(c4_bar2_moves),
	        cmocka_unit_test(c5_bus_master_off),
	        cmocka_unit_test(c5_bus_master_off_disabled),
	        cmocka_unit_test(c6_decode_toggles),
	        cmocka_unit_test(c7_function_mask),
	        cmocka_unit_test(c8_no_extended_capabilities),
	        cmocka_unit_test(flr),
	};

	return cmocka_run_group_tests_name("vdsa_config", tests, NULL, NULL);
}
