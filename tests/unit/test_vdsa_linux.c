/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the idxd driver of an unmodified Linux 6.12 does with a vDSA, access by access: bus scan, probe, device and WQ
 * enabled for a kernel client, an interrupt, tear-down. Width, offset and value are the driver's; each read says what
 * the driver needs to see.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <linux/idxd.h>
#include <linux/pci_regs.h>

#include "tests/unit/vdsa_host.h"

enum what {
	CR, /* configuration space: read and compare, write */
	CW,
	R, /* BAR0 */
	W,
	IRQ0, /* vector 0 must have come since the last step of this kind: the driver sleeps until then */
	DONE, /* a descriptor completes with the handle: status, and whether vector 1 comes */
};

struct step {
	enum what what;
	unsigned width;
	uint64_t at, value;
};

static const struct step scan[] = {
        {CR, 4, 0x00, 0x0b258086}, {CR, 1, 0x0e, 0x00}, /* one function only */
        {CR, 4, 0x08, 0x08800000}, {CR, 2, 0x04, 0},          {CW, 4, 0x10, 0xffffffff}, {CR, 4, 0x10, 0xffffe00c},
        {CW, 4, 0x10, 0xc000000c}, {CW, 4, 0x14, 0xffffffff}, {CR, 4, 0x14, 0xffffffff}, {CW, 4, 0x14, 0},
        {CW, 4, 0x18, 0xffffffff}, {CR, 4, 0x18, 0xffffe00c}, {CW, 4, 0x18, 0xc000200c}, {CW, 4, 0x1c, 0xffffffff},
        {CR, 4, 0x1c, 0xffffffff}, {CW, 4, 0x1c, 0},          {CW, 4, 0x20, 0xffffffff}, {CR, 4, 0x20, 0},
        {CW, 4, 0x30, 0xfffff800}, {CR, 4, 0x30, 0},          {CR, 2, 0x06, 0x0010},     {CR, 1, 0x34, 0x40},
        {CR, 2, 0x40, 0x5011},     {CR, 2, 0x50, 0x0010},     {CR, 2, 0x52, 0x0092},     {CR, 1, 0x3d, 0},
        {CR, 4, 0x100, 0}, /* no extended capabilities */
};

static const struct step probe[] = {
        {CW, 2, 0x04, PCI_COMMAND_MEMORY},
        {CW, 2, 0x04, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER},
        {R, 4, 0x00, 0x100},
        {R, 4, 0x90, 0}, /* not halted */
        {W, 4, 0xa0, 0x00500000},
        {R, 4, 0xa8, 0},
        {R, 8, 0x10, 0x015f011e},
        {R, 4, 0xb0, 0x7ffe},
        {R, 8, 0x30, 1},
        {R, 8, 0x38, 1},
        {R, 8, 0x20, UINT64_C(0x0002000000010010)},
        {R, 8, 0x40, UINT64_C(0x1003f03ff)},
        {R, 8, 0x48, 0},
        {R, 8, 0x50, 0},
        {R, 8, 0x58, 0},
        {R, 8, 0x60, UINT64_C(0x0000000300050004)},
        {R, 8, 0x68, 0},
        {R, 4, 0x80, 0x1000},
        {R, 8, 0x400, 1},
        {R, 8, 0x408, 0},
        {R, 8, 0x420, 1},
        {R, 8, 0x428, 8},
        {R, 4, 0x500, 16},
        {R, 4, 0x504, 0},
        {R, 4, 0x508, 0x91}, /* dedicated, no PASID: else the probe fails */
        {R, 4, 0x50c, 0x15f},
        {R, 4, 0x510, 0},
        {R, 4, 0x514, 0},
        {R, 4, 0x518, 0},
        {R, 4, 0x51c, 0},
        /* MSI-X: both vectors, all masked while the table is written. */
        {CR, 2, 0x42, 0x0001},
        {CR, 4, 0x44, 0x600},
        {CW, 2, 0x42, 0xc001},
        {R, 4, 0x60c, 1},
        {W, 4, 0x60c, 1},
        {R, 4, 0x61c, 1},
        {W, 4, 0x61c, 1},
        {W, 4, 0x600, 0xfee00000},
        {W, 4, 0x604, 0},
        {W, 4, 0x608, HOST_MSG_DATA},
        {R, 4, 0x600, 0xfee00000},
        {W, 4, 0x610, 0xfee00000},
        {W, 4, 0x614, 0},
        {W, 4, 0x618, HOST_MSG_DATA + 1},
        {R, 4, 0x610, 0xfee00000},
        {CW, 2, 0x42, 0x8001},
        {W, 4, 0x60c, 0},
        {R, 4, 0x60c, 0},
        {R, 4, 0x88, 0},
        {W, 4, 0x88, 3},
};

static const struct step enable[] = {
        {R, 4, 0x90, 0},
        {R, 4, 0x90, 0},
        {W, 4, 0xa0, 0x80100000}, /* Enable Device */
        {IRQ0, 0, 0, 0},
        {R, 4, 0x98, 2},
        {W, 4, 0x98, 2},
        {R, 4, 0x98, 0},
        {R, 4, 0xa8, 0},
        {R, 4, 0x90, 1},
        {W, 4, 0xa0, 0x80600000}, /* Enable WQ 0 */
        {IRQ0, 0, 0, 0},
        {R, 4, 0x98, 2},
        {W, 4, 0x98, 2},
        {R, 4, 0xa8, 0},
        {W, 4, 0x61c, 0}, /* vector 1 requested */
        {R, 4, 0x61c, 0},
        {W, 4, 0xa0, 0x80d00001}, /* Request Interrupt Handle 1 */
        {IRQ0, 0, 0, 0},
        {R, 4, 0x98, 2},
        {W, 4, 0x98, 2},
        {R, 4, 0xa8, HOST_SLOT << 8},
        {DONE, 0, HOST_SLOT, DSA_COMP_SUCCESS},
        {DONE, 0, HOST_SLOT, DSA_COMP_SUCCESS},
};

