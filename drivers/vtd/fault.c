/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults (7.2, 11.4.9): taken out of the unit's records by the fault event interrupt, and by everyone who asks, into
 * one ring. Nothing is lost without being counted.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers/vtd/unit.h"
#include "kernel/lock.h"
#include "kernel/time.h"

#define RING 256U

static struct vtd_fault ring[RING];
static unsigned ring_count; /* the oldest is ring[0] */
static uint64_t lost, interrupts;
static struct lock lock = LOCK_INIT("vtd faults");

static const struct {
	uint8_t code;
	const char *words;
} reasons[] = {
#define REASON(name, code, words) {code, words},
        VTD_FAULT_REASONS(REASON)
#undef REASON
};

const char *vtd_fault_name(uint8_t reason)
{
	for (unsigned i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].code == reason)
			return reasons[i].words;
	return "unknown fault reason";
}

static void keep(struct vtd_unit *u, uint64_t q0, uint64_t q1)
{
	struct vtd_fault *f;

	if (ring_count == RING) {
		lost++;
		return;
	}
	f = &ring[ring_count++];
	*f = (struct vtd_fault){
	        .unit = u,
	        .time_ns = time_ns(),
	        .sid = (uint16_t)FIELD_GET(VTD_FRCD1_SID, q1),
	        .reason = (uint8_t)FIELD_GET(VTD_FRCD1_REASON, q1),
	        .has_pasid = (q1 & VTD_FRCD1_PP) != 0,
	        .pasid = (uint32_t)FIELD_GET(VTD_FRCD1_PASID, q1),
	        .privileged = (q1 & VTD_FRCD1_PRIV) != 0,
	        .at = (uint8_t)FIELD_GET(VTD_FRCD1_AT, q1),
	        /* {T1,T2}: 00 write, 01 page request, 10 read, 11 atomic */
	        .write = !(q1 & VTD_FRCD1_T1) == !(q1 & VTD_FRCD1_T2),
	};
	f->is_interrupt = f->reason >= VTD_FAULT_IR_REQ_RSVD && f->reason <= VTD_FAULT_IR_OFF;
	if (f->is_interrupt)
		f->index = (uint16_t)FIELD_GET(VTD_FRCD0_INDEX, q0);
	else
		f->address = q0 & VTD_FRCD0_ADDRESS;
}

/* Empty the unit's records. At most as many as it has: a unit that fills them faster is left for the next call. */
static void collect(struct vtd_unit *u)
{
	unsigned records = (unsigned)FIELD_GET(VTD_CAP_NFR, u->cap) + 1;
	uint64_t base = FIELD_GET(VTD_CAP_FRO, u->cap) * VTD_OFFSET_UNIT;
	uint32_t fsts = vtd_read32(u, VTD_FSTS);
	unsigned at = FIELD_GET(VTD_FSTS_FRI, fsts) % records;

	if (!(fsts & (VTD_FSTS_PPF | VTD_FSTS_PFO)))
		return;
	for (unsigned n = 0; n < records; n++) {
		uint64_t offset = base + (uint64_t)at * VTD_FRCD_STRIDE;
		uint32_t top = vtd_read32(u, offset + VTD_FRCD_TOP);

		/* F is written last, so look for it first. */
		if (!(top & VTD_FRCD_TOP_F))
			break;
		keep(u, vtd_read64(u, offset), vtd_read64(u, offset + 8));
		vtd_write32(u, offset + VTD_FRCD_TOP, VTD_FRCD_TOP_F);
		at = (at + 1) % records;
	}
	/* Only after the records are free may the overflow be cleared (7.2.1). */
	if (fsts & VTD_FSTS_PFO) {
		lost++;
		vtd_write32(u, VTD_FSTS, VTD_FSTS_PFO);
	}
}

static void on_fault(void *arg)
{
	lock_acquire(&lock);
	interrupts++;
	collect(arg);
	lock_release(&lock);
}

static void collect_all(void)
{
	struct vtd_unit *u;

	for (unsigned i = 0; (u = vtd_unit_at(i)) != NULL; i++)
		if (u->running)
			collect(u);
}

/* Event messages are not remapped themselves, and carry the upper bits of a wide APIC id in their own register. */
void vtd_faults_start(struct vtd_unit *u)
{
	int on = irq_save();

	lock_acquire(&lock);
	collect(u); /* what the firmware left is told as well */
	lock_release(&lock);
	irq_restore(on);

	u->fault_irq_valid = irq_request(on_fault, u, "vtd fault", &u->fault_irq) == 0;
	if (!u->fault_irq_valid)
		return; /* those who ask still find out */
	vtd_write32(u, VTD_FECTL + VTD_EVENT_DATA, u->fault_irq.vector);
	vtd_write32(u, VTD_FECTL + VTD_EVENT_ADDR, (uint32_t)VTD_MSI_ADDRESS | (u->fault_irq.apic_id & 0xffU) << 12);
	vtd_write32(u, VTD_FECTL + VTD_EVENT_UADDR, u->fault_irq.apic_id & ~UINT32_C(0xff));
	vtd_write32(u, VTD_FECTL, 0);
}

void vtd_faults_stop(struct vtd_unit *u)
{
	vtd_write32(u, VTD_FECTL, VTD_EVENT_CTL_IM);
	if (u->fault_irq_valid)
		irq_release(&u->fault_irq);
	u->fault_irq_valid = false;
}

/* Take the oldest fault, of one function if sid is not negative. */
static int take(int segment, int sid, struct vtd_fault *fault)
{
	int on = irq_save(), rc = -ENOENT;

	lock_acquire(&lock);
	collect_all();
	for (unsigned i = 0; i < ring_count; i++) {
		if (sid >= 0 && (ring[i].sid != sid || ring[i].unit->drhd->segment != segment))
			continue;
		*fault = ring[i];
		ring_count--;
		memmove(&ring[i], &ring[i + 1], (ring_count - i) * sizeof(ring[0]));
		rc = 0;
		break;
	}
	lock_release(&lock);
	irq_restore(on);
	return rc;
}

int vtd_fault_next(struct vtd_fault *fault)
{
	return take(-1, -1, fault);
}

int vtd_fault_next_of(uint16_t segment, uint16_t sid, struct vtd_fault *fault)
{
	return take(segment, sid, fault);
}

uint64_t vtd_fault_lost(void)
{
	return __atomic_load_n(&lost, __ATOMIC_RELAXED);
}

uint64_t vtd_fault_interrupts(void)
{
	return __atomic_load_n(&interrupts, __ATOMIC_RELAXED);
}

const char *vtd_fault_words(const struct vtd_fault *f, char *text, size_t size)
{
	char pasid[24] = "without PASID";

	if (f->has_pasid)
		snprintf(pasid, sizeof(pasid), "PASID 0x%x", (unsigned)f->pasid);
	if (f->is_interrupt)
		snprintf(text, size, "%04x:%02x:%02x.%x interrupt index %u: fault 0x%02x: %s", f->unit->drhd->segment,
		         VTD_BUS_OF(f->sid), VTD_DEVFN_OF(f->sid) >> 3, f->sid & 7U, f->index, f->reason,
		         vtd_fault_name(f->reason));
	else
		snprintf(text, size, "%04x:%02x:%02x.%x %s 0x%llx %s: fault 0x%02x: %s", f->unit->drhd->segment,
		         VTD_BUS_OF(f->sid), VTD_DEVFN_OF(f->sid) >> 3, f->sid & 7U, f->write ? "write to" : "read of",
		         (unsigned long long)f->address, pasid, f->reason, vtd_fault_name(f->reason));
	return text;
}
