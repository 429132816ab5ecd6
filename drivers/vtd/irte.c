/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt remapping (5.1, 9.9): one entry a message, bound to the function that may send it. */
#include <errno.h>
#include <stdlib.h>

#include "drivers/vtd/posted.h"
#include "drivers/vtd/unit.h"

#define IA32_APIC_BASE        0x1b
#define IA32_APIC_BASE_X2APIC BIT64(10)

struct vtd_irte {
	struct vtd_unit *unit;
	unsigned index;
};

int vtd_interrupts_start(struct vtd_unit *u)
{
	bool x2apic = (cpu_rdmsr(IA32_APIC_BASE) & IA32_APIC_BASE_X2APIC) != 0;

	u->irt = page_alloc(VTD_IRTES * 16 / PAGE_SIZE);
	if (!u->irt)
		return vtd_fail(u, -ENOMEM, "no memory for the interrupt remapping table");
	vtd_flush(u->flush_tables, u->irt, VTD_IRTES * 16);
	u->eim = (x2apic && u->ecap & VTD_ECAP_EIM) || u->ecap & VTD_ECAP_EIMER;
	vtd_write64(u, VTD_IRTA,
	            phys_of(u->irt) | (u->eim ? VTD_IRTA_EIM : 0) |
	                    FIELD_PREP(VTD_IRTA_SIZE, (uint64_t)__builtin_ctz(VTD_IRTES) - 1));
	return 0;
}

volatile uint64_t *vtd_irte_entry(const struct vtd_irte *irte)
{
	return irte->unit->irt + (size_t)irte->index * VTD_IRTE_WORDS;
}

unsigned vtd_irte_index(const struct vtd_irte *irte)
{
	return irte->index;
}

int vtd_irte_flush(const struct vtd_irte *irte)
{
	const struct vtd_descriptor d = {
	        VTD_QI_IEC | VTD_QI_IEC_INDEX_SELECTIVE | FIELD_PREP(VTD_QI_IEC_IIDX, (uint64_t)irte->index), 0};

	vtd_flush(irte->unit->flush_tables, vtd_irte_entry(irte), 8 * VTD_IRTE_WORDS);
	return vtd_queue_run(irte->unit, &d, 1);
}

static int alloc_index(struct vtd_unit *u, unsigned *index)
{
	for (unsigned i = 0; i < VTD_IRTES; i++) {
		if (!(u->irtes[i / 64] & BIT64(i % 64))) {
			u->irtes[i / 64] |= BIT64(i % 64);
			*index = i;
			return 0;
		}
	}
	return -ENOSPC;
}

/* Edge, fixed, physical destination: what MSI sends. */
static uint64_t remapped(const struct vtd_unit *u, const struct irq *irq)
{
	return VTD_IRTE0_PRESENT | FIELD_PREP(VTD_IRTE0_DELIVERY, (uint64_t)VTD_IRTE_FIXED) |
	       FIELD_PREP(VTD_IRTE0_VECTOR, (uint64_t)irq->vector) |
	       (u->eim ? FIELD_PREP(VTD_IRTE0_DEST, (uint64_t)irq->apic_id)
	               : FIELD_PREP(VTD_IRTE0_DEST_XAPIC, (uint64_t)irq->apic_id));
}

int vtd_irq_message(struct vtd_unit *u, uint16_t sid, const struct irq *irq, uint64_t *address, uint32_t *data,
                    struct vtd_irte **out)
{
	struct vtd_irte *irte;
	volatile uint64_t *entry;
	int rc;

	if (!u->interrupts)
		return -ENOTSUP;
	if (!u->eim && irq->apic_id > 0xff)
		return -ERANGE;
	irte = calloc(1, sizeof(*irte));
	if (!irte)
		return -ENOMEM;
	irte->unit = u;
	rc = alloc_index(u, &irte->index);
	if (rc) {
		free(irte);
		return rc;
	}
	entry = vtd_irte_entry(irte);
	entry[1] = FIELD_PREP(VTD_IRTE1_SID, (uint64_t)sid) | FIELD_PREP(VTD_IRTE1_SQ, (uint64_t)VTD_SQ_ALL_BITS) |
	           FIELD_PREP(VTD_IRTE1_SVT, (uint64_t)VTD_SVT_SID);
	entry[0] = remapped(u, irq); /* P comes with the last word */
	/* Only caching mode needs it here; it costs a microsecond, and an entry that was freed by a crashed test is
	 * gone. */
	rc = vtd_irte_flush(irte);
	if (rc) {
		vtd_irq_free(irte);
		return rc;
	}
	*address = VTD_MSI_ADDRESS | VTD_MSI_REMAPPABLE | FIELD_PREP(VTD_MSI_HANDLE_LOW, (uint64_t)irte->index) |
	           (irte->index & 0x8000U ? VTD_MSI_HANDLE_HIGH : 0);
	*data = 0;
	*out = irte;
	return 0;
}

/* The unit reads an entry as one piece of 16 bytes, and it is in use: both words at once (9.9). */
static int replace(const struct vtd_irte *irte, uint64_t low, uint64_t high)
{
	volatile uint64_t *entry = vtd_irte_entry(irte);
	uint64_t old_low = entry[0], old_high = entry[1];
	bool done;

	__asm__ volatile("lock cmpxchg16b %1"
	                 : "=@ccz"(done), "+m"(*(volatile __int128 *)entry), "+a"(old_low), "+d"(old_high)
	                 : "b"(low), "c"(high)
	                 : "memory");
	return done ? vtd_irte_flush(irte) : -EBUSY; /* nobody else changes it, the unit least of all */
}

int vtd_irq_post(struct vtd_irte *irte, uint64_t descriptor, uint8_t vector)
{
	uint64_t entry[2];

	if (!(irte->unit->cap & VTD_CAP_PI))
		return -ENOTSUP;
	if (descriptor % VTD_POSTED_ALIGN)
		return -EINVAL;
	vtd_irte_posted(entry, vtd_irte_entry(irte)[1], descriptor, vector);
	return replace(irte, entry[0], entry[1]);
}

int vtd_irq_remap(struct vtd_irte *irte, const struct irq *irq)
{
	if (!irte->unit->eim && irq->apic_id > 0xff)
		return -ERANGE;
	return replace(irte, remapped(irte->unit, irq), vtd_irte_entry(irte)[1] & VTD_IRTE1_SOURCE);
}

void vtd_irq_free(struct vtd_irte *irte)
{
	struct vtd_unit *u;

	if (!irte)
		return;
	u = irte->unit;
	if (u->irt) {
		vtd_irte_entry(irte)[0] = 0;
		vtd_irte_entry(irte)[1] = 0;
		(void)vtd_irte_flush(irte); /* what failed is in the unit's words; there is no caller to stop */
		u->irtes[irte->index / 64] &= ~BIT64(irte->index % 64);
	}
	free(irte);
}