/* A software error, as the handler reads and clears it; then a second enabling, which is an error that it accepts. */
static const struct step errors[] = {
        {W, 4, 0xa0, 0x80100000}, {IRQ0, 0, 0, 0}, {R, 4, 0x98, 2}, {W, 4, 0x98, 2}, {R, 4, 0xa8, 0x10},
        {W, 4, 0xa0, 0x80600000}, {IRQ0, 0, 0, 0}, {R, 4, 0x98, 2}, {W, 4, 0x98, 2}, {R, 4, 0xa8, 0x21},
};

static const struct step swerror[] = {
        {IRQ0, 0, 0, 0},
        {R, 4, 0x98, 1},
        {W, 4, 0x98, 1},
        {R, 8, 0xc0, DSA_SWERROR_VALID | DSA_SWERROR_WQ_VALID | DSA_SWERR_DWQ_FULL << 8},
        {R, 8, 0xc8, 0},
        {R, 8, 0xd0, 0},
        {R, 8, 0xd8, 0},
        {W, 8, 0xc0, 3},
        {R, 8, 0xc0, DSA_SWERROR_WQ_VALID | DSA_SWERR_DWQ_FULL << 8},
        {R, 4, 0x90, 1},
};

static const struct step teardown[] = {
        {W, 4, 0xa0, 0x80800001}, /* Drain WQ 0 */
        {IRQ0, 0, 0, 0},
        {R, 4, 0x98, 2},
        {W, 4, 0x98, 2},
        {R, 4, 0xa8, 0},
        {W, 4, 0x61c, 1},
        {W, 4, 0xa0, 0x00e00000 | HOST_SLOT}, /* Release Interrupt Handle, polled */
        {R, 4, 0xa8, 0},
        {W, 4, 0x308, 0},
        {W, 4, 0xa0, 0x80a00001}, /* Reset WQ 0 */
        {IRQ0, 0, 0, 0},
        {R, 4, 0x98, 2},
        {W, 4, 0x98, 2},
        {R, 4, 0xa8, 0},
        {R, 4, 0x90, 1},
        {W, 4, 0xa0, 0x80200000}, /* Disable Device */
        {IRQ0, 0, 0, 0},
        {R, 4, 0x98, 2},
        {W, 4, 0x98, 2},
        {R, 4, 0xa8, 0},
        {R, 4, 0x90, 0},
        {W, 4, 0x88, 0},
        {W, 4, 0x60c, 1},
        {CW, 2, 0x42, 0x0001},
        {CW, 2, 0x04, PCI_COMMAND_MEMORY},
        {R, 4, 0x90, 0}, /* no halt: it was disabled */
};

static void play(struct host *h, const char *name, const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct step *s = &steps[i];
		uint64_t got = s->value;
		unsigned before;

		switch (s->what) {
		case CR:
			got = cfg_read(h, (uint32_t)s->at, s->width);
			break;
		case CW:
			cfg_write(h, (uint32_t)s->at, s->width, (uint32_t)s->value);
			break;
		case R:
			got = reg_read(h, s->at, s->width);
			break;
		case W:
			reg_write(h, s->at, s->width, s->value);
			break;
		case IRQ0:
			got = messages_with(h, HOST_MSG_DATA) == 1 ? s->value : UINT64_MAX;
			h->messages = 0;
			break;
		case DONE:
			before = messages_with(h, HOST_MSG_DATA + 1);
			got = host_completion(h, (uint16_t)s->at);
			assert_int_equal(messages_with(h, HOST_MSG_DATA + 1), before + 1);
			break;
		}
		if (got != s->value)
			fail_msg("%s step %zu at %llx: expected %llx, got %llx", name, i, (unsigned long long)s->at,
			         (unsigned long long)s->value, (unsigned long long)got);
		host_invariants(h);
	}
}

#define PLAY(h, steps) play(h, #steps, steps, ARRAY_SIZE(steps))

static void linux_6_12(void **state)
{
	struct host h;

	(void)state;
	host_start(&h);
	for (int pass = 0; pass < 2; pass++) { /* bound, unbound, bound again */
		if (pass == 0)
			PLAY(&h, scan);
		PLAY(&h, probe);
		PLAY(&h, enable);
		assert_true(h.wq_on);
		assert_int_equal(h.window[VDSA_WINDOW_PORTAL1].how, VDSA_MAPPED);
		PLAY(&h, errors);
		assert_true(vdsa_host_error(&h.v, (const uint64_t[4]){DSA_SWERROR_VALID | DSA_SWERROR_WQ_VALID |
		                                                      HOST_WQ << 16 | DSA_SWERR_DWQ_FULL << 8}));
		PLAY(&h, swerror);
		PLAY(&h, teardown);
		assert_false(h.wq_on);
	}
	host_stop(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(linux_6_12),
	};

	return cmocka_run_group_tests_name("vdsa_linux", tests, NULL, NULL);
}
