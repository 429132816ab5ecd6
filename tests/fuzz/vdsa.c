/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that does whatever the input says to a vDSA, and a host to which things happen meanwhile. The fake host stops
 * the program when it is asked for something wrong; beyond that, what must always hold is checked after each step:
 * host_invariants(), and that no read shows a PASID of the host.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/pci_regs.h>

#include "tests/unit/vdsa_host.h"

static const uint8_t *input;
static size_t left;
static struct host h;

static uint64_t take(unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)(left > i ? input[i] : 0) << (8 * i);
	input += left < bytes ? left : bytes;
	left -= left < bytes ? left : bytes;
	return value;
}

/* The guest does not know the host's PASIDs: a value that would write one is none of its. */
static int tells_pasid(uint64_t value)
{
	for (unsigned shift = 0; shift <= 44; shift++) {
		uint64_t field = (value >> shift) & 0xfffff;

		if (field == HOST_HPASID || field == HOST_NOBODY)
			return 1;
	}
	return 0;
}

static void see(uint64_t value)
{
	host_check(value == UINT64_MAX || !tells_pasid(value));
}

/* Offsets where something is, more often than not. */
static uint64_t offset(void)
{
	static const uint16_t interesting[] = {0x00,  0x10,  0x60,  0x80,  0x88,  0x90,  0x98,  0xa0,
	                                       0xa0,  0xa8,  0xc0,  0x300, 0x308, 0x400, 0x508, 0x518,
	                                       0x600, 0x60c, 0x610, 0x614, 0x618, 0x61c, 0x700, 0x1ff8};
	uint64_t raw = take(2);

	return raw & 0x8000 ? raw & 0x7fff
	                    : interesting[raw % ARRAY_SIZE(interesting)] + ((raw >> 8) & 7) * ((raw & 0x80) != 0);
}

static uint32_t config_offset(void)
{
	static const uint16_t interesting[] = {0x04, 0x04, 0x10, 0x14, 0x18,  0x1c,
	                                       0x42, 0x40, 0x58, 0x59, 0x100, 0xffc};
	uint32_t raw = (uint32_t)take(2);

	return raw & 0x8000 ? raw & 0x1fff : interesting[raw % ARRAY_SIZE(interesting)];
}

static void step(int nested);

static void during(struct host *host, enum host_op op)
{
	(void)host;
	(void)op;
	if (left > 0 && (input[0] & 3) == 0)
		step(1);
}

static void host_event(int nested)
{
	static const int codes[] = {0, -EIO, -ETIMEDOUT};
	uint64_t record[4];
	unsigned op;

	switch (take(1) % 6) {
	case 0:
		(void)host_completion(&h, HOST_SLOT);
		break;
	case 1:
		for (unsigned i = 0; i < 4; i++)
			record[i] = take(8);
		if (FIELD_GET(DSA_SWERROR_PASID, record[0]) % 2)
			record[0] =
			        (record[0] & ~DSA_SWERROR_PASID) | FIELD_PREP(DSA_SWERROR_PASID, (uint64_t)HOST_HPASID);
		if (tells_pasid(record[1]) || tells_pasid(record[2]))
			break;
		(void)vdsa_host_error(&h.v, record);
		break;
	case 2:
		vdsa_host_halted(&h.v);
		break;
	case 3:
		vdsa_reset(&h.v);
		break;
	case 4:
		op = HOST_OP_ENABLE + take(1) % (HOST_OP_SET_PASID - HOST_OP_ENABLE + 1);
		h.fail[op] = codes[take(1) % ARRAY_SIZE(codes)];
		break;
	default:
		if (!nested)
			memset(h.fail, 0, sizeof(h.fail));
		break;
	}
}

static void step(int nested)
{
	unsigned kind = (unsigned)take(1), width = 1U << ((kind >> 4) & 3);
	uint64_t at, value;

	switch (kind & 7) {
	case 0:
	case 1:
		at = offset();
		value = take(width);
		if (!tells_pasid(value))
			reg_write(&h, at, width, value);
		break;
	case 2:
		value = take(4);
		if (!tells_pasid(value))
			reg_write(&h, DSA_CMD, 4,
			          (value & (DSA_CMD_REQ_INT | 0x1ffff)) |
			                  FIELD_PREP(DSA_CMD_CODE, (uint32_t)(kind >> 3) % 16));
		break;
	case 3:
		see(reg_read(&h, offset(), width));
		break;
	case 4:
	case 5:
		at = config_offset();
		value = take(width & 7);
		if (!tells_pasid(value))
			cfg_write(&h, (uint32_t)at, width, (uint32_t)value);
		break;
	case 6:
		see(cfg_read(&h, config_offset(), width));
		break;
	default:
		host_event(nested);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input = data;
	left = size;
	/* From the start, from where a driver begins, or from where it submits. */
	unsigned start = (unsigned)take(1) % 4;

	if (start == 0)
		host_start(&h);
	else
		host_boot(&h);
	if (start >= 2) {
		host_check(command(&h, DSA_CMD_ENABLE_DEVICE, 0) == 0);
		host_check(command(&h, DSA_CMD_ENABLE_WQ, 0) == 0);
		host_check(command(&h, DSA_CMD_REQUEST_INT_HANDLE, 1) == HOST_SLOT << 8);
	}
	h.during = during;
	while (left > 0) {
		step(0);
		host_invariants(&h);
	}
	h.during = NULL;
	for (uint64_t i = 0; i < 0x800; i += 8)
		see(reg_read(&h, i, 8));
	for (uint32_t i = 0; i < VDSA_CONFIG_IMAGE; i += 4)
		see(cfg_read(&h, i, 4));
	memset(h.fail, 0, sizeof(h.fail));
	host_stop(&h);
	return 0;
}
