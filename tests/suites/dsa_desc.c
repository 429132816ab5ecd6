/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors that the device must refuse, each with one thing wrong (5.4): the status names it, and no data is
 * written. A device that lets them pass would break the day the bit gets a meaning.
 */
#include "kernel/boot.h"
#include "tests/suites/dsa.h"

#define SIZE 64U
#define COMMON \
	(IDXD_OP_FLAG_CRAV | IDXD_OP_FLAG_RCR | IDXD_OP_FLAG_RCI | IDXD_OP_FLAG_CR_TCS) /* legal for every opcode */
#define WRITES             (IDXD_OP_FLAG_CC | IDXD_OP_FLAG_STORD | IDXD_OP_FLAG_DRDBK)
#define TC1                IDXD_OP_FLAG_ADDR1_TCS
#define TC2                IDXD_OP_FLAG_ADDR2_TCS
#define TC3                IDXD_OP_FLAG_ADDR3_TCS
/* Steering tags in version 1, something else later: what they do is not ours to say. */
#define UNSETTLED          (IDXD_OP_FLAG_CRSTS | IDXD_OP_FLAG_DSTS)
#define BYTES(first, last) GENMASK64(last, first)

/* What each opcode allows (table 5-3, without what capabilities add). */
static const struct rule {
	uint8_t opcode;
	uint32_t flags;    /* besides COMMON */
	uint64_t reserved; /* bytes that must be zero */
} rules[] = {
        {DSA_OPCODE_NOOP, 0, BYTES(16, 35) | BYTES(38, 63)},
        {DSA_OPCODE_MEMMOVE, WRITES | TC1 | TC2, BYTES(38, 63)},
        {DSA_OPCODE_MEMFILL, WRITES | TC2, BYTES(38, 63)},
        {DSA_OPCODE_COMPARE, IDXD_OP_FLAG_CR | TC1 | TC2, BYTES(38, 39) | BYTES(41, 63)},
        {DSA_OPCODE_COMPVAL, IDXD_OP_FLAG_CR | TC1, BYTES(38, 39) | BYTES(41, 63)},
        {DSA_OPCODE_DUALCAST, WRITES | TC1 | TC2 | TC3, BYTES(38, 39) | BYTES(48, 63)},
        {DSA_OPCODE_CRCGEN, TC1 | TC3 | 0xff0000, BYTES(24, 31) | BYTES(38, 39) | BYTES(44, 63)},
        {DSA_OPCODE_COPY_CRC, WRITES | TC1 | TC2 | TC3 | 0xff0000, BYTES(38, 39) | BYTES(44, 63)},
};

/* What each opcode allows besides, if a capability says so. */
static const struct extra {
	uint8_t opcode;
	uint32_t flags;
	uint64_t gencap;
} extras[] = {
        {DSA_OPCODE_MEMFILL, DSA_DESC_FILL16, DSA_GENCAP_FILL16},
};

static struct dsa_buf src, dst;

static void buffers(void)
{
	src = test_buf(2 * PAGE_SIZE);
	dst = test_buf(4 * PAGE_SIZE);
	random_bytes(src.cpu, src.size);
}

/* A good descriptor of that opcode. */
static struct dsa_hw_desc good(uint8_t opcode)
{
	struct dsa_hw_desc d;
	uint64_t cr = test_cr_dma(0);

	switch (opcode) {
	case DSA_OPCODE_MEMFILL:
		dsa_desc_fill(&d, cr, dst.dma, 1, SIZE);
		break;
	case DSA_OPCODE_COMPARE:
		dsa_desc_compare(&d, cr, src.dma, dst.dma, SIZE);
		break;
	case DSA_OPCODE_COMPVAL:
		dsa_desc_compval(&d, cr, src.dma, 1, SIZE);
		break;
	case DSA_OPCODE_DUALCAST:
		dsa_desc_dualcast(&d, cr, dst.dma, dst.dma + PAGE_SIZE, src.dma, SIZE);
		break;
	case DSA_OPCODE_CRCGEN:
		dsa_desc_crc(&d, cr, src.dma, 0, SIZE);
		break;
	case DSA_OPCODE_COPY_CRC:
		dsa_desc_copy_crc(&d, cr, dst.dma, src.dma, 0, SIZE);
		break;
	case DSA_OPCODE_MEMMOVE:
		dsa_desc_memmove(&d, cr, dst.dma, src.dma, SIZE);
		break;
	default:
		dsa_desc_noop(&d, cr);
	}
	return d;
}

static void expect_refused(unsigned status, const struct dsa_hw_desc *d)
{
	static const uint8_t zero[SIZE];

	EXPECT_EQ(status, test_execute(d));
	EXPECT_MEM_EQ(zero, dst.cpu, SIZE);
}

