/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data integrity fields (8.3.14 to 8.3.18, appendix B): a tuple of guard, application tag and reference tag,
 * big-endian, behind each block.
 *
 * One loop serves all five operations: each reads a block (with or without its tuple), may check the tuple, and may
 * write the block (with or without a new one), or the new one alone.
 *
 * Section numbers: Intel DSA Architecture Specification, 341204-006.
 */
#include "tests/qemu/dsa/crc.h"
#include "tests/qemu/dsa/ops.h"

#define BLOCK_MAX 4104

/* DIF flags, byte 42 */
#define DIF_BLOCK          0x03
#define DIF_INVERT_SEED    0x04
#define DIF_INVERT_RESULT  0x08
/* source flags, byte 40 */
#define SRC_REF_FIXED      0x80
#define SRC_NO_REF         0x40
#define SRC_NO_GUARD       0x20
#define SRC_APP_INCREMENTS 0x10
#define SRC_F_APP_REF      0x08
#define SRC_F_APP          0x04
#define SRC_F_ALL          0x02
#define SRC_F_ALL_ERROR    0x01
/* destination flags, byte 41 */
#define DST_REF_FIXED      0x80
#define DST_REF_PASS       0x40
#define DST_GUARD_PASS     0x20
#define DST_APP_INCREMENTS 0x10
#define DST_APP_PASS       0x08
/* DIF status, byte 1 of the completion record */
#define BAD_GUARD          0x01
#define BAD_APP            0x02
#define BAD_REF            0x04
#define BAD_ALL_F          0x08

struct tuple {
	uint16_t guard, app;
	uint32_t ref;
};

/* The tags that a side of the operation expects or makes, for the block at hand. */
struct tags {
	uint32_t ref;
	uint16_t app_mask; /* bits that are not used */
	uint16_t app;
	bool ref_fixed, app_increments;
};

/* ref, mask and seed at bytes n, n + 4 and n + 6, in the descriptor as in the completion record. */
static struct tags tags_from(const struct dsa_raw_desc *desc, unsigned n, bool ref_fixed, bool app_increments)
{
	return (struct tags){
	        .ref = dsa_desc_u32(desc, n),
	        .app_mask = dsa_desc_u16(desc, n + 4),
	        .app = dsa_desc_u16(desc, n + 6),
	        .ref_fixed = ref_fixed,
	        .app_increments = app_increments,
	};
}

static void tags_next(struct tags *tags)
{
	if (!tags->ref_fixed)
		tags->ref++;
	if (tags->app_increments)
		tags->app++;
}

static void tags_put(uint8_t *p, const struct tags *tags)
{
	dsa_put_le(p, tags->ref, 4);
	dsa_put_le(p + 4, tags->app_mask, 2);
	dsa_put_le(p + 6, tags->app, 2);
}

static struct tuple tuple_get(const uint8_t *p)
{
	return (struct tuple){
	        .guard = (uint16_t)(p[0] << 8 | p[1]),
	        .app = (uint16_t)(p[2] << 8 | p[3]),
	        .ref = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7],
	};
}

static void tuple_put(uint8_t *p, struct tuple t)
{
	uint64_t v = (uint64_t)t.guard << 48 | (uint64_t)t.app << 32 | t.ref;

	for (unsigned i = 0; i < DSA_DIF_TUPLE; i++)
		p[i] = (uint8_t)(v >> (56 - 8 * i));
}

unsigned dsa_dif_block(const struct dsa_raw_desc *desc)
{
	static const uint16_t sizes[] = {512, 520, 4096, BLOCK_MAX};

	return sizes[dsa_desc_byte(desc, 42) & DIF_BLOCK];
}

static uint16_t guard_of(const struct dsa_raw_desc *desc, const uint8_t *data, size_t len)
{
	uint8_t flags = dsa_desc_byte(desc, 42);
	uint16_t crc = dsa_crc16_t10((flags & DIF_INVERT_SEED) != 0 ? 0xffff : 0, data, len);

	return (flags & DIF_INVERT_RESULT) != 0 ? (uint16_t)~crc : crc;
}

/* What is wrong with the tuple behind a block: a DIF status, or 0. */
static uint8_t check_tuple(const struct dsa_env *env, struct tuple found, const struct tags *tags, uint16_t guard,
                           uint8_t flags)
{
	bool app_f = found.app == 0xffff, ref_f = found.ref == 0xffffffff,
	     all_f = app_f && ref_f && found.guard == 0xffff;
	uint16_t used = (uint16_t)~tags->app_mask;
	uint8_t bad = 0;

	if (all_f && (flags & SRC_F_ALL) != 0 && (flags & SRC_F_ALL_ERROR) != 0)
		return BAD_ALL_F;
	/* A tuple of ones marks a block that nobody has written yet. */
	if (((flags & SRC_F_ALL) != 0 && all_f) || ((flags & SRC_F_APP) != 0 && app_f) ||
	    ((flags & SRC_F_APP_REF) != 0 && app_f && ref_f))
		return 0;
	if ((flags & SRC_NO_GUARD) == 0 && env->fault != DSA_FAULT_DIF_GUARD && found.guard != guard)
		bad |= BAD_GUARD;
	if (((found.app ^ tags->app) & used) != 0)
		bad |= BAD_APP;
	if ((flags & SRC_NO_REF) == 0 && found.ref != tags->ref)
		bad |= BAD_REF;
	return bad;
}

