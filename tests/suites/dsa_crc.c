/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CRC generation (CRC-32C) in its four modes, alone and with a copy, whole and in parts; and the data integrity field,
 * whose guard is the T10 CRC. The numbers are published check values; what is longer is compared with a bit-by-bit
 * reckoning here.
 */
#include "tests/suites/dsa.h"

#define CRC32C_REFLECTED UINT32_C(0x82f63b78)

static void need_opcode(unsigned opcode)
{
	if (!dsa_has_opcode(test_dsa(), opcode))
		SKIP("OPCAP lacks %s", dsa_opcode_name(opcode));
}

/* 8.3.12's normal mode, a bit at a time: the value of one part is the seed of the next. */
static uint32_t crc32c(uint32_t seed, const uint8_t *bytes, size_t size)
{
	uint32_t crc = ~seed;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ CRC32C_REFLECTED : crc >> 1;
	}
	return ~crc;
}

static uint32_t run(uint64_t src, uint32_t seed, uint32_t size, uint32_t flags)
{
	struct dsa_hw_desc d;

	dsa_desc_crc(&d, test_cr_dma(0), src, seed, size);
	desc_set_flags(&d, flags);
	test_execute_ok(&d);
	return (uint32_t)test_cr(0)->crc_val;
}

TEST(dsa_crc_vectors, "dsa.op.crc.vectors", NEEDS_SUBMIT, "DSA 8.3.12")
{
	static const struct {
		const char *name;
		uint8_t first, step;
		uint8_t size;
		uint32_t crc;
	} vectors[] = {
	        {"1 x 00", 0, 0, 1, 0x527d5351},      {"32 x 00", 0, 0, 32, 0x8a9136aa},
	        {"32 x FF", 0xff, 0, 32, 0x62a8ab43}, {"00..1F", 0, 1, 32, 0x46dd794e},
	        {"1..9", '1', 1, 9, 0xe3069283},
	};
	struct dsa_buf src;
	uint8_t *bytes;

	need_opcode(DSA_OPCODE_CRCGEN);
	src = test_buf(64);
	bytes = src.cpu;
	for (size_t v = 0; v < ARRAY_SIZE(vectors); v++) {
		test_context("%s", vectors[v].name);
		for (unsigned i = 0; i < vectors[v].size; i++)
			bytes[i] = (uint8_t)(vectors[v].first + i * vectors[v].step);
		EXPECT_EQ(vectors[v].crc, run(src.dma, 0, vectors[v].size, 0));
	}
}

TEST(dsa_crc_modes, "dsa.op.crc.modes", NEEDS_SUBMIT, "DSA 8.3.12")
{
	struct dsa_buf src;

	need_opcode(DSA_OPCODE_CRCGEN);
	src = test_buf(64);
	memcpy(src.cpu, "123456789", 9);
	EXPECT_EQ(0xe3069283, run(src.dma, 0, 9, 0));
	EXPECT_EQ(0x045fc71a, run(src.dma, 0, 9, DESC_FLAG_NO_INVERT));
	EXPECT_EQ(0xa8f022a0, run(src.dma, 0, 9, DESC_FLAG_NO_REFLECT));
	EXPECT_EQ(0xc052a8c8, run(src.dma, 0, 9, DESC_FLAG_NO_INVERT | DESC_FLAG_NO_REFLECT));
}

TEST(dsa_crc_chained, "dsa.op.crc.in_parts", NEEDS_SUBMIT, "DSA 8.3.12")
{
	static const uint32_t modes[] = {0, DESC_FLAG_NO_INVERT, DESC_FLAG_NO_REFLECT,
	                                 DESC_FLAG_NO_INVERT | DESC_FLAG_NO_REFLECT};
	struct dsa_buf src;

	need_opcode(DSA_OPCODE_CRCGEN);
	src = test_buf(4096);
	random_bytes(src.cpu, 4096);
	for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
		uint32_t whole = run(src.dma, 0, 4096, modes[m]);
		uint32_t part = run(src.dma, 0, 1001, modes[m]);

		test_context("flags 0x%x", (unsigned)modes[m]);
		EXPECT_EQ(whole, run(src.dma + 1001, part, 4096 - 1001, modes[m]));
	}
}