static uint32_t extra_flags(uint8_t opcode)
{
	uint32_t flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(extras); i++) {
		/* A vDSA may not show what the device behind it has, and no switch takes from it. */
		if (extras[i].opcode == opcode && (boot_in_guest() || test_dsa()->caps.gencap & extras[i].gencap))
			flags |= extras[i].flags;
	}
	return flags;
}

TEST(dsa_desc_flags, "dsa.desc.reserved_flags", NEEDS_SUBMIT, "DSA 5.4, 8.1")
{
	buffers();
	for (size_t r = 0; r < ARRAY_SIZE(rules); r++) {
		if (!dsa_has_opcode(test_dsa(), rules[r].opcode))
			continue;
		for (unsigned bit = 0; bit < 24; bit++) {
			struct dsa_hw_desc d = good(rules[r].opcode);

			if ((COMMON | UNSETTLED | rules[r].flags | extra_flags(rules[r].opcode)) & BIT32(bit))
				continue;
			test_context("%s, flag bit %u", dsa_opcode_name(rules[r].opcode), bit);
			desc_set_flags(&d, BIT32(bit));
			expect_refused(DSA_COMP_INVALID_FLAGS, &d);
			/* At least one bad bit is shown (8.2.6): there is but one. */
			EXPECT_EQ(BIT32(bit), test_cr(0)->invalid_flags);
		}
	}
}

TEST(dsa_desc_reserved, "dsa.desc.reserved_bytes", NEEDS_SUBMIT, "DSA 5.4, 8.1")
{
	buffers();
	for (size_t r = 0; r < ARRAY_SIZE(rules); r++) {
		if (!dsa_has_opcode(test_dsa(), rules[r].opcode))
			continue;
		for (unsigned byte = 16; byte < 64; byte++) {
			struct dsa_hw_desc d = good(rules[r].opcode);

			if (!(rules[r].reserved & BIT64(byte)))
				continue;
			test_context("%s, byte %u", dsa_opcode_name(rules[r].opcode), byte);
			((uint8_t *)&d)[byte] |= 0x80;
			expect_refused(DSA_COMP_NOZERO_RESERVE, &d);
		}
	}
}

TEST(dsa_desc_required, "dsa.desc.required_flags", NEEDS_SUBMIT, "DSA 5.4")
{
	static const uint8_t opcodes[] = {DSA_OPCODE_COMPARE, DSA_OPCODE_COMPVAL, DSA_OPCODE_CRCGEN,
	                                  DSA_OPCODE_COPY_CRC, DSA_OPCODE_DRAIN};

	buffers();
	for (size_t i = 0; i < ARRAY_SIZE(opcodes); i++) {
		struct dsa_hw_desc d;

		if (!dsa_has_opcode(test_dsa(), opcodes[i]))
			continue;
		test_context("%s", dsa_opcode_name(opcodes[i]));
		d = good(opcodes[i]);
		if (opcodes[i] == DSA_OPCODE_DRAIN)
			dsa_desc_drain(&d, test_cr_dma(0));
		desc_clear_flags(&d, IDXD_OP_FLAG_RCR);
		expect_refused(DSA_COMP_INVALID_FLAGS, &d);
	}
}

TEST(dsa_desc_opcodes, "dsa.desc.unknown_opcodes", NEEDS_SUBMIT, "DSA 5.4, 9.2.6")
{
	for (unsigned op = 0; op < 256; op++) {
		struct dsa_hw_desc d;
		unsigned status;

		test_context("opcode 0x%02x", op);
		dsa_desc_init(&d, op, test_cr_dma(0));
		status = test_execute(&d);
		/* What OPCAP names is known, whatever else such an empty descriptor lacks; all else is not. */
		if (op == DSA_OP_TRANSLATION_FETCH && !test_dsa()->ats_on)
			EXPECT_EQ(DSA_COMP_BAD_OPCODE,
			          status); /* nothing is translated, so there is nothing to fetch */
		else if (dsa_has_opcode(test_dsa(), op))
			EXPECT_NE(DSA_COMP_BAD_OPCODE, status);
		else
			EXPECT_EQ(DSA_COMP_BAD_OPCODE, status);
	}
}

