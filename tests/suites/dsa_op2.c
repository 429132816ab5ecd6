/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What DSA 2.0 adds to the operations, each where a capability says that it is there: fill by 16 bytes, CRC64,
 * protection information alone (DIX), translation fetch, what a fault says of itself, readbacks of a drain, batches
 * that go on.
 */
#include "tests/suites/dsa2.h"

static struct dsa *dsa(void)
{
	return test_dsa();
}

static void need_capability(uint64_t bit, const char *name)
{
	if (dsa()->caps.version < DSA_VERSION_2_0 || !(dsa()->caps.gencap & bit))
		SKIP("the DSA has no %s (VERSION 0x%x, GENCAP 0x%llx)", name, (unsigned)dsa()->caps.version,
		     (unsigned long long)dsa()->caps.gencap);
}

static void need_opcode(unsigned opcode)
{
	if (!dsa_has_opcode(dsa(), opcode))
		SKIP("OPCAP lacks %s", dsa_opcode_name(opcode));
}

TEST(dsa_op2_fill16, "dsa.op2.fill_by_16_bytes", NEEDS_SUBMIT, "DSA 8.3.5")
{
	static const uint32_t sizes[] = {1, 8, 9, 15, 16, 17, 31, 100, 4096, 5001};
	struct dsa_buf dst;
	uint64_t pattern[2];
	struct dsa_hw_desc d;

	need_capability(DSA_GENCAP_FILL16, "fill by 16 bytes");
	dst = test_buf(3 * PAGE_SIZE);
	random_bytes(pattern, sizeof(pattern));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint8_t *at = (uint8_t *)dst.cpu + 16 + 3 * i;

		test_context("%u bytes", (unsigned)sizes[i]);
		memset(dst.cpu, 0, dst.size);
		dsa_desc_fill16(&d, test_cr_dma(0), dst.dma + 16 + 3 * i, pattern, sizes[i]);
		test_execute_ok(&d);
		for (uint32_t b = 0; b < sizes[i]; b++)
			EXPECT_EQ(((uint8_t *)pattern)[b % 16], at[b]);
		EXPECT_EQ(0, at[-1]);
		EXPECT_EQ(0, at[sizes[i]]);
	}
}

/* NVMe's CRC64, bit by bit. */
static uint64_t crc64(uint64_t seed, const uint8_t *data, size_t size)
{
	uint64_t crc = ~seed;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT64_C(0x9a6c9329ac4bc9b5) : 0);
	}
	return ~crc;
}

TEST(dsa_op2_crc64, "dsa.op2.crc64", NEEDS_SUBMIT, "DSA 8.3.12")
{
	static const uint32_t sizes[] = {1, 7, 8, 9, 64, 511, 4096, 7000};
	struct dsa_buf src;
	struct dsa_hw_desc d;
	uint64_t part;

	need_capability(DSA_GENCAP_CRC64, "CRC64");
	need_opcode(DSA_OPCODE_CRCGEN);
	src = test_buf(2 * PAGE_SIZE);
	memcpy(src.cpu, "123456789", 9);
	dsa_desc_crc64(&d, test_cr_dma(0), src.dma, 0, 9);
	test_execute_ok(&d);
	EXPECT_EQ(UINT64_C(0xae8b14860a799888), test_cr(0)->crc_val);
	random_bytes(src.cpu, src.size);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		test_context("%u bytes", (unsigned)sizes[i]);
		dsa_desc_crc64(&d, test_cr_dma(0), src.dma + i, 0, sizes[i]);
		test_execute_ok(&d);
		part = test_cr(0)->crc_val;
		EXPECT_EQ(crc64(0, (uint8_t *)src.cpu + i, sizes[i]), part);
		/* And on from there. */
		dsa_desc_crc64(&d, test_cr_dma(0), src.dma, part, 100);
		test_execute_ok(&d);
		EXPECT_EQ(crc64(part, src.cpu, 100), test_cr(0)->crc_val);
	}
}

/* The guard of T10, bit by bit. */
static uint16_t guard(const uint8_t *data, size_t size)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < size; i++) {
		crc = (uint16_t)(crc ^ data[i] << 8);
		for (unsigned bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc << 1 ^ (crc & 0x8000 ? 0x8bb7 : 0));
	}
	return crc;
}

