/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations: what is written, what is answered, and that nothing beside it is touched. Each destination lies between
 * guard bytes; each answer is compared with one that this processor worked out.
 */
#include "tests/suites/dsa.h"

#define GUARD      64U
#define GUARD_BYTE 0xa5

/* A source of random bytes and a destination with guards, each of size bytes at offset in its page. */
struct operands {
	struct dsa_buf src, dst;
	uint8_t *from, *to;
	uint64_t from_dma, to_dma;
	size_t size;
};

static struct operands operands(size_t size)
{
	struct operands o = {.size = size};

	o.src = test_buf(size + 2 * PAGE_SIZE);
	o.dst = test_buf(size + 2 * PAGE_SIZE);
	random_bytes(o.src.cpu, o.src.size);
	return o;
}

/* Place both operands at their offsets (below 2048), with guards around the destination. */
static void place(struct operands *o, size_t from, size_t to)
{
	o->from = (uint8_t *)o->src.cpu + from;
	o->from_dma = o->src.dma + from;
	o->to = (uint8_t *)o->dst.cpu + GUARD + to;
	o->to_dma = o->dst.dma + GUARD + to;
	memset(o->dst.cpu, GUARD_BYTE, o->dst.size);
}

static void expect_guards(const struct operands *o, size_t size)
{
	for (size_t i = 1; i <= GUARD; i++) {
		EXPECT_EQ(GUARD_BYTE, o->to[-(ptrdiff_t)i]);
		EXPECT_EQ(GUARD_BYTE, o->to[size + i - 1]);
	}
}

static void need_opcode(unsigned opcode)
{
	if (!dsa_has_opcode(test_dsa(), opcode))
		SKIP("OPCAP lacks %s", dsa_opcode_name(opcode));
}

TEST(dsa_op_noop, "dsa.op.noop", NEEDS_SUBMIT, "DSA 8.3.1")
{
	struct dsa_hw_desc d;

	for (unsigned i = 0; i < 100; i++) {
		dsa_desc_noop(&d, test_cr_dma(0));
		test_execute_ok(&d);
		EXPECT_EQ(DSA_COMP_SUCCESS, test_cr(0)->status);
		EXPECT_EQ(0, test_cr(0)->bytes_completed);
	}
}

TEST(dsa_op_drain, "dsa.op.drain", NEEDS_SUBMIT, "DSA 8.3.3")
{
	struct dsa_hw_desc d;

	need_opcode(DSA_OPCODE_DRAIN);
	dsa_desc_drain(&d, test_cr_dma(0));
	test_execute_ok(&d);
}

static void move(struct operands *o, size_t from, size_t to, size_t size)
{
	struct dsa_hw_desc d;

	test_context("%zu bytes from offset %zu to %zu", size, from, to);
	place(o, from, to);
	dsa_desc_memmove(&d, test_cr_dma(0), o->to_dma, o->from_dma, (uint32_t)size);
	test_execute_ok(&d);
	EXPECT_EQ(0, test_cr(0)->bytes_completed);
	EXPECT_MEM_EQ(o->from, o->to, size);
	expect_guards(o, size);
}

TEST(dsa_op_memmove_sizes, "dsa.op.memmove.sizes", NEEDS_SUBMIT, "DSA 8.3.4")
{
	static const uint16_t sizes[] = {1,  2,   3,   7,   8,   9,   15,  16,  31,   32,   63,   64,
	                                 65, 127, 128, 255, 256, 511, 512, 513, 1023, 1024, 4095, 4096};
	struct operands o = operands(4096);

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		move(&o, 0, 0, sizes[i]);
}

TEST(dsa_op_memmove_unaligned, "dsa.op.memmove.unaligned", NEEDS_SUBMIT, "DSA 8.3.4")
{
	static const uint16_t offsets[] = {0, 1, 3, 7, 8, 31, 33, 63};
	static const uint16_t sizes[] = {1, 61, 64, 4096, 5000};
	struct operands o = operands(8192);

	for (size_t f = 0; f < ARRAY_SIZE(offsets); f++) {
		for (size_t t = 0; t < ARRAY_SIZE(offsets); t++) {
			for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
				move(&o, offsets[f], offsets[t], sizes[s]);
		}
	}
}