TEST(dsa_crc_random, "dsa.op.crc.random", NEEDS_SUBMIT, "DSA 8.3.12")
{
	struct dsa_buf src;

	need_opcode(DSA_OPCODE_CRCGEN);
	src = test_buf(8192);
	random_bytes(src.cpu, 8192);
	for (unsigned i = 0; i < 20; i++) {
		uint32_t offset = (uint32_t)(test_random() % 4096), size = 1 + (uint32_t)(test_random() % 4096);
		uint32_t seed = (uint32_t)test_random();

		test_context("%u bytes at %u, seed 0x%x", (unsigned)size, (unsigned)offset, (unsigned)seed);
		EXPECT_EQ(crc32c(seed, (uint8_t *)src.cpu + offset, size), run(src.dma + offset, seed, size, 0));
	}
}

TEST(dsa_crc_seed_in_memory, "dsa.op.crc.seed_from_memory", NEEDS_SUBMIT, "DSA 8.3.12")
{
	struct dsa_buf src;
	struct dsa_hw_desc d;
	uint32_t seed = 0x12345678;

	need_opcode(DSA_OPCODE_CRCGEN);
	src = test_buf(4096);
	random_bytes(src.cpu, 256);
	memcpy((uint8_t *)src.cpu + 1024, &seed, sizeof(seed));
	dsa_desc_crc(&d, test_cr_dma(0), src.dma, 0, 256);
	d.seed_addr = src.dma + 1024;
	desc_set_flags(&d, DESC_FLAG_READ_SEED);
	test_execute_ok(&d);
	EXPECT_EQ(crc32c(seed, src.cpu, 256), (uint32_t)test_cr(0)->crc_val);
	d.seed_addr = src.dma + 1025;
	EXPECT_EQ(DSA_COMP_ADDR_ALIGN, test_execute(&d));
}

TEST(dsa_crc_copy, "dsa.op.copy_crc", NEEDS_SUBMIT, "DSA 8.3.13")
{
	struct dsa_buf src, dst;
	struct dsa_hw_desc d;

	need_opcode(DSA_OPCODE_COPY_CRC);
	src = test_buf(8192);
	dst = test_buf(8192);
	random_bytes(src.cpu, src.size);
	for (uint32_t size = 1; size < 5000; size = size * 3 + 1) {
		test_context("%u bytes", (unsigned)size);
		memset(dst.cpu, 0, dst.size);
		dsa_desc_copy_crc(&d, test_cr_dma(0), dst.dma + 3, src.dma + 5, 0, size);
		test_execute_ok(&d);
		EXPECT_EQ(crc32c(0, (uint8_t *)src.cpu + 5, size), (uint32_t)test_cr(0)->crc_val);
		EXPECT_MEM_EQ((uint8_t *)src.cpu + 5, (uint8_t *)dst.cpu + 3, size);
		EXPECT_EQ(0, ((uint8_t *)dst.cpu)[2]);
		EXPECT_EQ(0, ((uint8_t *)dst.cpu)[3 + size]);
	}
}

/* ---- data integrity field (appendix B): blocks of 512 bytes, each followed by 8 big-endian bytes of tags ---- */

#define BLOCK            512U
#define TUPLE            8U
#define BLOCKS           4U
#define DIF_STATUS_GUARD 1
#define DIF_STATUS_APP   2
#define DIF_STATUS_REF   4
/* of the destination (byte 41) */
#define DEST_REF_PASS    0x40
#define DEST_GUARD_PASS  0x20
#define DEST_APP_COUNTS  0x10
#define DEST_APP_PASS    0x08

static struct dsa_buf plain, tagged;

static void dif_insert(uint16_t app, uint32_t ref)
{
	struct dsa_hw_desc d;

	dsa_desc_init(&d, DSA_OPCODE_DIF_INS, test_cr_dma(0));
	d.src_addr = plain.dma;
	d.dst_addr = tagged.dma;
	d.xfer_size = BLOCKS * BLOCK;
	d.ins_ref_tag_seed = ref;
	d.ins_app_tag_seed = app;
	test_execute_ok(&d);
}

