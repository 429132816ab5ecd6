/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checks of a descriptor before it runs (5.4). What each opcode allows is one table; what no table can say is in
 * the functions below it, in the order in which they are made.
 *
 * Section numbers: Intel DSA Architecture Specification, 341204-006.
 */
#include <string.h>

#include "tests/qemu/dsa/ops.h"

/* The flags that every opcode knows: which of them are legal depends on each other and on the WQ (8.1.3). */
#define COMMON     (IDXD_OP_FLAG_FENCE | IDXD_OP_FLAG_CRAV | IDXD_OP_FLAG_RCR | IDXD_OP_FLAG_RCI | IDXD_OP_FLAG_CR_TCS)
#define BOF        IDXD_OP_FLAG_BOF
#define CHECK      IDXD_OP_FLAG_CR
/* Version 1 of the device called bit 5 a steering tag; since then it is the third bit of cache control. */
#define CACHE3     IDXD_OP_FLAG_CRSTS
#define CACHE2     IDXD_OP_FLAG_DRDBK
#define CACHE1     IDXD_OP_FLAG_CC
#define WRITES     (CACHE1 | CACHE2 | CACHE3 | IDXD_OP_FLAG_STORD)
#define A1         IDXD_OP_FLAG_ADDR1_TCS
#define A2         IDXD_OP_FLAG_ADDR2_TCS
#define A3         IDXD_OP_FLAG_ADDR3_TCS
#define RECORD     (IDXD_OP_FLAG_CRAV | IDXD_OP_FLAG_RCR)
#define ALTERNATES (DSA_FLAG_ALTERNATE1 | DSA_FLAG_ALTERNATE2)
#define CRC_FLAGS  (DSA_FLAG_READ_SEED | DSA_FLAG_CRC_NO_INVERT | DSA_FLAG_CRC_NO_REFLECT | DSA_FLAG_CRC64)

/* Bytes first to last of the descriptor, a bit each. */
#define BYTES(first, last) GENMASK64(last, first)
#define BYTE(n)            BIT64(n)