TEST(dsa_op_memmove_random, "dsa.op.memmove.random", NEEDS_SUBMIT, "DSA 8.3.4")
{
	struct operands o = operands(16384);

	for (unsigned i = 0; i < 50; i++)
		move(&o, test_random() % 2048, test_random() % 2048, 1 + test_random() % 16384);
}

TEST(dsa_op_memmove_large, "dsa.op.memmove.large", NEEDS_SUBMIT, "DSA 8.3.4")
{
	size_t size = UINT32_C(1) << 20;
	struct operands o;

	if (test_dsa()->caps.max_xfer_shift < 20)
		size = UINT32_C(1) << test_dsa()->caps.max_xfer_shift;
	o = operands(size);
	move(&o, 0, 0, size);
	move(&o, 5, 11, size - 17);
}

/* As if through a temporary, in both directions, where the device can; else refused. */
static void move_within(struct operands *o, size_t from, size_t to, size_t size)
{
	static uint8_t expected[8192];
	struct dsa_hw_desc d;

	test_context("%zu bytes from %zu to %zu", size, from, to);
	random_bytes(o->dst.cpu, sizeof(expected));
	memcpy(expected, o->dst.cpu, sizeof(expected));
	dsa_desc_memmove(&d, test_cr_dma(0), o->dst.dma + to, o->dst.dma + from, (uint32_t)size);
	if (!(test_dsa()->caps.gencap & DSA_GENCAP_OVERLAP)) {
		EXPECT_EQ(DSA_COMP_OVERLAP_BUFFERS, test_execute(&d));
	} else {
		test_execute_ok(&d);
		memmove(expected + to, expected + from, size);
	}
	EXPECT_MEM_EQ(expected, o->dst.cpu, sizeof(expected));
}

TEST(dsa_op_memmove_overlap, "dsa.op.memmove.overlap", NEEDS_SUBMIT, "DSA 8.3.4")
{
	struct operands o = operands(8192);

	move_within(&o, 0, 1, 4096);
	move_within(&o, 1, 0, 4096);
	move_within(&o, 100, 1000, 4000);
	move_within(&o, 1000, 100, 4000);
	move_within(&o, 0, 4095, 4096);
	move_within(&o, 64, 0, 1);
}

/* Operands that only touch do not overlap. */
TEST(dsa_op_memmove_adjacent, "dsa.op.memmove.adjacent", NEEDS_SUBMIT, "DSA 5.4")
{
	struct operands o = operands(8192);
	uint8_t *bytes = o.dst.cpu;
	struct dsa_hw_desc d;

	random_bytes(bytes, 4096);
	dsa_desc_memmove(&d, test_cr_dma(0), o.dst.dma + 2048, o.dst.dma, 2048);
	test_execute_ok(&d);
	EXPECT_MEM_EQ(bytes, bytes + 2048, 2048);
}

TEST(dsa_op_fill, "dsa.op.fill", NEEDS_SUBMIT, "DSA 8.3.5")
{
	static const uint16_t sizes[] = {1, 2, 7, 8, 9, 63, 64, 65, 4096, 5001};
	static const uint16_t offsets[] = {0, 1, 5, 8, 63};
	const uint64_t pattern = UINT64_C(0x8877665544332211);
	struct operands o;
	struct dsa_hw_desc d;

	need_opcode(DSA_OPCODE_MEMFILL);
	o = operands(8192);
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		for (size_t t = 0; t < ARRAY_SIZE(offsets); t++) {
			test_context("%u bytes at %u", sizes[s], offsets[t]);
			place(&o, 0, offsets[t]);
			dsa_desc_fill(&d, test_cr_dma(0), o.to_dma, pattern, sizes[s]);
			test_execute_ok(&d);
			/* The pattern begins with the destination, wherever that is. */
			for (unsigned i = 0; i < sizes[s]; i++)
				EXPECT_EQ((uint8_t)(pattern >> (8 * (i % 8))), o.to[i]);
			expect_guards(&o, sizes[s]);
		}
	}
}