static unsigned dif_check(uint16_t app, uint32_t ref)
{
	struct dsa_hw_desc d;

	dsa_desc_init(&d, DSA_OPCODE_DIF_CHECK, test_cr_dma(0));
	d.src_addr = tagged.dma;
	d.xfer_size = BLOCKS * (BLOCK + TUPLE);
	d.chk_ref_tag_seed = ref;
	d.chk_app_tag_seed = app;
	return test_execute(&d);
}

static void dif_setup(void)
{
	need_opcode(DSA_OPCODE_DIF_INS);
	need_opcode(DSA_OPCODE_DIF_CHECK);
	plain = test_buf(BLOCKS * BLOCK);
	tagged = test_buf(BLOCKS * (BLOCK + TUPLE));
}

TEST(dsa_dif_insert, "dsa.op.dif.insert", NEEDS_SUBMIT, "DSA 8.3.15")
{
	/* Of blocks filled with one byte, and of 00..FF twice: T10 CRC, most significant byte first. */
	static const uint16_t guards[BLOCKS] = {0x0000, 0xe6a1, 0x4f10, 0x0000};

	dif_setup();
	memset((uint8_t *)plain.cpu + BLOCK, 0xff, BLOCK);
	for (unsigned i = 0; i < BLOCK; i++)
		((uint8_t *)plain.cpu)[2 * BLOCK + i] = (uint8_t)i;
	dif_insert(0xabcd, 0x01020304);
	for (unsigned b = 0; b < BLOCKS; b++) {
		const uint8_t *block = (uint8_t *)tagged.cpu + b * (BLOCK + TUPLE), *tuple = block + BLOCK;

		test_context("block %u", b);
		EXPECT_MEM_EQ((uint8_t *)plain.cpu + b * BLOCK, block, BLOCK);
		EXPECT_EQ(guards[b], tuple[0] << 8 | tuple[1]);
		EXPECT_EQ(0xabcd, tuple[2] << 8 | tuple[3]);
		EXPECT_EQ(0x01020304 + b,
		          (uint32_t)tuple[4] << 24 | (uint32_t)tuple[5] << 16 | (uint32_t)tuple[6] << 8 | tuple[7]);
	}
}

TEST(dsa_dif_check, "dsa.op.dif.check", NEEDS_SUBMIT, "DSA 8.3.14")
{
	uint8_t *bytes;

	dif_setup();
	random_bytes(plain.cpu, plain.size);
	dif_insert(7, 100);
	EXPECT_EQ(DSA_COMP_SUCCESS, dif_check(7, 100));
	EXPECT_EQ(DSA_COMP_DIF_ERR, dif_check(8, 100));
	EXPECT_EQ(DIF_STATUS_APP, test_cr(0)->dif_status);
	EXPECT_EQ(DSA_COMP_DIF_ERR, dif_check(7, 101));
	EXPECT_EQ(DIF_STATUS_REF, test_cr(0)->dif_status);
	/* A bit of the third block's data: the guard notices, and what came before counts as done. */
	bytes = tagged.cpu;
	bytes[2 * (BLOCK + TUPLE) + 17] ^= 1;
	EXPECT_EQ(DSA_COMP_DIF_ERR, dif_check(7, 100));
	EXPECT_EQ(DIF_STATUS_GUARD, test_cr(0)->dif_status);
	EXPECT_EQ(2 * (BLOCK + TUPLE), test_cr(0)->bytes_completed);
}

TEST(dsa_dif_strip, "dsa.op.dif.strip", NEEDS_SUBMIT, "DSA 8.3.16")
{
	struct dsa_buf back;
	struct dsa_hw_desc d;

	need_opcode(DSA_OPCODE_DIF_STRP);
	dif_setup();
	back = test_buf(BLOCKS * BLOCK);
	random_bytes(plain.cpu, plain.size);
	dif_insert(7, 100);
	dsa_desc_init(&d, DSA_OPCODE_DIF_STRP, test_cr_dma(0));
	d.src_addr = tagged.dma;
	d.dst_addr = back.dma;
	d.xfer_size = BLOCKS * (BLOCK + TUPLE);
	d.chk_ref_tag_seed = 100;
	d.chk_app_tag_seed = 7;
	test_execute_ok(&d);
	EXPECT_MEM_EQ(plain.cpu, back.cpu, BLOCKS * BLOCK);
}