TEST(dsa_op2_dix, "dsa.op2.dix_generate", NEEDS_SUBMIT, "DSA 8.3.18")
{
	static const uint16_t blocks[] = {512, 520, 4096, 4104};
	struct dsa_buf src, dst;
	struct dsa_hw_desc d;

	need_opcode(DSA_OP_DIX_GENERATE);
	src = test_buf(3 * 4104);
	dst = test_buf(PAGE_SIZE);
	random_bytes(src.cpu, src.size);
	for (unsigned kind = 0; kind < ARRAY_SIZE(blocks); kind++) {
		const uint8_t *data = src.cpu, *tuple = dst.cpu;

		test_context("blocks of %u bytes", blocks[kind]);
		memset(dst.cpu, 0x77, 64);
		dsa_desc_dix_generate(&d, test_cr_dma(0), dst.dma, src.dma, 3U * blocks[kind]);
		d.dif_ins_flags = (uint8_t)kind;
		d.ins_ref_tag_seed = 0x01020304;
		d.ins_app_tag_mask = 0x00f0;
		d.ins_app_tag_seed = 0xabcd;
		test_execute_ok(&d);
		for (unsigned b = 0; b < 3; b++, tuple += 8) {
			const uint16_t crc = guard(data + (size_t)b * blocks[kind], blocks[kind]);
			const uint8_t want[8] = {(uint8_t)(crc >> 8), (uint8_t)crc, 0xab, 0x0d, 1, 2, 3,
			                         (uint8_t)(4 + b)};

			EXPECT_MEM_EQ(want, tuple, 8);
		}
		EXPECT_EQ(0x77, *tuple);
		EXPECT_EQ(0x01020307, test_cr(0)->dif_ins_ref_tag);
		EXPECT_EQ(0xabcd, test_cr(0)->dif_ins_app_tag);
	}
	test_context("destination not aligned");
	dsa_desc_dix_generate(&d, test_cr_dma(0), dst.dma + 4, src.dma, 512);
	EXPECT_EQ(DSA_COMP_ADDR_ALIGN, test_execute(&d));
}

TEST(dsa_op2_fetch, "dsa.op2.translation_fetch", NEEDS_SUBMIT | NEEDS_CONFIG | NEEDS_PASID, "DSA 8.3.11")
{
	struct dsa_buf memory;
	struct dsa_hw_desc d;

	need_opcode(DSA_OP_TRANSLATION_FETCH);
	/* Where nothing is translated there is nothing to fetch. */
	memory = test_buf(4 * PAGE_SIZE);
	dsa_desc_fetch(&d, test_cr_dma(0), memory.dma, (uint32_t)memory.size);
	EXPECT_EQ(DSA_COMP_BAD_OPCODE, test_execute(&d));
	dsa2_disabled(true);
	dsa2_start(NULL);
	random_bytes(memory.cpu, memory.size);
	test_execute_ok(&d);
	if (dsa()->caps.gencap & DSA_GENCAP_FETCH_STRIDE) {
		static const struct {
			uint32_t stride;
			unsigned status;
		} rows[] = {{4096, DSA_COMP_SUCCESS},
		            {8192, DSA_COMP_SUCCESS},
		            {2048, DSA_COMP_ADDR_ALIGN},
		            {12288, DSA_COMP_ADDR_ALIGN}};

		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			test_context("stride %u", (unsigned)rows[i].stride);
			desc_set_flags(&d, DSA_DESC_FETCH_STRIDE);
			memcpy(&d.op_specific[8], &rows[i].stride, 4);
			EXPECT_EQ(rows[i].status, test_execute(&d));
		}
	}
}