TEST(dsa_op_dualcast, "dsa.op.dualcast", NEEDS_SUBMIT, "DSA 8.3.10")
{
	static const uint16_t sizes[] = {1, 63, 64, 1000, 4096};
	struct dsa_buf second;
	struct operands o;
	struct dsa_hw_desc d;

	need_opcode(DSA_OPCODE_DUALCAST);
	o = operands(8192);
	second = test_buf(o.dst.size);
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		test_context("%u bytes", sizes[s]);
		place(&o, 3, 5);
		memset(second.cpu, GUARD_BYTE, second.size);
		/* Both destinations agree in address bits 11:0 (5.4). */
		dsa_desc_dualcast(&d, test_cr_dma(0), o.to_dma, second.dma + (o.to_dma & 4095), o.from_dma, sizes[s]);
		test_execute_ok(&d);
		EXPECT_MEM_EQ(o.from, o.to, sizes[s]);
		EXPECT_MEM_EQ(o.from, (uint8_t *)second.cpu + (o.to_dma & 4095), sizes[s]);
		expect_guards(&o, sizes[s]);
	}
	dsa_desc_dualcast(&d, test_cr_dma(0), o.to_dma, second.dma + (o.to_dma & 4095) + 1, o.from_dma, 64);
	EXPECT_EQ(DSA_COMP_DCAST_ERR, test_execute(&d));
}

TEST(dsa_op_cflush, "dsa.op.cflush", NEEDS_SUBMIT, "DSA 8.3.26")
{
	struct operands o;
	struct dsa_hw_desc d;

	need_opcode(DSA_OPCODE_CFLUSH);
	o = operands(4096);
	place(&o, 0, 7);
	memcpy(o.to, o.from, 4096);
	dsa_desc_cflush(&d, test_cr_dma(0), o.to_dma, 4096);
	test_execute_ok(&d);
	EXPECT_MEM_EQ(o.from, o.to, 4096);
	expect_guards(&o, 4096);
}

/* The record comes after the data: whoever sees the one may use the other. */
TEST(dsa_op_record_last, "dsa.op.record_comes_after_data", NEEDS_SUBMIT, "DSA 3.6")
{
	struct operands o = operands(65536);
	struct dsa_hw_desc d;

	for (unsigned i = 0; i < 50; i++) {
		uint8_t byte = (uint8_t)(i + 1);

		memset(o.src.cpu, byte, 65536);
		place(&o, 0, 0);
		dsa_cr_clear(test_cr(0));
		dsa_desc_memmove(&d, test_cr_dma(0), o.to_dma, o.from_dma, 65536);
		test_submit(&d);
		EXPECT_TRUE(WAIT_FOR(test_cr(0)->status != 0, 1000000));
		EXPECT_EQ(byte, o.to[65535]);
		EXPECT_EQ(byte, o.to[0]);
		EXPECT_EQ(DSA_COMP_SUCCESS, test_cr(0)->status);
	}
}

/* A descriptor that asks for no record and succeeds says nothing (3.6). */
TEST(dsa_op_silent, "dsa.op.no_record_unless_asked_for", NEEDS_SUBMIT, "DSA 3.6")
{
	struct operands o = operands(4096);
	struct dsa_hw_desc d;

	place(&o, 0, 0);
	dsa_desc_memmove(&d, test_cr_dma(1), o.to_dma, o.from_dma, 64);
	desc_clear_flags(&d, IDXD_OP_FLAG_RCR);
	test_submit(&d);
	EXPECT_TRUE(WAIT_FOR(((volatile uint8_t *)o.to)[63] == o.from[63], 100000));
	expect_alive();
	EXPECT_EQ(0, test_cr(1)->status);
	/* But an error is told all the same. */
	dsa_desc_memmove(&d, test_cr_dma(1), o.to_dma, o.from_dma, 0);
	desc_clear_flags(&d, IDXD_OP_FLAG_RCR);
	test_submit(&d);
	EXPECT_DSA(dsa_wait(test_dsa(), test_cr(1), 0));
	EXPECT_EQ(DSA_COMP_XFER_ERANGE, dsa_cr_status(test_cr(1)));
}