static const struct op_rule {
	bool known;
	bool sized;        /* byte 32 is a transfer size */
	uint32_t flags;    /* allowed besides COMMON, unless something else forbids them */
	uint32_t required; /* all of them must be set */
	uint64_t reserved; /* bytes that must be zero, besides 38 and 39 */
} rules[] = {
        [DSA_OPCODE_NOOP] = {true, false, 0, 0, BYTES(16, 35) | BYTES(40, 63)},
        [DSA_OPCODE_BATCH] = {true, false, A1 | DSA_FLAG_BATCH_ERROR, 0, BYTES(24, 31) | BYTES(40, 63)},
        [DSA_OPCODE_DRAIN] = {true, false,
                              A1 | A2 | DSA_FLAG_READBACK1 | DSA_FLAG_READBACK2 | DSA_FLAG_NO_IMPLICIT_A |
                                      DSA_FLAG_NO_IMPLICIT_B,
                              0, BYTES(16, 35) | BYTES(40, 63)},
        [DSA_OPCODE_MEMMOVE] = {true, true, BOF | WRITES | A1 | A2, 0, BYTES(40, 63)},
        [DSA_OPCODE_MEMFILL] = {true, true, BOF | WRITES | A2 | DSA_FLAG_FILL16, 0, BYTES(40, 63)},
        [DSA_OPCODE_COMPARE] = {true, true, BOF | CHECK | A1 | A2, RECORD, BYTES(41, 63)},
        [DSA_OPCODE_COMPVAL] = {true, true, BOF | CHECK | A1, RECORD, BYTES(41, 63)},
        [DSA_OPCODE_CR_DELTA] = {true, true, BOF | CHECK | WRITES | A1 | A2 | A3, RECORD,
                                 BYTES(52, 55) | BYTES(57, 63)},
        [DSA_OPCODE_AP_DELTA] = {true, true, BOF | WRITES | A1 | A2, 0, BYTES(44, 63)},
        [DSA_OPCODE_DUALCAST] = {true, true, BOF | WRITES | A1 | A2 | A3, 0, BYTES(48, 63)},
        [DSA_OPCODE_CRCGEN] = {true, true, BOF | A1 | A3 | CRC_FLAGS, RECORD, BYTES(24, 31) | BYTES(44, 63)},
        [DSA_OPCODE_COPY_CRC] = {true, true, BOF | WRITES | A1 | A2 | A3 | CRC_FLAGS, RECORD, BYTES(44, 63)},
        [DSA_OPCODE_DIF_CHECK] = {true, true, BOF | A1, RECORD,
                                  BYTES(24, 31) | BYTE(41) | BYTES(43, 47) | BYTES(56, 63)},
        [DSA_OPCODE_DIF_INS] = {true, true, BOF | WRITES | A1 | A2, 0, BYTE(40) | BYTES(43, 55)},
        [DSA_OPCODE_DIF_STRP] = {true, true, BOF | WRITES | A1 | A2, 0, BYTE(41) | BYTES(43, 47) | BYTES(56, 63)},
        [DSA_OPCODE_DIF_UPDT] = {true, true, BOF | WRITES | A1 | A2, 0, BYTES(43, 47)},
        [DSA_OP_TRANSLATION_FETCH] = {true, false, BOF | DSA_FLAG_STRIDE, 0,
                                      BYTES(24, 31) | BYTES(40, 47) | BYTES(48, 63)},
        /* That it needs a record is in its description, and not in the table of flags. */
        [DSA_OP_DIX_GENERATE] = {true, true, BOF | WRITES | A1 | A2, RECORD, BYTE(40) | BYTES(43, 55)},
        [DSA_OPCODE_CFLUSH] = {true, true, BOF | WRITES | A2, 0, BYTES(16, 23) | BYTES(40, 63)},
        [DSA_OP_UPDATE_WINDOW] = {true, false, DSA_FLAG_SUPPRESS_DRAIN, 0, BYTES(32, 35) | BYTES(40, 60)},
        /* Of the inter-domain operations, a handle without its flag is reserved, too. */
        [DSA_OP_ID_COPY] = {true, true, BOF | WRITES | A1 | A2 | ALTERNATES, 0, BYTES(40, 63)},
        [DSA_OP_ID_FILL] = {true, true, BOF | WRITES | A2 | DSA_FLAG_ALTERNATE2 | DSA_FLAG_FILL16, DSA_FLAG_ALTERNATE2,
                            BYTES(40, 63)},
        [DSA_OP_ID_COMPARE] = {true, true, BOF | CHECK | A1 | A2 | ALTERNATES, RECORD, BYTES(41, 63)},
        [DSA_OP_ID_COMPVAL] = {true, true, BOF | CHECK | A1 | DSA_FLAG_ALTERNATE1, RECORD | DSA_FLAG_ALTERNATE1,
                               BYTES(41, 63)},
};

/* Flags that exist only with a capability. */
static const struct flag_gate {
	uint64_t opcodes; /* bit n: opcode n */
	uint32_t flags;
	uint64_t gencap;
} gates[] = {
        {BIT64(DSA_OPCODE_BATCH), DSA_FLAG_BATCH_ERROR, DSA_GENCAP_BATCH_CONT},
        {BIT64(DSA_OPCODE_DRAIN), DSA_FLAG_READBACK1 | DSA_FLAG_READBACK2, DSA_GENCAP_DRAIN_READBACK},
        {BIT64(DSA_OP_TRANSLATION_FETCH), DSA_FLAG_STRIDE, DSA_GENCAP_FETCH_STRIDE},
        {BIT64(DSA_OPCODE_MEMFILL) | BIT64(DSA_OP_ID_FILL), DSA_FLAG_FILL16, DSA_GENCAP_FILL16},
        {BIT64(DSA_OPCODE_CRCGEN) | BIT64(DSA_OPCODE_COPY_CRC), DSA_FLAG_CRC64, DSA_GENCAP_CRC64},
        {BIT64(DSA_OPCODE_CFLUSH), CACHE1, DSA_GENCAP_CACHE_FLUSH},
        {~BIT64(DSA_OPCODE_CFLUSH), CACHE1, DSA_GENCAP_CACHE_MEM},
        {~UINT64_C(0), CACHE2, DSA_GENCAP_DEST_READBACK},
        {~UINT64_C(0), CACHE3, DSA_GENCAP_DURABLE_WRITE},
};

bool dsa_opcode_known(const struct dsa_env *env, uint8_t opcode)
{
	return opcode < ARRAY_SIZE(rules) && rules[opcode].known && (env->opcap[opcode / 64] & BIT64(opcode % 64)) != 0;
}

