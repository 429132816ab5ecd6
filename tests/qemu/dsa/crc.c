/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CRC generation, with and without a copy (8.3.12, 8.3.13, appendix A). Data is not padded.
 *
 * Section numbers: Intel DSA Architecture Specification, 341204-006.
 */
#include "tests/qemu/dsa/crc.h"
#include "tests/qemu/dsa/ops.h"

/* Bit-reversed, as the reflected register needs them. */
#define POLY_CRC32C UINT64_C(0x82f63b78)
#define POLY_IEEE   UINT64_C(0xedb88320)
#define POLY_CRC64  UINT64_C(0x9a6c9329ac4bc9b5)

#define POLY_ECMA UINT64_C(0xc96c5795d7870f42)

#define POLY_T10 0x8bb7

uint64_t dsa_bit_reverse(uint64_t v, unsigned width)
{
	uint64_t r = 0;

	for (unsigned i = 0; i < width; i++)
		if ((v & BIT64(i)) != 0)
			r |= BIT64(width - 1 - i);
	return r;
}

void dsa_crc_start(struct dsa_crc *crc, uint64_t polynomial, uint64_t reg)
{
	crc->reg = reg;
	for (unsigned byte = 0; byte < 256; byte++) {
		uint64_t v = byte;

		for (unsigned bit = 0; bit < 8; bit++)
			v = (v >> 1) ^ ((v & 1) != 0 ? polynomial : 0);
		crc->table[byte] = v;
	}
}

void dsa_crc_add(struct dsa_crc *crc, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		crc->reg = crc->table[(crc->reg ^ data[i]) & 0xff] ^ (crc->reg >> 8);
}

uint16_t dsa_crc16_t10(uint16_t crc, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		crc = (uint16_t)(crc ^ (data[i] << 8));
		for (unsigned bit = 0; bit < 8; bit++)
			crc = (uint16_t)((crc << 1) ^ ((crc & 0x8000) != 0 ? POLY_T10 : 0));
	}
	return crc;
}

/* What the flags make of the calculation. */
struct mode {
	unsigned width; /* bits: 32 or 64 */
	bool invert;    /* or else reverse the bits of seed and result */
	bool reflect;   /* bit 0 of each byte first */
};

static struct mode mode_of(const struct dsa_env *env, uint32_t flags)
{
	bool crc64 = (flags & DSA_FLAG_CRC64) != 0 && (env->gencap & DSA_GENCAP_CRC64) != 0;

	return (struct mode){
	        .width = crc64 ? 64 : 32,
	        .invert = (flags & DSA_FLAG_CRC_NO_INVERT) == 0,
	        .reflect = (flags & DSA_FLAG_CRC_NO_REFLECT) == 0 || env->fault == DSA_FAULT_CRC_REFLECTION,
	};
}

/* From seed to register and from register to result: the same step. */
static uint64_t convert(struct mode mode, uint64_t v)
{
	return (mode.invert ? ~v : dsa_bit_reverse(v, mode.width)) & GENMASK64(mode.width - 1, 0);
}

/* Returns 0, or the status that reading the seed ended with. */
static uint8_t start(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct mode mode, struct dsa_crc *crc,
                     uint64_t *fault_addr)
{
	uint64_t seed = mode.width == 64 ? dsa_desc_u64(desc, 40) : dsa_desc_u32(desc, 40);
	uint64_t polynomial = mode.width == 64 ? POLY_CRC64 : POLY_CRC32C;
	uint8_t raw[8], status;

	if ((dsa_desc_flags(desc) & DSA_FLAG_READ_SEED) != 0 && env->fault != DSA_FAULT_CRC_SEED_ADDRESS) {
		status = dsa_mem_read(env, dsa_desc_u64(desc, 48), raw, mode.width / 8, NULL, fault_addr);
		if (status != 0)
			return status;
		seed = dsa_get_le(raw, mode.width / 8);
	}
	if (env->fault == DSA_FAULT_CRC_SEED_IGNORED)
		seed = 0;
	if (env->fault == DSA_FAULT_CRC_POLYNOMIAL && mode.width == 32)
		polynomial = POLY_IEEE;
	if (env->fault == DSA_FAULT_CRC64_POLYNOMIAL && mode.width == 64)
		polynomial = POLY_ECMA;
	dsa_crc_start(crc, polynomial, convert(mode, seed));
	return 0;
}

static void add(struct mode mode, struct dsa_crc *crc, uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len && !mode.reflect; i++)
		data[i] = (uint8_t)dsa_bit_reverse(data[i], 8);
	dsa_crc_add(crc, data, len);
}

void dsa_op_crc(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result)
{
	bool copy = dsa_desc_opcode(desc) == DSA_OPCODE_COPY_CRC;
	struct mode mode = mode_of(env, dsa_desc_flags(desc));
	uint64_t src = dsa_desc_u64(desc, 16), dst = dsa_desc_u64(desc, 24), read_fault = 0, write_fault = 0;
	uint8_t buf[DSA_CHUNK], read_status, write_status = 0;
	size_t size = dsa_desc_size(desc), done = 0, got, put;
	struct dsa_crc crc;

	read_status = start(env, desc, mode, &crc, &read_fault);
	if (read_status != 0) {
		dsa_end_early(result, read_status, DSA_OPERAND_SOURCE2, read_fault, 0);
		return;
	}
	while (done < size && read_status == 0 && write_status == 0) {
		read_status = dsa_mem_read(env, src + done, buf, dsa_min(sizeof(buf), size - done), &got, &read_fault);
		put = got;
		if (copy)
			write_status = dsa_mem_write(env, dst + done, buf, got, &put, &write_fault);
		/* The check covers what bytes completed covers, so that it can be the seed of the rest. */
		add(mode, &crc, buf, put);
		done += put;
	}
	dsa_put_le(result->specific, convert(mode, crc.reg), mode.width / 8);
	if (write_status != 0)
		dsa_end_early(result, write_status, DSA_OPERAND_DESTINATION, write_fault, done);
	else if (read_status != 0)
		dsa_end_early(result, read_status, DSA_OPERAND_SOURCE, read_fault, done);
	else if (copy)
		dsa_readback(env, desc, dst, size, result);
}
