/* SPDX-License-Identifier: BSD-2-Clause */
/* Resets, halts, ends, two guests side by side, and guests that do anything, on a host made of software. */
#include "tests/suites/vdsa_soft.h"

static unsigned state_of(struct soft *s)
{
	return (unsigned)FIELD_GET(DSA_GENSTS_STATE, soft_get(s, SOFT_BAR0 + DSA_GENSTS, 4));
}

/* The guest resets its function: the physical WQ stops, memory decode is off, and it can start anew. */
TEST(soft_life_flr, "vdsa.soft.life.function_level_reset", NEEDS_HV, "PCIe 6.6.2")
{
	struct soft *s = soft_open();
	unsigned n;

	soft_start(s);
	soft_write(s, SOFT_CONFIG + VDSA_CAP_EXP + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	n = soft_read(s, SOFT_BAR0 + DSA_GENCAP, 8);
	soft_run(s);
	EXPECT_FALSE(s->wq_on);
	EXPECT_EQ(UINT64_MAX, soft_result(s, n));
	soft_write(s, SOFT_CONFIG + PCI_BASE_ADDRESS_0, 4, SOFT_BAR0);
	soft_write(s, SOFT_CONFIG + PCI_BASE_ADDRESS_2, 4, SOFT_BAR2);
	soft_start(s);
	EXPECT_EQ(DSA_STATE_ENABLED, state_of(s));
}

TEST(soft_life_reset, "vdsa.soft.life.reset_device", NEEDS_HV, "DSA 9.2.12")
{
	struct soft *s = soft_open();

	soft_start(s);
	EXPECT_EQ(0, soft_do(s, DSA_CMD_RESET_DEVICE, 0));
	EXPECT_FALSE(s->wq_on);
	EXPECT_EQ(DSA_STATE_DISABLED, state_of(s));
	soft_start(s);
}

/* The physical device halts: the guest hears of it, and only a reset brings its own back. */
TEST(soft_life_halt, "vdsa.soft.life.halt", NEEDS_HV, "DSA 5.7")
{
	struct soft *s = soft_open();

	soft_start(s);
	soft_await(s, GUEST_COUNTS + SOFT_VECTOR, 1);
	soft_write(s, SOFT_BAR0 + DSA_INTCAUSE, 4, DSA_INTCAUSE_COMMAND);
	soft_write(s, SOFT_BAR0 + DSA_GENCTRL, 4, DSA_GENCTRL_HALT_INT);
	soft_run(s);
	vdsa_host_halted(&s->v);
	soft_await(s, GUEST_COUNTS + SOFT_VECTOR, 2);
	soft_run(s);
	EXPECT_EQ(DSA_STATE_HALT, state_of(s));
	EXPECT_FALSE(s->wq_on);
	EXPECT_EQ(DSA_INTCAUSE_HALT, soft_get(s, SOFT_BAR0 + DSA_INTCAUSE, 4));
	EXPECT_EQ(DSA_CMDERR_HALTED, soft_do(s, DSA_CMD_ENABLE_DEVICE, 0));
}

/* Taken away from a guest that uses it: all is given back, and the guest finds nothing. */
TEST(soft_life_close, "vdsa.soft.life.taken_away", NEEDS_HV, "DSA 7.5")
{
	struct soft *s = soft_open();
	unsigned n[3];

	soft_start(s);
	EXPECT_OK(soft_close(s));
	EXPECT_FALSE(s->wq_on || s->attached || s->ims_taken);
	n[0] = soft_read(s, SOFT_CONFIG, 4);
	n[1] = soft_read(s, SOFT_BAR0 + DSA_GENCAP, 8);
	n[2] = soft_read(s, SOFT_BAR2, 8);
	soft_run(s);
	EXPECT_EQ(UINT32_MAX, soft_result(s, n[0]));
	EXPECT_EQ(UINT64_MAX, soft_result(s, n[1]));
	EXPECT_EQ(UINT64_MAX, soft_result(s, n[2]));
}

/* What one guest does arrives in its own device and nowhere else. */
TEST(soft_life_two, "vdsa.soft.life.two_guests", NEEDS_HV, "DSA 7.5")
{
	struct soft *s[2] = {soft_open(), soft_open()};
	struct dsa_hw_desc d;

	soft_start(s[0]);
	soft_start(s[1]);
	for (unsigned i = 0; i < 2; i++) {
		memset(guest_at(s[i]->vm, SOFT_SRC), (int)(0x60 + i), 256);
		dsa_desc_memmove(&d, SOFT_CR, SOFT_DST, SOFT_SRC, 256);
		dsa_desc_interrupt(&d, SOFT_SLOT);
		soft_submit(s[i], 0, &d);
	}
	for (unsigned i = 0; i < 2; i++) {
		test_context("guest %u", i);
		(void)soft_read(s[i], SOFT_BAR0 + DSA_GENSTS, 4);
		soft_await(s[i], GUEST_COUNTS + SOFT_VECTOR + 1, 1);
		soft_run(s[i]);
		EXPECT_EQ(0x60 + i, *(uint8_t *)guest_at(s[i]->vm, SOFT_DST));
		EXPECT_EQ(1, s[i]->executed);
		EXPECT_EQ(1, guest_interrupts(s[i]->vm, SOFT_VECTOR + 1));
		if (i == 0)
			EXPECT_EQ(0, s[1]->executed + guest_interrupts(s[1]->vm, SOFT_VECTOR + 1));
	}
}

/* Any step anywhere on the device. */
static void random_step(struct soft *s)
{
	uint64_t r = test_random(), value = test_random() * UINT64_C(0x100000001);
	unsigned width = 1U << (r & 3);
	uint64_t at;

	switch (r >> 4 & 7) {
	case 0:
	case 1:
		/* Its interrupts stay away: MSI-X is not enabled, and where messages would go is the guest's own. */
		at = SOFT_CONFIG + (r >> 8 & 0xfff & ~(uint64_t)(width - 1));
		width = width == 8 ? 4 : width;
		break;
	case 2:
		at = SOFT_BAR2 + (r >> 8 & 0x1fff & ~(uint64_t)(width - 1));
		break;
	case 3:
		(void)soft_command(s, (uint32_t)(r >> 8 & 15), (uint32_t)(r >> 16 & 1));
		return;
	default:
		at = SOFT_BAR0 + (r >> 8 & 0x7ff & ~(uint64_t)(width - 1));
		break;
	}
	if (r >> 40 & 1)
		(void)soft_read(s, at, width);
	else
		soft_write(s, at, width, value);
}

TEST(soft_hostile, "vdsa.soft.hostile.random", NEEDS_HV, "DSA 9.2, PCIe 7.5")
{
	struct soft *s = soft_open();

	for (unsigned round = 0; round < 20; round++) {
		test_context("round %u", round);
		/* Something to break. */
		vdsa_reset(&s->v);
		soft_write(s, SOFT_CONFIG + PCI_BASE_ADDRESS_0, 8, SOFT_BAR0);
		soft_write(s, SOFT_CONFIG + PCI_BASE_ADDRESS_2, 8, SOFT_BAR2);
		soft_start(s);
		for (unsigned i = 0; i < 200; i++)
			random_step(s);
		soft_run(s);
	}
	EXPECT_GE(1, s->v.stats.resets);
}