static bool is_crc(uint8_t opcode)
{
	return opcode == DSA_OPCODE_CRCGEN || opcode == DSA_OPCODE_COPY_CRC;
}

/* The flags that may be set in this descriptor (5.5, 8.1.3). */
static uint32_t allowed_flags(const struct dsa_env *env, uint8_t opcode, uint32_t flags)
{
	uint32_t allowed = rules[opcode].flags | COMMON;

	for (size_t i = 0; i < ARRAY_SIZE(gates); i++)
		if ((gates[i].opcodes & BIT64(opcode)) != 0 && (env->gencap & gates[i].gencap) == 0)
			allowed &= ~gates[i].flags;
	if (!env->in_batch)
		allowed &= ~(uint32_t)IDXD_OP_FLAG_FENCE;
	if (!env->bof)
		allowed &= ~(uint32_t)IDXD_OP_FLAG_BOF;
	if ((flags & IDXD_OP_FLAG_CRAV) == 0)
		allowed &= ~(uint32_t)(IDXD_OP_FLAG_RCR | IDXD_OP_FLAG_CR_TCS);
	if (env->rci_reserved)
		allowed &= ~(uint32_t)IDXD_OP_FLAG_RCI;
	if ((env->gencap & DSA_GENCAP_STRICT_LIMIT) != 0)
		allowed &= ~(uint32_t)IDXD_OP_FLAG_STORD;
	/* Durable writes go to memory, and a flush leaves nothing in the cache. */
	if ((flags & CACHE3) != 0)
		allowed &= ~(uint32_t)CACHE1;
	/* An address that is not there has no traffic class. */
	if (is_crc(opcode) && (flags & DSA_FLAG_READ_SEED) == 0)
		allowed &= ~(uint32_t)A3;
	if (opcode == DSA_OPCODE_DRAIN && (flags & DSA_FLAG_READBACK1) == 0)
		allowed &= ~(uint32_t)A1;
	if (opcode == DSA_OPCODE_DRAIN && (flags & DSA_FLAG_READBACK2) == 0)
		allowed &= ~(uint32_t)A2;
	if (opcode == DSA_OPCODE_CFLUSH)
		allowed &= ~(uint32_t)CACHE3;
	return allowed;
}

/* The flags that are wrong: set and not allowed, or required and not set. */
static uint32_t bad_flags(const struct dsa_env *env, uint8_t opcode, uint32_t flags)
{
	uint32_t bad = env->fault == DSA_FAULT_REQUIRED_UNCHECKED ? 0 : rules[opcode].required & ~flags;

	/* A drain that reports to nobody could not be waited for. */
	if (opcode == DSA_OPCODE_DRAIN && (flags & (IDXD_OP_FLAG_RCR | IDXD_OP_FLAG_RCI)) == 0)
		bad |= IDXD_OP_FLAG_RCR | IDXD_OP_FLAG_RCI;
	/* Without another domain there is nothing inter-domain about it. */
	if ((opcode == DSA_OP_ID_COPY || opcode == DSA_OP_ID_COMPARE) && (flags & ALTERNATES) == 0)
		bad |= ALTERNATES;
	if (env->fault != DSA_FAULT_FLAGS_UNCHECKED)
		bad |= flags & ~allowed_flags(env, opcode, flags);
	return bad;
}