/* From tagged, whose tags are 7 and 100 on, to a buffer with tags of its own. */
static struct dsa_hw_desc dif_update(struct dsa_buf *updated, uint8_t flags)
{
	struct dsa_hw_desc d;

	need_opcode(DSA_OPCODE_DIF_UPDT);
	dif_setup();
	*updated = test_buf(BLOCKS * (BLOCK + TUPLE));
	random_bytes(plain.cpu, plain.size);
	dif_insert(7, 100);
	dsa_desc_init(&d, DSA_OPCODE_DIF_UPDT, test_cr_dma(0));
	d.src_addr = tagged.dma;
	d.dst_addr = updated->dma;
	d.xfer_size = BLOCKS * (BLOCK + TUPLE);
	d.upd_dest_flags = flags;
	d.src_ref_tag_seed = 100;
	d.src_app_tag_seed = 7;
	d.dest_ref_tag_seed = 0xfffffffe;
	d.dest_app_tag_mask = 0xf000;
	d.dest_app_tag_seed = 0x560f;
	return d;
}

/* Data and guard stay, the tags are the new ones: counted on and wrapped, their masked bits 0. */
TEST(dsa_dif_update, "dsa.op.dif.update", NEEDS_SUBMIT, "DSA 8.3.17")
{
	struct dsa_buf updated;
	struct dsa_hw_desc d = dif_update(&updated, DEST_APP_COUNTS);

	test_execute_ok(&d);
	for (unsigned b = 0; b < BLOCKS; b++) {
		const unsigned at = b * (BLOCK + TUPLE);
		const uint8_t *block = (uint8_t *)updated.cpu + at, *tuple = block + BLOCK;
		const unsigned app = (0x560f + b) & 0xfff;

		test_context("block %u", b);
		EXPECT_MEM_EQ((uint8_t *)tagged.cpu + at, block, BLOCK + 2);
		EXPECT_EQ(app, (unsigned)(tuple[2] << 8 | tuple[3]));
		EXPECT_EQ(0xfffffffe + b,
		          (uint32_t)tuple[4] << 24 | (uint32_t)tuple[5] << 16 | (uint32_t)tuple[6] << 8 | tuple[7]);
	}
	test_context("tags of the block that would be next");
	EXPECT_EQ(100 + BLOCKS, test_cr(0)->dif_upd_src_ref_tag);
	EXPECT_EQ(7, test_cr(0)->dif_upd_src_app_tag);
	EXPECT_EQ(0xfffffffe + BLOCKS, test_cr(0)->dif_upd_dest_ref_tag);
	EXPECT_EQ((0x560f + BLOCKS) & 0xfff, test_cr(0)->dif_upd_dest_app_tag & 0xfff);
}

/* All that may pass passes: a copy, even of a guard that is wrong where nobody checks it. */
TEST(dsa_dif_update_passes, "dsa.op.dif.update_passes_tags_on", NEEDS_SUBMIT, "DSA 8.3.17")
{
	struct dsa_buf updated;
	struct dsa_hw_desc d = dif_update(&updated, DEST_REF_PASS | DEST_GUARD_PASS | DEST_APP_PASS);

	d.src_upd_flags = 0x20; /* no check of the guard */
	((uint8_t *)tagged.cpu)[BLOCK] ^= 0x80;
	test_execute_ok(&d);
	EXPECT_MEM_EQ(tagged.cpu, updated.cpu, updated.size);
	/* Where it is checked, it is found, and nothing before it is done. */
	d.src_upd_flags = 0;
	EXPECT_EQ(DSA_COMP_DIF_ERR, test_execute(&d));
	EXPECT_EQ(DIF_STATUS_GUARD, test_cr(0)->dif_status);
	EXPECT_EQ(0, test_cr(0)->bytes_completed);
}
