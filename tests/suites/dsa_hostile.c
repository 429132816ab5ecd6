/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver that does what no driver should, on the real device: random descriptors, random accesses to registers, and
 * resets while all of that is at work. Whatever it does reaches nothing but what the IOMMU gives to the device, and
 * afterwards a function level reset makes the device as good as new. The sequence depends on seed=.
 */
#include <linux/pci_regs.h>

#include "tests/suites/dsa.h"

#define NEEDS_HOSTILE (NEEDS_SUBMIT | NEEDS_IOMMU | NEEDS_IR | NEEDS_PASID | NEEDS_CONFIG)
#define SIZE          UINT32_C(0x8000)
#define BURST         16U

static struct dsa_buf bufs[3];
/* Memory that the device was never given. */
static uint8_t forbidden[4096] __attribute__((aligned(4096)));

/* What was refused, in the IOMMU or in the device, was provoked. */
static void forget_errors(void *arg)
{
	struct iommu *iommu = test_iommu();
	struct iommu_fault fault;

	(void)arg;
	dsa_flr(test_dsa());
	while (iommu && iommu->ops->fault_next(iommu, &fault) == 0)
		;
	dsa_swerror_clear(test_dsa());
}

/* Inter-domain operations need somebody's leave: one's own, for all memory and for a window. */
static void grant_oneself(void)
{
	const struct dsa_grant grants[] = {
	        {.access = test_pasid(), .submitter = test_pasid(), .read = true, .write = true, .updatable = true},
	        {.access = test_pasid(),
	         .submitter = test_pasid(),
	         .read = true,
	         .write = true,
	         .window = true,
	         .base = bufs[0].dma,
	         .size = SIZE},
	};
	uint16_t handle;

	for (unsigned i = 0; i < ARRAY_SIZE(grants) && i < test_dsa()->caps.idpt_entries; i++)
		EXPECT_DSA(dsa_grant_open(test_dsa(), i, &grants[i], &handle));
}

static void set_up(void)
{
	test_limit(60000);
	memset(forbidden, 0xa5, sizeof(forbidden));
	for (unsigned i = 0; i < ARRAY_SIZE(bufs); i++)
		bufs[i] = test_buf(SIZE);
	test_cleanup(forget_errors, NULL);
	grant_oneself();
}

/* The device works, and what it may not reach is as it was. */
static void expect_unharmed(void)
{
	forget_errors(NULL);
	EXPECT_EQ(DSA_STATE_DISABLED, dsa_state(test_dsa()));
	EXPECT_DSA(dsa_start_wq(test_dsa(), TEST_WQ, NULL));
	memset(test_cr(0), 0, DSA_CR_SIZE * TEST_CRS);
	expect_alive();
	for (size_t i = 0; i < sizeof(forbidden); i++)
		EXPECT_EQ(0xa5, forbidden[i]);
}

/* Mostly its own memory; else that of others, devices, nothing, addresses that are none. */
static uint64_t wild_address(void)
{
	const uint64_t r = test_random(), offset = r >> 8 & (SIZE - 1);

	switch (r & 15) {
	case 0:
		return phys_of(forbidden) + (offset & 0xfff);
	case 1:
		return test_dsa()->portals_phys + offset;
	case 2:
		return test_random();
	case 3:
		return UINT64_MAX - offset;
	case 4:
		return bufs[0].dma + SIZE - (offset & 0x3f); /* and over the end */
	case 5:
		return UINT64_C(0xfee00000) + (offset & 0xfff);
	case 6:
		return test_cr_dma((unsigned)offset);
	default:
		return bufs[r >> 4 & 1].dma + offset;
	}
}

static struct dsa_hw_desc wild_descriptor(void)
{
	static const uint8_t opcodes[] = {
	        DSA_OPCODE_NOOP,      DSA_OPCODE_BATCH,     DSA_OPCODE_DRAIN,    DSA_OPCODE_MEMMOVE,
	        DSA_OPCODE_MEMFILL,   DSA_OPCODE_COMPARE,   DSA_OPCODE_COMPVAL,  DSA_OPCODE_CR_DELTA,
	        DSA_OPCODE_AP_DELTA,  DSA_OPCODE_DUALCAST,  DSA_OPCODE_CRCGEN,   DSA_OPCODE_COPY_CRC,
	        DSA_OPCODE_DIF_CHECK, DSA_OPCODE_DIF_INS,   DSA_OPCODE_DIF_STRP, DSA_OPCODE_DIF_UPDT,
	        DSA_OPCODE_CFLUSH,    DSA_OP_ID_COPY,       DSA_OP_ID_FILL,      DSA_OP_ID_COMPARE,
	        DSA_OP_ID_COMPVAL,    DSA_OP_UPDATE_WINDOW,
	};
	const uint64_t r = test_random();
	struct dsa_hw_desc d;

