/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors (8.1, 8.3). */
#include <string.h>

#include "drivers/dsa/dsa.h"

void dsa_desc_init(struct dsa_hw_desc *d, unsigned opcode, uint64_t cr)
{
	memset(d, 0, sizeof(*d));
	d->opcode = opcode & 0xffU;
	d->flags = IDXD_OP_FLAG_CRAV | IDXD_OP_FLAG_RCR;
	d->completion_addr = cr;
}

void dsa_desc_noop(struct dsa_hw_desc *d, uint64_t cr)
{
	dsa_desc_init(d, DSA_OPCODE_NOOP, cr);
}

void dsa_desc_drain(struct dsa_hw_desc *d, uint64_t cr)
{
	dsa_desc_init(d, DSA_OPCODE_DRAIN, cr);
}

void dsa_desc_batch(struct dsa_hw_desc *d, uint64_t cr, uint64_t list, uint32_t count)
{
	dsa_desc_init(d, DSA_OPCODE_BATCH, cr);
	d->desc_list_addr = list;
	d->desc_count = count;
}

/* Operations on one source and one destination or second source. */
static void two(struct dsa_hw_desc *d, unsigned opcode, uint64_t cr, uint64_t src, uint64_t dst, uint32_t size)
{
	dsa_desc_init(d, opcode, cr);
	d->src_addr = src;
	d->dst_addr = dst;
	d->xfer_size = size;
}

void dsa_desc_memmove(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst, uint64_t src, uint32_t size)
{
	two(d, DSA_OPCODE_MEMMOVE, cr, src, dst, size);
}

void dsa_desc_fill(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst, uint64_t pattern, uint32_t size)
{
	two(d, DSA_OPCODE_MEMFILL, cr, pattern, dst, size);
}

void dsa_desc_compare(struct dsa_hw_desc *d, uint64_t cr, uint64_t src1, uint64_t src2, uint32_t size)
{
	two(d, DSA_OPCODE_COMPARE, cr, src1, src2, size);
}

void dsa_desc_compval(struct dsa_hw_desc *d, uint64_t cr, uint64_t src, uint64_t pattern, uint32_t size)
{
	two(d, DSA_OPCODE_COMPVAL, cr, src, pattern, size);
}

void dsa_desc_dualcast(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst1, uint64_t dst2, uint64_t src, uint32_t size)
{
	two(d, DSA_OPCODE_DUALCAST, cr, src, dst1, size);
	d->dest2 = dst2;
}

void dsa_desc_crc(struct dsa_hw_desc *d, uint64_t cr, uint64_t src, uint32_t seed, uint32_t size)
{
	two(d, DSA_OPCODE_CRCGEN, cr, src, 0, size);
	d->crc_seed = seed;
}

void dsa_desc_copy_crc(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst, uint64_t src, uint32_t seed, uint32_t size)
{
	two(d, DSA_OPCODE_COPY_CRC, cr, src, dst, size);
	d->crc_seed = seed;
}

void dsa_desc_cflush(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst, uint32_t size)
{
	two(d, DSA_OPCODE_CFLUSH, cr, 0, dst, size);
}

void dsa_desc_fill16(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst, const uint64_t pattern[2], uint32_t size)
{
	dsa_desc_fill(d, cr, dst, pattern[0], size);
	d->flags = d->flags | DSA_DESC_FILL16;
	memcpy(d->op_specific, &pattern[1], 8);
}

void dsa_desc_crc64(struct dsa_hw_desc *d, uint64_t cr, uint64_t src, uint64_t seed, uint32_t size)
{
	two(d, DSA_OPCODE_CRCGEN, cr, src, 0, size);
	d->flags = d->flags | DSA_DESC_CRC64;
	memcpy(d->op_specific, &seed, 8);
}

void dsa_desc_dix_generate(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst, uint64_t src, uint32_t size)
{
	two(d, DSA_OP_DIX_GENERATE, cr, src, dst, size);
}

void dsa_desc_fetch(struct dsa_hw_desc *d, uint64_t cr, uint64_t addr, uint32_t size)
{
	two(d, DSA_OP_TRANSLATION_FETCH, cr, addr, 0, size);
}

void dsa_desc_id_copy(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst, uint64_t src, uint32_t size)
{
	two(d, DSA_OP_ID_COPY, cr, src, dst, size);
}

void dsa_desc_id_fill(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst, uint64_t pattern, uint32_t size)
{
	two(d, DSA_OP_ID_FILL, cr, pattern, dst, size);
}

void dsa_desc_id_compare(struct dsa_hw_desc *d, uint64_t cr, uint64_t src1, uint64_t src2, uint32_t size)
{
	two(d, DSA_OP_ID_COMPARE, cr, src1, src2, size);
}

void dsa_desc_id_compval(struct dsa_hw_desc *d, uint64_t cr, uint64_t src, uint64_t pattern, uint32_t size)
{
	two(d, DSA_OP_ID_COMPVAL, cr, src, pattern, size);
}

void dsa_desc_first_in(struct dsa_hw_desc *d, uint16_t handle)
{
	d->flags = d->flags | DSA_DESC_ALTERNATE1;
	memcpy((uint8_t *)d + DSA_DESC_IDPT_HANDLE1, &handle, sizeof(handle));
}

void dsa_desc_second_in(struct dsa_hw_desc *d, uint16_t handle)
{
	d->flags = d->flags | DSA_DESC_ALTERNATE2;
	memcpy((uint8_t *)d + DSA_DESC_IDPT_HANDLE2, &handle, sizeof(handle));
}

void dsa_desc_update_window(struct dsa_hw_desc *d, uint64_t cr, uint16_t handle, uint64_t base, uint64_t size,
                            unsigned flags)
{
	two(d, DSA_OP_UPDATE_WINDOW, cr, base, size, 0);
	((uint8_t *)d)[DSA_DESC_WINDOW_FLAGS] = (uint8_t)flags;
	memcpy((uint8_t *)d + DSA_DESC_IDPT_HANDLE2, &handle, sizeof(handle));
}

void dsa_desc_expect(struct dsa_hw_desc *d, uint8_t expected)
{
	d->flags |= IDXD_OP_FLAG_CR;
	d->expected_res = expected;
}

void dsa_desc_interrupt(struct dsa_hw_desc *d, uint16_t handle)
{
	d->flags |= IDXD_OP_FLAG_RCI;
	d->int_handle = handle;
}
