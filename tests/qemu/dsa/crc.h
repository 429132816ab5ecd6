/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cyclic redundancy checks, a byte at a time over a table.
 *
 * The table belongs to the one operation that uses it, and is made with it: no state is shared, and what it costs is
 * nothing beside the emulator.
 */
#ifndef TESTS_QEMU_DSA_CRC_H
#define TESTS_QEMU_DSA_CRC_H

#include <stddef.h>
#include <stdint.h>

/* A reflected check of 32 or 64 bits: the register shifts to the right, bit 0 of a byte goes first. */
struct dsa_crc {
	uint64_t reg;
	uint64_t table[256];
};

/* polynomial: bit-reversed, without its highest term. reg: the register to start from. */
void dsa_crc_start(struct dsa_crc *crc, uint64_t polynomial, uint64_t reg);
void dsa_crc_add(struct dsa_crc *crc, const uint8_t *data, size_t len);

/* The low width bits of v in the opposite order. */
uint64_t dsa_bit_reverse(uint64_t v, unsigned width);

/* The guard of a DIF block: CRC-16 of T10, bit 7 first, starting from crc. */
uint16_t dsa_crc16_t10(uint16_t crc, const uint8_t *data, size_t len);

#endif