	dsa_desc_init(&d, opcodes[r % ARRAY_SIZE(opcodes)], test_cr_dma((unsigned)(r >> 8)));
	d.src_addr = d.opcode == DSA_OPCODE_BATCH && r & BIT64(20) ? bufs[2].dma : wild_address();
	d.dst_addr = wild_address();
	/* Short, for what is refused is refused page by page, and each takes its time. */
	d.xfer_size = d.opcode == DSA_OPCODE_BATCH ? (uint32_t)(r >> 32 & 31) : (uint32_t)(r >> 32 & (SIZE - 1));
	if (d.opcode >= DSA_OP_UPDATE_WINDOW) {
		dsa_desc_first_in(&d, (uint16_t)(r >> 48 & 0x103));
		dsa_desc_second_in(&d, (uint16_t)(r >> 52 & 0x103));
	}
	if (r & BIT64(21))
		random_bytes(d.op_specific, sizeof(d.op_specific));
	if (r & BIT64(22))
		desc_set_flags(&d, (uint32_t)(test_random() & 0xffffff));
	if ((r >> 24 & 7) == 0)
		d.completion_addr = wild_address();
	if ((r >> 27 & 7) == 0)
		random_bytes(&d, sizeof(d));
	/* A whole 2 GiB of refusals would take minutes. */
	d.xfer_size %= 0x10000;
	return d;
}

static void submit_burst(void)
{
	struct dsa_hw_desc d;

	for (unsigned i = 0; i < SIZE / DSA_DESC_SIZE / 8; i++) {
		d = wild_descriptor();
		memcpy((uint8_t *)bufs[2].cpu + (size_t)i * DSA_DESC_SIZE, &d, sizeof(d));
	}
	for (unsigned i = 0; i < BURST; i++) {
		const uint64_t r = test_random();
		volatile uint8_t *portal = (volatile uint8_t *)test_dsa()->portals + (r & 3) * DSA_PORTAL_SIZE;

		d = wild_descriptor();
		cpu_sfence();
		/* Some of it to WQs that are off, and to pages without a WQ's consent. */
		cpu_movdir64b(
		        portal + (r & 0x700 ? TEST_WQ : 1) * DSA_PORTAL_WQ_STRIDE + (r >> 16 & 63) * DSA_DESC_SIZE, &d);
	}
}

TEST(dsa_hostile_descriptors, "dsa.hostile.descriptors", NEEDS_HOSTILE, "DSA 5.4")
{
	set_up();
	for (unsigned i = 0; i < 60; i++) {
		submit_burst();
		EXPECT_DSA(dsa_wq_drain(test_dsa(), TEST_WQ));
		EXPECT_EQ(DSA_STATE_ENABLED, dsa_state(test_dsa()));
	}
	expect_unharmed();
}

/* CMD is left out, or the device would be off most of the time; so is what ends the driver's own mapping. */
TEST(dsa_hostile_registers, "dsa.hostile.registers", NEEDS_HOSTILE, "DSA 9.2")
{
	volatile void *regs;

	set_up();
	regs = test_dsa()->regs;
	for (unsigned i = 0; i < 5000; i++) {
		const uint64_t r = test_random(), value = r & BIT64(62) ? UINT64_MAX : test_random();
		const uint64_t at = (r & BIT64(63) ? r >> 8 & 0x7ff : r >> 8 & 0xffff) & ~(uint64_t)(r & 0x70 ? 7 : 0);

		test_context("at 0x%x", (unsigned)at);
		if (at + 8 > test_dsa()->regs_size || (at + 8 > DSA_CMD && at < DSA_CMD + 4))
			continue;
		switch (r & 7) {
		case 0:
			mmio_write8(regs, at, (uint8_t)value);
			break;
		case 1:
			mmio_write16(regs, at, (uint16_t)value);
			break;
		case 2:
		case 3:
			mmio_write32(regs, at, (uint32_t)value);
			break;
		case 4:
			mmio_write64(regs, at, value);
			break;
		case 5:
			(void)mmio_read8(regs, at);
			break;
		case 6:
			(void)mmio_read32(regs, at);
			break;
		default:
			(void)mmio_read64(regs, at);
			break;
		}
	}
	test_context("afterwards");
	expect_unharmed();
}

TEST(dsa_hostile_resets, "dsa.hostile.resets", NEEDS_HOSTILE, "DSA 3.15, 9.2")
{
	set_up();
	for (unsigned i = 0; i < 30; i++) {
		const uint64_t r = test_random();

		test_context("round %u, kind %u", i, (unsigned)(r & 3));
		submit_burst();
		time_delay_us((unsigned)(r >> 8 & 0x3f));
		switch (r & 3) {
		case 0:
			EXPECT_DSA(dsa_reset(test_dsa()));
			break;
		case 1:
			EXPECT_DSA(dsa_flr(test_dsa()));
			break;
		case 2: /* a device that runs loses the bus: it halts */
			pci_command(test_dsa()->pci, 0, PCI_COMMAND_MASTER);
			pci_command(test_dsa()->pci, PCI_COMMAND_MASTER, 0);
			EXPECT_DSA(dsa_flr(test_dsa()));
			break;
		default:
			EXPECT_DSA(dsa_wq_abort(test_dsa(), TEST_WQ));
			EXPECT_DSA(dsa_disable(test_dsa()));
			EXPECT_DSA(dsa_reset(test_dsa()));
			break;
		}
		EXPECT_EQ(DSA_STATE_DISABLED, dsa_state(test_dsa()));
		EXPECT_DSA(dsa_start_wq(test_dsa(), TEST_WQ, NULL));
	}
	test_context("afterwards");
	expect_unharmed();
}