static bool reserved_clear(const struct dsa_env *env, const struct dsa_raw_desc *desc, uint8_t opcode)
{
	uint64_t reserved = rules[opcode].reserved | BYTES(38, 39);
	uint32_t flags = dsa_desc_flags(desc);

	if (opcode == DSA_OPCODE_DRAIN && (flags & DSA_FLAG_READBACK1) != 0)
		reserved &= ~BYTES(16, 23);
	if (opcode == DSA_OPCODE_DRAIN && ((flags & DSA_FLAG_READBACK2) != 0 || env->fault == DSA_FAULT_READBACK_FIELD))
		reserved &= ~BYTES(24, 31);
	if ((opcode == DSA_OPCODE_MEMFILL || opcode == DSA_OP_ID_FILL) && (flags & DSA_FLAG_FILL16) != 0)
		reserved &= ~BYTES(40, 47);
	if (dsa_is_inter_domain(opcode) && (flags & DSA_FLAG_ALTERNATE1) != 0)
		reserved &= ~BYTES(60, 61);
	if (dsa_is_inter_domain(opcode) && (flags & DSA_FLAG_ALTERNATE2) != 0)
		reserved &= ~BYTES(62, 63);
	if (opcode == DSA_OP_UPDATE_WINDOW && (dsa_desc_byte(desc, DSA_DESC_WINDOW_FLAGS) & DSA_WINDOW_ENABLE) == 0)
		reserved |= BYTES(16, 31);
	if (opcode == DSA_OP_TRANSLATION_FETCH && (flags & DSA_FLAG_STRIDE) != 0)
		reserved &= ~BYTES(48, 51);
	if (is_crc(opcode) && (flags & DSA_FLAG_CRC64) != 0)
		reserved &= ~BYTES(44, 47);
	if (is_crc(opcode) && (flags & DSA_FLAG_READ_SEED) != 0)
		reserved = (reserved | BYTES(40, 47)) & ~BYTES(48, 55);

	if (env->fault == DSA_FAULT_RESERVED_UNCHECKED)
		return true;
	for (unsigned n = 0; n < DSA_DESC_SIZE; n++)
		if ((reserved & BIT64(n)) != 0 && dsa_desc_byte(desc, n) != 0)
			return false;
	if (opcode == DSA_OP_UPDATE_WINDOW && (dsa_desc_byte(desc, DSA_DESC_WINDOW_FLAGS) & DSA_WINDOW_RESERVED) != 0)
		return false;
	/* Within the DIF flags (8.3.14 to 8.3.18). */
	if (((opcode >= DSA_OPCODE_DIF_CHECK && opcode <= DSA_OPCODE_DIF_UPDT) || opcode == DSA_OP_DIX_GENERATE) &&
	    (dsa_desc_byte(desc, 42) & 0xf0) != 0)
		return false;
	if ((opcode == DSA_OPCODE_DIF_INS || opcode == DSA_OPCODE_DIF_UPDT || opcode == DSA_OP_DIX_GENERATE) &&
	    (dsa_desc_byte(desc, 41) & 0x07) != 0)
		return false;
	return true;
}

/* The source bytes of one DIF block, or 1: what the transfer size must be a multiple of. */
static unsigned size_unit(const struct dsa_raw_desc *desc, uint8_t opcode)
{
	switch (opcode) {
	case DSA_OPCODE_DIF_INS:
	case DSA_OP_DIX_GENERATE:
		return dsa_dif_block(desc);
	case DSA_OPCODE_DIF_CHECK:
	case DSA_OPCODE_DIF_STRP:
	case DSA_OPCODE_DIF_UPDT:
		return dsa_dif_block(desc) + DSA_DIF_TUPLE;
	default:
		return 1;
	}
}

static bool size_good(const struct dsa_env *env, const struct dsa_raw_desc *desc, uint8_t opcode)
{
	uint64_t size = dsa_desc_size(desc), limit = BIT64(env->max_xfer);

	/* Which code a region that is empty or goes around the end leads to is not said; it is no transfer. */
	if (opcode == DSA_OP_TRANSLATION_FETCH)
		return size > 0 && dsa_desc_u64(desc, 16) + (size - 1) >= dsa_desc_u64(desc, 16);
	if (!rules[opcode].sized || env->fault == DSA_FAULT_SIZE_UNCHECKED)
		return true;
	if (env->fault == DSA_FAULT_WQ_LIMIT_UNCHECKED)
		limit = BIT64(31);
	/* The largest offset of a delta: 16 bits, in units of 8 bytes. */
	if ((opcode == DSA_OPCODE_CR_DELTA || opcode == DSA_OPCODE_AP_DELTA) && limit > 0x80000)
		limit = 0x80000;
	/* The specification does not say what a part of a DIF block leads to; the nearest status is this one's. */
	return size > 0 && size <= limit && size % size_unit(desc, opcode) == 0;
}

static bool count_good(const struct dsa_env *env, const struct dsa_raw_desc *desc, uint8_t opcode)
{
	uint64_t least = (env->gencap & DSA_GENCAP_BATCH1) != 0 ? 1 : 2;

	return opcode != DSA_OPCODE_BATCH || env->fault == DSA_FAULT_COUNT_UNCHECKED ||
	       (dsa_desc_size(desc) >= least && dsa_desc_size(desc) <= BIT64(env->max_batch));
}