TEST(dsa_op2_fault_info, "dsa.op2.fault_information", NEEDS_SUBMIT | NEEDS_CONFIG | NEEDS_PASID, "DSA 8.2")
{
	static const struct {
		uint8_t opcode, operand;
		bool second; /* the second address is away, else the first */
	} rows[] = {{DSA_OPCODE_MEMMOVE, DSA_OPERAND_SOURCE, false},
	            {DSA_OPCODE_MEMMOVE, DSA_OPERAND_DESTINATION, true},
	            {DSA_OPCODE_MEMFILL, DSA_OPERAND_DESTINATION, true},
	            {DSA_OPCODE_COMPARE, DSA_OPERAND_SOURCE, false},
	            {DSA_OPCODE_COMPARE, DSA_OPERAND_SOURCE2, true}};
	struct dsa_buf memory;

	need_capability(DSA_GENCAP_FAULT_INFO, "fault information");
	dsa2_disabled(true);
	dsa2_start(NULL);
	memory = test_buf(PAGE_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct dsa_completion_record *cr = test_cr(0);
		struct dsa_hw_desc d;

		test_context("%s, %s address", dsa_opcode_name(rows[i].opcode), rows[i].second ? "second" : "first");
		dsa_desc_memmove(&d, test_cr_dma(0), rows[i].second ? DSA2_HOLE : memory.dma,
		                 rows[i].second ? memory.dma : DSA2_HOLE, 64);
		d.opcode = rows[i].opcode;
		EXPECT_EQ(DSA_COMP_PAGE_FAULT_NOBOF, test_execute(&d));
		EXPECT_EQ(rows[i].operand, FIELD_GET(DSA_CR_FAULT_OPERAND, (uint32_t)cr->rsvd));
		EXPECT_EQ(DSA2_HOLE, cr->fault_addr & ~UINT64_C(0xfff));
		EXPECT_EQ(rows[i].operand == DSA_OPERAND_DESTINATION, (cr->status & DSA_COMP_STATUS_WRITE) != 0);
	}
}

TEST(dsa_op2_drain_readback, "dsa.op2.drain_readback", NEEDS_SUBMIT, "DSA 8.3.3")
{
	struct dsa_buf memory;
	struct dsa_hw_desc d;

	need_capability(DSA_GENCAP_DRAIN_READBACK, "readback addresses of drains");
	memory = test_buf(PAGE_SIZE);
	for (unsigned n = 1; n < 4; n++) {
		test_context("addresses 0x%x", n);
		dsa_desc_drain(&d, test_cr_dma(0));
		desc_set_flags(&d, (n & 1 ? DSA_DESC_READBACK1 : 0) | (n & 2 ? DSA_DESC_READBACK2 : 0));
		d.rdback_addr = n & 1 ? memory.dma : 0;
		d.rdback_addr2 = n & 2 ? memory.dma + 64 : 0;
		test_execute_ok(&d);
	}
	/* An address that is not asked for is a reserved field. */
	desc_clear_flags(&d, DSA_DESC_READBACK2);
	EXPECT_EQ(DSA_COMP_NOZERO_RESERVE, test_execute(&d));
}

/* The rest of a batch is told what the part before it came to: its fence stops there. */
TEST(dsa_op2_batch_error, "dsa.op2.batch_that_goes_on", NEEDS_SUBMIT | NEEDS_BATCH, "DSA 3.8, 8.3.2")
{
	struct dsa_hw_desc d, *list;
	struct dsa_buf memory;

	need_capability(DSA_GENCAP_BATCH_CONT, "batch continuation");
	memory = test_buf(PAGE_SIZE);
	list = memory.cpu;
	dsa_desc_noop(&list[0], test_cr_dma(1));
	dsa_desc_noop(&list[1], test_cr_dma(2));
	desc_set_flags(&list[1], IDXD_OP_FLAG_FENCE);
	dsa_desc_batch(&d, test_cr_dma(0), memory.dma, 2);
	test_execute_ok(&d);
	EXPECT_EQ(0, test_cr(0)->result);
	dsa_cr_clear(test_cr(1));
	dsa_cr_clear(test_cr(2));
	desc_set_flags(&d, DSA_DESC_BATCH_ERROR);
	EXPECT_EQ(DSA_COMP_BATCH_FAIL, test_execute(&d));
	EXPECT_EQ(1, test_cr(0)->result);
	EXPECT_EQ(1, test_cr(0)->bytes_completed);
	EXPECT_EQ(DSA_COMP_SUCCESS, dsa_cr_status(test_cr(1)));
	EXPECT_EQ(DSA_COMP_NONE, dsa_cr_status(test_cr(2)));
}