TEST(dsa_desc_size, "dsa.desc.transfer_size", NEEDS_SUBMIT, "DSA 5.4")
{
	static const uint8_t opcodes[] = {DSA_OPCODE_MEMMOVE, DSA_OPCODE_MEMFILL,  DSA_OPCODE_COMPARE,
	                                  DSA_OPCODE_COMPVAL, DSA_OPCODE_DUALCAST, DSA_OPCODE_CRCGEN,
	                                  DSA_OPCODE_COPY_CRC};
	unsigned shift = FIELD_GET(DSA_WQCFG3_MAX_XFER, dsa_wqcfg_read(test_dsa(), TEST_WQ, 3));

	buffers();
	for (size_t i = 0; i < ARRAY_SIZE(opcodes); i++) {
		struct dsa_hw_desc d = good(opcodes[i]);

		if (!dsa_has_opcode(test_dsa(), opcodes[i]))
			continue;
		test_context("%s of 0 bytes", dsa_opcode_name(opcodes[i]));
		d.xfer_size = 0;
		expect_refused(DSA_COMP_XFER_ERANGE, &d);
		test_context("%s of 2^%u + 1 bytes", dsa_opcode_name(opcodes[i]), shift);
		d.xfer_size = (UINT32_C(1) << shift) + 1;
		/* Dualcast's destinations would overlap as well. */
		if (shift < 32 && opcodes[i] != DSA_OPCODE_DUALCAST && opcodes[i] != DSA_OPCODE_COPY_CRC)
			expect_refused(DSA_COMP_XFER_ERANGE, &d);
	}
}

/* The WQ's own limit counts, not the device's. */
TEST(dsa_desc_wq_limit, "dsa.desc.transfer_size_limit_of_the_wq", NEEDS_SUBMIT | NEEDS_CONFIG, "DSA 5.4, 9.2.24")
{
	struct dsa_wq_config config = dsa_wq_default(test_dsa());
	struct dsa_hw_desc d;

	config.max_xfer_shift = 12;
	EXPECT_DSA(dsa_reset(test_dsa()));
	EXPECT_DSA(dsa_start_wq(test_dsa(), TEST_WQ, &config));
	buffers();
	d = good(DSA_OPCODE_MEMMOVE);
	d.xfer_size = 4097;
	expect_refused(DSA_COMP_XFER_ERANGE, &d);
	d.xfer_size = 4096;
	test_execute_ok(&d);
	EXPECT_MEM_EQ(src.cpu, dst.cpu, 4096);
}

TEST(dsa_desc_cr_misaligned, "dsa.desc.record_misaligned", NEEDS_SUBMIT, "DSA 5.4, 5.8")
{
	static const uint8_t offsets[] = {1, 4, 8, 16, 31};

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		struct dsa_swerror error;
		struct dsa_hw_desc d;

		test_context("record at + %u", offsets[i]);
		dsa_desc_noop(&d, test_cr_dma(4) + offsets[i]);
		test_submit(&d);
		test_swerror(&error);
		EXPECT_EQ(DSA_COMP_CRA_ALIGN, error.code);
		EXPECT_TRUE(error.desc_valid);
		EXPECT_EQ(DSA_OPCODE_NOOP, error.opcode);
		EXPECT_EQ(TEST_WQ, error.wq);
		for (unsigned byte = 0; byte < 2 * DSA_CR_SIZE; byte++)
			EXPECT_EQ(0, ((uint8_t *)test_cr(4))[byte]);
	}
	expect_alive();
}

/* One byte on each side, and adjacent operands, which are fine. */
TEST(dsa_desc_overlap, "dsa.desc.overlapping_operands", NEEDS_SUBMIT, "DSA 5.4")
{
	struct dsa_hw_desc d;

	if (!dsa_has_opcode(test_dsa(), DSA_OPCODE_COPY_CRC))
		SKIP("OPCAP lacks %s", dsa_opcode_name(DSA_OPCODE_COPY_CRC));
	buffers();
	d = good(DSA_OPCODE_COPY_CRC);
	d.src_addr = dst.dma + 1024;
	d.dst_addr = d.src_addr + SIZE - 1;
	expect_refused(DSA_COMP_OVERLAP_BUFFERS, &d);
	d.dst_addr = d.src_addr - SIZE + 1;
	expect_refused(DSA_COMP_OVERLAP_BUFFERS, &d);
	d.dst_addr = d.src_addr;
	expect_refused(DSA_COMP_OVERLAP_BUFFERS, &d);
	d.dst_addr = d.src_addr + SIZE;
	test_execute_ok(&d);
	d.dst_addr = d.src_addr - SIZE;
	test_execute_ok(&d);
}

/* On a dedicated WQ the PASID field of a descriptor means nothing: the WQ has its own (8.1.1). */
TEST(dsa_desc_pasid_ignored, "dsa.desc.pasid_field_is_ignored", NEEDS_SUBMIT, "DSA 8.1.1")
{
	struct dsa_hw_desc d;

	buffers();
	d = good(DSA_OPCODE_MEMMOVE);
	d.pasid = 0xabcde;
	test_execute_ok(&d);
	EXPECT_MEM_EQ(src.cpu, dst.cpu, SIZE);
}