/* The tuple to write behind a block; found is the source's, whose parts may pass through. */
static struct tuple make_tuple(struct tuple found, const struct tags *tags, uint16_t guard, uint8_t flags)
{
	return (struct tuple){
	        .guard = (flags & DST_GUARD_PASS) != 0 ? found.guard : guard,
	        .app = (flags & DST_APP_PASS) != 0 ? found.app : (uint16_t)(tags->app & ~tags->app_mask),
	        .ref = (flags & DST_REF_PASS) != 0 ? found.ref : tags->ref,
	};
}

void dsa_op_dif(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result)
{
	uint8_t opcode = dsa_desc_opcode(desc), status = 0;
	bool alone = opcode == DSA_OP_DIX_GENERATE, makes = alone || opcode == DSA_OPCODE_DIF_INS;
	bool from_source = !makes, writes = opcode != DSA_OPCODE_DIF_CHECK;
	bool to_dest = makes || opcode == DSA_OPCODE_DIF_UPDT;
	uint8_t src_flags = dsa_desc_byte(desc, 40), dst_flags = dsa_desc_byte(desc, 41);
	struct tags src_tags = tags_from(desc, 48, src_flags & SRC_REF_FIXED, src_flags & SRC_APP_INCREMENTS);
	struct tags dst_tags = tags_from(desc, 56, dst_flags & DST_REF_FIXED, dst_flags & DST_APP_INCREMENTS);
	size_t block = dsa_dif_block(desc), in = block + (from_source ? DSA_DIF_TUPLE : 0);
	size_t skip = alone ? block : 0, out = block - skip + (to_dest ? DSA_DIF_TUPLE : 0),
	       blocks = dsa_desc_size(desc) / in, n;
	uint64_t src = dsa_desc_u64(desc, 16), dst = dsa_desc_u64(desc, 24), fault = 0;
	uint8_t buf[BLOCK_MAX + DSA_DIF_TUPLE];

	if (opcode == DSA_OPCODE_DIF_INS && env->fault == DSA_FAULT_DIF_INSERT_TAG)
		dst_tags.ref++;
	if (makes)
		dst_flags &= (uint8_t) ~(DST_REF_PASS | DST_GUARD_PASS | DST_APP_PASS);
	if (opcode == DSA_OPCODE_DIF_UPDT && env->fault == DSA_FAULT_DIF_UPDATE_PASS)
		dst_flags &= (uint8_t)~DST_GUARD_PASS;
	if ((alone && env->fault == DSA_FAULT_DIX_TAG) ||
	    (opcode == DSA_OPCODE_DIF_UPDT && env->fault == DSA_FAULT_DIF_UPDATE_TAG))
		dst_tags.ref_fixed = true;
	for (n = 0; n < blocks; n++) {
		struct tuple found = {0};
		uint16_t guard;

		status = dsa_mem_read(env, src + n * in, buf, in, NULL, &fault);
		if (status != 0)
			break;
		guard = guard_of(desc, buf, block);
		if (from_source) {
			found = tuple_get(buf + block);
			result->result = check_tuple(env, found, &src_tags, guard, src_flags);
			if (result->result != 0) {
				status = DSA_COMP_DIF_ERR;
				break;
			}
		}
		if (to_dest)
			tuple_put(buf + block, make_tuple(found, &dst_tags, guard, dst_flags));
		if (writes)
			status = dsa_mem_write(env, dst + n * out, buf + skip, out, NULL, &fault);
		if (status != 0)
			break;
		tags_next(&src_tags);
		tags_next(&dst_tags);
	}
	/* Whole blocks count, and the tags are those of the block after them: the descriptor for the rest needs both.
	 */
	if (from_source)
		tags_put(result->specific, &src_tags);
	if (to_dest)
		tags_put(result->specific + 8, &dst_tags);
	if (status != 0)
		dsa_end_early(result, status,
		              status & DSA_COMP_STATUS_WRITE ? DSA_OPERAND_DESTINATION : DSA_OPERAND_SOURCE, fault,
		              n * in);
	else if (writes)
		dsa_readback(env, desc, dst, blocks * out, result);
}
