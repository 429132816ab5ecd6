/* SPDX-License-Identifier: BSD-2-Clause */
/* The event log (5.9, 9.2.16, 9.2.17): a ring that the device fills at its tail and software empties at its head. */
#include <errno.h>
#include <string.h>

#include "drivers/dsa/dsa.h"
#include "kernel/mmio.h"

bool dsa_has_evl(const struct dsa *dsa)
{
	/* Version 1 had something else in some of these bits. */
	return dsa->caps.version >= DSA_VERSION_2_0 && FIELD_GET(DSA_GENCAP_EVENT_LOG, dsa->caps.gencap) != 0;
}

static uint64_t status(const struct dsa_evl *evl)
{
	return mmio_read64(evl->dsa->regs, DSA_EVLSTATUS);
}

int dsa_evl_open(struct dsa *dsa, const struct dsa_buf *memory, struct dsa_evl *evl)
{
	const uint64_t first = memory->dma | (dsa->pasid_on ? DSA_EVLCFG_PASID_EN : 0);
	uint64_t second;
	uint32_t gencfg;

	if (!dsa_has_evl(dsa))
		return dsa_fail(dsa, -ENOTSUP, 0, "GENCAP.14:13=0: the device has no event log");
	*evl = (struct dsa_evl){.dsa = dsa, .memory = *memory, .entry_size = DSA_EVL_ENTRY_SIZE(dsa->caps.gencap)};
	evl->entries = (unsigned)(memory->size / evl->entry_size);
	if (evl->entries < DSA_EVL_MIN_SIZE || evl->entries > FIELD_GET(DSA_EVLCFG_SIZE, UINT64_MAX))
		return dsa_fail(dsa, -EINVAL, 0, "event log of %u entries: 64 to 65535 are possible", evl->entries);
	if (dsa_state(dsa) != DSA_STATE_DISABLED)
		return dsa_fail(dsa, -EBUSY, 0, "the event log cannot be set up while the device is %s",
		                dsa_state_name(dsa_state(dsa)));
	second = FIELD_PREP(DSA_EVLCFG_SIZE, (uint64_t)evl->entries) |
	         (dsa->pasid_on ? FIELD_PREP(DSA_EVLCFG_PASID, (uint64_t)dsa->iommu->pasid) : 0);
	mmio_write64(dsa->regs, DSA_EVLCFG, first);
	mmio_write64(dsa->regs, DSA_EVLCFG + 8, second);
	gencfg = mmio_read32(dsa->regs, DSA_GENCFG) | DSA_GENCFG_EVL;
	mmio_write32(dsa->regs, DSA_GENCFG, gencfg);
	if (mmio_read64(dsa->regs, DSA_EVLCFG) != first || mmio_read64(dsa->regs, DSA_EVLCFG + 8) != second ||
	    mmio_read32(dsa->regs, DSA_GENCFG) != gencfg)
		return dsa_fail(dsa, -EIO, mmio_read32(dsa->regs, DSA_GENCFG),
		                "EVLCFG or GENCFG.13 do not take what was written: GENCFG 0x%x",
		                (unsigned)mmio_read32(dsa->regs, DSA_GENCFG));
	return 0;
}

unsigned dsa_evl_count(const struct dsa_evl *evl)
{
	const uint64_t value = status(evl);
	const unsigned head = (unsigned)FIELD_GET(DSA_EVLSTATUS_HEAD, value);
	const unsigned tail = (unsigned)FIELD_GET(DSA_EVLSTATUS_TAIL, value);

	return (tail + evl->entries - head) % evl->entries;
}

int dsa_evl_take(struct dsa_evl *evl, struct dsa_evl_entry *entry)
{
	const uint64_t value = status(evl);
	const unsigned head = (unsigned)FIELD_GET(DSA_EVLSTATUS_HEAD, value);
	const unsigned tail = (unsigned)FIELD_GET(DSA_EVLSTATUS_TAIL, value);
	const uint8_t *at = (const uint8_t *)evl->memory.cpu + (size_t)head * evl->entry_size;

	*entry = (struct dsa_evl_entry){0};
	if (head >= evl->entries || tail >= evl->entries)
		return dsa_fail(evl->dsa, -EIO, (uint32_t)value, "EVLSTATUS 0x%llx: the event log has %u entries",
		                (unsigned long long)value, evl->entries);
	if (head == tail)
		return -ENOENT;
	/* The entry was there before the tail that was just read went past it. */
	__asm__ volatile("" : : : "memory");
	memcpy(entry->error.raw, at, sizeof(entry->error.raw));
	memcpy((void *)&entry->record, at + DSA_EVL_RECORD, sizeof(entry->record));
	dsa_swerror_decode(&entry->error);
	entry->batch_id = FIELD_GET(DSA_EVL_BATCH_ID, entry->error.raw[0]);
	entry->first = (entry->error.raw[1] & DSA_EVL_FIRST) != 0;
	entry->has_interrupt = (entry->error.raw[1] & DSA_EVL_RCI) != 0;
	entry->has_record = (entry->error.raw[1] & DSA_EVL_RCR) != 0;
	entry->ims = (entry->error.raw[1] & DSA_EVL_IMS) != 0;
	mmio_write32(evl->dsa->regs, DSA_EVLSTATUS, (head + 1) % evl->entries);
	return 0;
}

bool dsa_evl_pending(const struct dsa_evl *evl)
{
	return (status(evl) & DSA_EVLSTATUS_PENDING) != 0;
}

void dsa_evl_clear_pending(struct dsa_evl *evl)
{
	/* The upper half alone: the head is in the lower. */
	mmio_write32(evl->dsa->regs, DSA_EVLSTATUS + 4, (uint32_t)(DSA_EVLSTATUS_PENDING >> 32));
}