/* The sizes of delta records (8.3.8, 8.3.9). */
static bool delta_good(const struct dsa_env *env, const struct dsa_raw_desc *desc, uint8_t opcode)
{
	if (opcode == DSA_OPCODE_CR_DELTA)
		return dsa_desc_u32(desc, 48) >= 80 && dsa_desc_u32(desc, 48) <= BIT64(env->max_xfer);
	if (opcode == DSA_OPCODE_AP_DELTA)
		return dsa_desc_u32(desc, 40) >= DSA_DELTA_SIZE && dsa_desc_u32(desc, 40) <= BIT64(env->max_xfer);
	return true;
}

/* Whether [a, a + a_len) and [b, b + b_len) meet, around the end of the address space too. */
static bool meet(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return b - a < a_len || a - b < b_len;
}

static bool overlap(const struct dsa_env *env, const struct dsa_raw_desc *desc, uint8_t opcode)
{
	uint64_t one = dsa_desc_u64(desc, 16), two = dsa_desc_u64(desc, 24), three = dsa_desc_u64(desc, 40);
	uint64_t size = dsa_desc_size(desc);

	if (env->fault == DSA_FAULT_OVERLAP_UNCHECKED)
		return false;
	switch (opcode) {
	case DSA_OPCODE_MEMMOVE:
		return (env->gencap & DSA_GENCAP_OVERLAP) == 0 && meet(one, size, two, size);
	case DSA_OPCODE_DUALCAST:
		return meet(one, size, two, size) || meet(one, size, three, size) || meet(two, size, three, size);
	case DSA_OPCODE_CR_DELTA:
		return meet(one, size, three, dsa_desc_u32(desc, 48)) || meet(two, size, three, dsa_desc_u32(desc, 48));
	case DSA_OPCODE_AP_DELTA:
		return meet(one, dsa_desc_u32(desc, 40), two, size);
	case DSA_OPCODE_COPY_CRC:
	case DSA_OPCODE_DIF_UPDT:
		return meet(one, size, two, size);
	case DSA_OP_DIX_GENERATE:
		return meet(one, size, two, size / size_unit(desc, opcode) * DSA_DIF_TUPLE);
	case DSA_OPCODE_DIF_INS:
	case DSA_OPCODE_DIF_STRP: {
		uint64_t blocks = size / size_unit(desc, opcode), block = dsa_dif_block(desc);

		return meet(one, size, two, blocks * (opcode == DSA_OPCODE_DIF_INS ? block + DSA_DIF_TUPLE : block));
	}
	default:
		return false;
	}
}

static bool aligned(const struct dsa_env *env, const struct dsa_raw_desc *desc, uint8_t opcode)
{
	uint64_t one = dsa_desc_u64(desc, 16), two = dsa_desc_u64(desc, 24);

	switch (opcode) {
	case DSA_OPCODE_CR_DELTA:
		return IS_ALIGNED(one | two | dsa_desc_size(desc), 8);
	case DSA_OPCODE_AP_DELTA:
		return IS_ALIGNED(two | dsa_desc_size(desc), 8);
	case DSA_OP_DIX_GENERATE:
		return IS_ALIGNED(two, DSA_DIF_TUPLE);
	case DSA_OP_TRANSLATION_FETCH: {
		uint64_t stride = dsa_desc_u32(desc, 48);

		return (dsa_desc_flags(desc) & DSA_FLAG_STRIDE) == 0 || env->fault == DSA_FAULT_STRIDE_UNCHECKED ||
		       (stride >= 4096 && (stride & (stride - 1)) == 0);
	}
	case DSA_OPCODE_CRCGEN:
	case DSA_OPCODE_COPY_CRC:
		return (dsa_desc_flags(desc) & DSA_FLAG_READ_SEED) == 0 ||
		       IS_ALIGNED(dsa_desc_u64(desc, 48), (dsa_desc_flags(desc) & DSA_FLAG_CRC64) != 0 ? 8 : 4);
	default:
		return true;
	}
}

