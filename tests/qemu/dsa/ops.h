/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the operations share: fields of descriptors, bytes of results, and how an operation ends.
 *
 * Section numbers: Intel DSA Architecture Specification, 341204-006.
 */
#ifndef TESTS_QEMU_DSA_OPS_H
#define TESTS_QEMU_DSA_OPS_H

#include "tests/qemu/dsa/exec.h"

/* Opcode-specific flags (8.3): their meaning depends on the opcode. */
#define DSA_FLAG_BATCH_ERROR    BIT32(16) /* BATCH */
#define DSA_FLAG_READBACK1      BIT32(16) /* DRAIN */
#define DSA_FLAG_READBACK2      BIT32(17) /* DRAIN */
#define DSA_FLAG_NO_IMPLICIT_A  BIT32(18) /* DRAIN */
#define DSA_FLAG_NO_IMPLICIT_B  BIT32(19) /* DRAIN */
#define DSA_FLAG_FILL16         BIT32(18) /* MEMFILL */
#define DSA_FLAG_READ_SEED      BIT32(16) /* CRCGEN, COPY_CRC, and the next three */
#define DSA_FLAG_CRC_NO_INVERT  BIT32(17)
#define DSA_FLAG_CRC_NO_REFLECT BIT32(18)
#define DSA_FLAG_CRC64          BIT32(19)
#define DSA_FLAG_STRIDE         BIT32(16) /* translation fetch */
#define DSA_FLAG_SUPPRESS_DRAIN BIT32(16) /* Update Window */
#define DSA_FLAG_ALTERNATE1     BIT32(16) /* inter-domain operations: handle of the first address */
#define DSA_FLAG_ALTERNATE2     BIT32(17) /* and of the second one */

/* Bytes that an operation handles at once, on the stack. */
#define DSA_CHUNK      4096
/* One delta: a 16-bit offset in units of 8 bytes, and 8 bytes (8.3.8). */
#define DSA_DELTA_SIZE 10
/* The protection tuple behind each block: guard, application tag, reference tag (appendix B). */
#define DSA_DIF_TUPLE  8

/* Byte n of a descriptor, and the wider fields that start there (aligned to their size), little-endian. */
static inline uint8_t dsa_desc_byte(const struct dsa_raw_desc *d, unsigned n)
{
	return (uint8_t)(d->field[n / 8] >> (n % 8 * 8));
}

static inline uint16_t dsa_desc_u16(const struct dsa_raw_desc *d, unsigned n)
{
	return (uint16_t)(d->field[n / 8] >> (n % 8 * 8));
}

static inline uint32_t dsa_desc_u32(const struct dsa_raw_desc *d, unsigned n)
{
	return (uint32_t)(d->field[n / 8] >> (n % 8 * 8));
}

static inline uint64_t dsa_desc_u64(const struct dsa_raw_desc *d, unsigned n)
{
	return d->field[n / 8];
}

/* The low len bytes of v at p, little-endian. */
static inline void dsa_put_le(uint8_t *p, uint64_t v, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static inline uint64_t dsa_get_le(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static inline size_t dsa_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * End early: status as dsa_mem_read or dsa_mem_write gave it for that operand, bytes as 8.3 counts them for the opcode.
 */
static inline void dsa_end_early(struct dsa_result *result, uint8_t status, enum dsa_operand operand,
                                 uint64_t fault_addr, size_t bytes)
{
	result->status = status;
	result->operand = (uint8_t)operand;
	result->fault_addr = fault_addr;
	result->bytes = (uint32_t)bytes;
}

/* Whether the opcode is one that this device has: in the model and in its OPCAP (checks.c). */
bool dsa_opcode_known(const struct dsa_env *env, uint8_t opcode);

static inline bool dsa_is_inter_domain(uint8_t opcode)
{
	return opcode >= DSA_OP_ID_COPY && opcode <= DSA_OP_ID_COMPVAL;
}

/* The data bytes of a block, from the DIF flags of byte 42 (dif.c). */
unsigned dsa_dif_block(const struct dsa_raw_desc *desc);

/*
 * The end of an operation that wrote len bytes at dst: the destination readback that the flags may ask for (8.1.3), which
 * turns the status into DSA_COMP_HW_ERR_DRB if it fails. len may be 0: nothing was written.
 */
void dsa_readback(const struct dsa_env *env, const struct dsa_raw_desc *desc, uint64_t dst, size_t len,
                  struct dsa_result *result);

/*
 * The operations, one for each kind. Each is called with *result all zero but for status, which is DSA_COMP_SUCCESS.
 */
void dsa_op_crc(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result);
void dsa_op_dif(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result);
void dsa_op_create_delta(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result);
void dsa_op_apply_delta(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result);

#endif
