/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Queued invalidation (6.5). Each call submits its descriptors with a wait descriptor behind them and stays until the
 * unit has written the wait's status: nobody here profits from overlap, and memory that is unmapped must be out of
 * reach when the caller goes on.
 */
#include <errno.h>

#include "drivers/vtd/unit.h"
#include "kernel/time.h"

#define ENTRIES     128U /* one page of 256-bit descriptors */
#define ENTRY_BYTES (8U * VTD_QI_WORDS)

static const char *const iq_errors[] = {
        [VTD_IQE_NONE] = "no information",
        [VTD_IQE_TAIL] = "bad tail",
        [VTD_IQE_FETCH] = "descriptor fetch failed",
        [VTD_IQE_TYPE] = "invalid descriptor type",
        [VTD_IQE_RESERVED] = "reserved field in a descriptor",
        [VTD_IQE_WIDTH] = "wrong descriptor width",
        [VTD_IQE_TAIL_ALIGN] = "tail not aligned",
        [VTD_IQE_TTM] = "wrong translation table mode",
};

static unsigned head(const struct vtd_unit *u)
{
	return (unsigned)(vtd_read64(u, VTD_IQH) & VTD_IQ_OFFSET) / ENTRY_BYTES;
}

static void put(struct vtd_unit *u, unsigned at, uint64_t q0, uint64_t q1)
{
	volatile uint64_t *entry = u->queue + (size_t)at * VTD_QI_WORDS;

	entry[0] = q0;
	entry[1] = q1;
	entry[2] = 0;
	entry[3] = 0;
}

static void put_wait(struct vtd_unit *u, unsigned at, uint32_t data)
{
	put(u, at, VTD_QI_WAIT | VTD_QI_WAIT_SW | FIELD_PREP(VTD_QI_WAIT_DATA, data), phys_of((const void *)u->status));
}

static void ring(struct vtd_unit *u)
{
	cpu_mfence();
	vtd_write64(u, VTD_IQT, (uint64_t)u->queue_tail * ENTRY_BYTES);
}

/*
 * The unit has stopped at a descriptor. Make that one harmless, so that the queue goes on for those who come later;
 * what it should have invalidated is still in the caches, which the caller hears of.
 */
static int recover(struct vtd_unit *u, uint32_t fsts)
{
	uint64_t why = vtd_read64(u, VTD_IQERCD);
	unsigned at = head(u);
	uint64_t bad = u->queue[(size_t)at * VTD_QI_WORDS];
	uint64_t code = FIELD_GET(VTD_IQERCD_IQEI, why);

	if (fsts & VTD_FSTS_ITE) {
		vtd_fail(u, -EIO, "FSTS 0x%x: device %02x:%02x.%x does not answer a device-TLB invalidation (ITE)",
		         fsts, (unsigned)FIELD_GET(VTD_IQERCD_ITESID, why) >> 8,
		         (unsigned)FIELD_GET(VTD_IQERCD_ITESID, why) >> 3 & 31U,
		         (unsigned)FIELD_GET(VTD_IQERCD_ITESID, why) & 7U);
	} else {
		vtd_fail(u, -EIO, "FSTS 0x%x: invalidation descriptor 0x%llx refused: %s (IQE)", fsts,
		         (unsigned long long)bad, code < ARRAY_SIZE(iq_errors) ? iq_errors[code] : "unknown reason");
		put_wait(u, at, 0);
	}
	cpu_mfence();
	vtd_write32(u, VTD_FSTS, fsts & (VTD_FSTS_IQE | VTD_FSTS_ITE | VTD_FSTS_ICE));
	ring(u); /* some units look at the queue again only when the tail is written */
	return -EIO;
}

int vtd_queue_run(struct vtd_unit *u, const struct vtd_descriptor *d, unsigned count)
{
	uint32_t sequence = ++u->queue_sequence;
	uint32_t fsts = 0;
	int rc = 0;

	for (unsigned i = 0; i < count; i++) {
		put(u, u->queue_tail, d[i].q0, d[i].q1);
		u->queue_tail = (u->queue_tail + 1) % ENTRIES;
	}
	put_wait(u, u->queue_tail, sequence);
	u->queue_tail = (u->queue_tail + 1) % ENTRIES;
	ring(u);

	/* A descriptor can be refused once each, and the wait itself cannot: so this ends. */
	for (unsigned tries = 0; tries <= count; tries++) {
		if (!WAIT_FOR(*u->status == sequence ||
		                      ((fsts = vtd_read32(u, VTD_FSTS)) & (VTD_FSTS_IQE | VTD_FSTS_ITE)),
		              VTD_QUEUE_TIMEOUT_US))
			return vtd_fail(u, -ETIMEDOUT, "invalidation queue: no answer within 2 s, head %u tail %u",
			                head(u), u->queue_tail);
		if (*u->status == sequence)
			return rc;
		rc = recover(u, fsts);
	}
	return WAIT_FOR(*u->status == sequence, VTD_QUEUE_TIMEOUT_US) ? rc : -ETIMEDOUT;
}

int vtd_queue_start(struct vtd_unit *u)
{
	u->queue = page_alloc(1);
	u->status = page_alloc(1);
	if (!u->queue || !u->status)
		return vtd_fail(u, -ENOMEM, "no memory for the invalidation queue");
	u->queue_tail = 0;
	vtd_write64(u, VTD_IQT, 0);
	vtd_write64(u, VTD_IQA, phys_of(u->queue) | VTD_IQA_DW | FIELD_PREP(VTD_IQA_SIZE, 0));
	return 0;
}

int vtd_queue_stop(struct vtd_unit *u)
{
	/* The queue may be stopped only behind a wait descriptor. */
	return u->queue ? vtd_queue_run(u, NULL, 0) : 0;
}

/* Everything that was cached for translation, in the order that keeps later caches from being filled with stale tags.
 */
int vtd_flush_all(struct vtd_unit *u)
{
	const struct vtd_descriptor d[] = {
	        {VTD_QI_CONTEXT | FIELD_PREP(VTD_QI_GRANULARITY, (uint64_t)VTD_QI_CONTEXT_GLOBAL), 0},
	        {VTD_QI_PASID_CACHE | FIELD_PREP(VTD_QI_GRANULARITY, (uint64_t)VTD_QI_PASID_CACHE_GLOBAL), 0},
	        {VTD_QI_IOTLB | FIELD_PREP(VTD_QI_GRANULARITY, (uint64_t)VTD_QI_IOTLB_GLOBAL) | VTD_QI_IOTLB_DW |
	                 VTD_QI_IOTLB_DR,
	         0},
	};

	return vtd_queue_run(u, d, ARRAY_SIZE(d));
}