/* Whether the fields of Update Window make a window: somewhere, and not around the end of the address space. */
static bool window_good(const struct dsa_raw_desc *desc, uint8_t opcode)
{
	const unsigned flags = dsa_desc_byte(desc, DSA_DESC_WINDOW_FLAGS);
	const uint64_t base = dsa_desc_u64(desc, 16), size = dsa_desc_u64(desc, 24);

	if (opcode != DSA_OP_UPDATE_WINDOW)
		return true;
	if ((flags & DSA_WINDOW_ENABLE) == 0)
		return (flags & DSA_WINDOW_OFFSET_MODE) == 0;
	return size != 0 && base + (size - 1) >= base;
}

static bool handle_good(const struct dsa_env *env, const struct dsa_raw_desc *desc)
{
	return (dsa_desc_flags(desc) & IDXD_OP_FLAG_RCI) == 0 || env->handle_ok == NULL ||
	       env->handle_ok(env, dsa_desc_handle(desc));
}

/*
 * Whether each address, the record's too, has a traffic class that gets anywhere. The selectors that may be set are
 * those of the addresses that are there.
 */
static bool classes_good(const struct dsa_env *env, const struct dsa_raw_desc *desc, uint8_t opcode)
{
	const uint32_t flags = dsa_desc_flags(desc);
	const uint32_t selectors = allowed_flags(env, opcode, flags) & (uint32_t)(A1 | A2 | A3);

	if (env->fault == DSA_FAULT_CLASS_UNCHECKED)
		return true;
	return !(env->unmapped & BIT32(0) && selectors & ~flags) && !(env->unmapped & BIT32(1) && selectors & flags);
}

static uint8_t check(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result)
{
	uint8_t opcode = dsa_desc_opcode(desc);
	uint32_t bad;

	if (!dsa_opcode_known(env, opcode))
		return env->fault == DSA_FAULT_OPCODE_UNCHECKED ? 0 : DSA_COMP_BAD_OPCODE;
	if (env->in_batch &&
	    (opcode == DSA_OPCODE_BATCH || opcode == DSA_OPCODE_DRAIN || opcode == DSA_OP_UPDATE_WINDOW))
		return DSA_COMP_BAD_OPCODE;
	/* Nothing to fetch where nothing is translated. */
	if (opcode == DSA_OP_TRANSLATION_FETCH && !env->who.ats)
		return DSA_COMP_BAD_OPCODE;
	bad = bad_flags(env, opcode, dsa_desc_flags(desc));
	if (bad != 0) {
		dsa_put_le(result->specific, bad, 3);
		return DSA_COMP_INVALID_FLAGS;
	}
	if (!reserved_clear(env, desc, opcode))
		return DSA_COMP_NOZERO_RESERVE;
	if (!size_good(env, desc, opcode))
		return DSA_COMP_XFER_ERANGE;
	if (!count_good(env, desc, opcode))
		return DSA_COMP_DESC_CNT_ERANGE;
	if (!delta_good(env, desc, opcode))
		return DSA_COMP_DR_ERANGE;
	if (overlap(env, desc, opcode))
		return DSA_COMP_OVERLAP_BUFFERS;
	if (opcode == DSA_OPCODE_DUALCAST && ((dsa_desc_u64(desc, 24) ^ dsa_desc_u64(desc, 40)) & 0xfff) != 0)
		return DSA_COMP_DCAST_ERR;
	if (opcode == DSA_OPCODE_BATCH && !IS_ALIGNED(dsa_desc_u64(desc, 16), DSA_DESC_SIZE) &&
	    env->fault != DSA_FAULT_LIST_ALIGN_UNCHECKED)
		return DSA_COMP_DESCLIST_ALIGN;
	if (!handle_good(env, desc))
		return DSA_COMP_INT_HANDLE_INVAL;
	if (!aligned(env, desc, opcode))
		return DSA_COMP_ADDR_ALIGN;
	if ((dsa_is_inter_domain(opcode) || opcode == DSA_OP_UPDATE_WINDOW) && env->who.pasid == DSA_NO_PASID)
		return DSA_COMP_ID_NO_PASID;
	if (!window_good(desc, opcode))
		return DSA_COMP_ID_WINDOW_FIELD;
	return classes_good(env, desc, opcode) ? 0 : DSA_COMP_TRAFFIC_CLASS_CONF;
}

uint8_t dsa_check_descriptor(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result)
{
	memset(result, 0, sizeof(*result));
	result->status = check(env, desc, result);
	return result->status;
}
