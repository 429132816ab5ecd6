/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts (3.7, 5.4): MSI-X entry 0 for the device's own events, the other MSI-X entries and the IMS for
 * completions.
 */
#include <errno.h>

#include "drivers/dsa/dsa.h"
#include "kernel/mmio.h"
#include "kernel/time.h"

static int message(struct dsa *dsa, const struct irq *irq, uint64_t *address, uint32_t *data, void **token)
{
	*token = NULL;
	if (dsa->iommu)
		return dsa->iommu->ops->irq_message(dsa->iommu, irq, address, data, token);
	return irq_msi_message(irq, address, data);
}

static void give_back(struct dsa *dsa, const struct irq *irq, void *token)
{
	if (dsa->iommu)
		dsa->iommu->ops->irq_free(dsa->iommu, token);
	irq_release(irq);
}

/* ---- MSI-X entry 0 ---- */

static void on_event(void *arg)
{
	struct dsa *dsa = arg;
	uint32_t causes = mmio_read32(dsa->regs, DSA_INTCAUSE);

	if (causes == UINT32_MAX) /* decoding is off: somebody sizes the BAR or resets the function */
		return;
	mmio_write32(dsa->regs, DSA_INTCAUSE, causes);
	__atomic_fetch_or(&dsa->irq_causes, causes, __ATOMIC_RELAXED);
	if (dsa->event)
		dsa->event(dsa->event_arg, causes);
	__atomic_fetch_add(&dsa->irq_count, 1, __ATOMIC_RELEASE);
}

int dsa_events_open(struct dsa *dsa)
{
	uint64_t address;
	uint32_t data;
	int rc = pci_msix_enable(dsa->pci, &dsa->msix);

	if (rc)
		return dsa_fail(dsa, rc, 0, "MSI-X: %s",
		                rc == -ENOENT   ? "no such capability"
		                : rc == -EINVAL ? "table or PBA outside its BAR"
		                                : "table cannot be mapped");
	dsa->caps.msix_entries = dsa->msix.count;
	if ((uint64_t)dsa->caps.msixperm + (uint64_t)dsa->msix.count * DSA_MSIXPERM_STRIDE > dsa->regs_size) {
		pci_msix_disable(&dsa->msix);
		return dsa_fail(dsa, -EIO, 0, "OFFSETS: MSIXPERM reaches beyond BAR0");
	}
	rc = irq_request(on_event, dsa, "dsa event", &dsa->irq);
	if (rc) {
		pci_msix_disable(&dsa->msix);
		return dsa_fail(dsa, rc, 0, "no interrupt vector left");
	}
	rc = message(dsa, &dsa->irq, &address, &data, &dsa->irq_token);
	if (rc) {
		irq_release(&dsa->irq);
		pci_msix_disable(&dsa->msix);
		return dsa_fail(dsa, rc, 0, "no interrupt message for MSI-X entry 0 (error %d)", rc);
	}
	mmio_write32(dsa->regs, DSA_INTCAUSE, mmio_read32(dsa->regs, DSA_INTCAUSE)); /* not ours */
	pci_msix_set(&dsa->msix, 0, address, data);
	pci_msix_mask(&dsa->msix, 0, false);
	return 0;
}

void dsa_events_close(struct dsa *dsa)
{
	if (!dsa->msix.table)
		return;
	pci_msix_mask(&dsa->msix, 0, true);
	pci_msix_disable(&dsa->msix);
	give_back(dsa, &dsa->irq, dsa->irq_token);
	dsa->irq_token = NULL;
}

uint32_t dsa_causes_take(struct dsa *dsa)
{
	return __atomic_exchange_n(&dsa->irq_causes, 0, __ATOMIC_ACQUIRE);
}

int dsa_causes_wait(struct dsa *dsa, uint32_t causes, unsigned timeout_us)
{
	unsigned us = timeout_us ? timeout_us : DSA_WAIT_TIMEOUT_US;

	if (!WAIT_FOR(__atomic_load_n(&dsa->irq_causes, __ATOMIC_ACQUIRE) & causes, us))
		return dsa_fail(dsa, -ETIMEDOUT, 0,
		                "MSI-X entry 0: no interrupt with INTCAUSE 0x%x within %u us; register 0x%x",
		                (unsigned)causes, us, (unsigned)mmio_read32(dsa->regs, DSA_INTCAUSE));
	__atomic_fetch_and(&dsa->irq_causes, ~causes, __ATOMIC_RELAXED);
	return 0;
}

/* ---- completions ---- */

static uint64_t ims_at(const struct dsa_irq *irq, unsigned offset)
{
	return irq->dsa->caps.ims + (uint64_t)irq->index * DSA_IMS_STRIDE + offset;
}

static uint32_t permission(uint32_t pasid)
{
	return pasid == IOMMU_NO_PASID ? 0 : DSA_INTPERM_PASID_EN | FIELD_PREP(DSA_INTPERM_PASID, pasid);
}

static void on_completion(void *arg)
{
	struct dsa_irq *irq = arg;

	__atomic_fetch_add(&irq->count, 1, __ATOMIC_RELEASE);
	if (irq->handler)
		irq->handler(irq->arg);
}

/* The order of an IMS entry: masked, message, permission, unmasked; a half-written one must never be sent. */
static int program_ims(struct dsa_irq *irq, uint64_t address, uint32_t data, uint32_t pasid)
{
	volatile void *regs = irq->dsa->regs;
	uint64_t is;

	mmio_write32(regs, ims_at(irq, DSA_IMS_CTRL), DSA_IMS_CTRL_MASK);
	mmio_write64(regs, ims_at(irq, DSA_IMS_ADDR), address);
	mmio_write32(regs, ims_at(irq, DSA_IMS_DATA), data);
	is = mmio_read64(regs, ims_at(irq, DSA_IMS_ADDR));
	if ((is | 3U) != (address | 3U))
		return dsa_fail(irq->dsa, -EIO, 0, "IMS[%u] address reads 0x%llx after 0x%llx was written", irq->index,
		                (unsigned long long)is, (unsigned long long)address);
	mmio_write32(regs, ims_at(irq, DSA_IMS_CTRL), DSA_IMS_CTRL_MASK | permission(pasid));
	return 0;
}

static void set_permission(struct dsa_irq *irq, uint32_t value)
{
	mmio_write32(irq->dsa->regs, irq->dsa->caps.msixperm + (uint64_t)irq->index * DSA_MSIXPERM_STRIDE, value);
}

int dsa_irq_mask(struct dsa_irq *irq, bool masked)
{
	uint32_t control;

	if (irq->table == DSA_IRQ_MSIX)
		return pci_msix_mask(&irq->dsa->msix, irq->index, masked);
	control = mmio_read32(irq->dsa->regs, ims_at(irq, DSA_IMS_CTRL)) & ~DSA_IMS_CTRL_MASK;
	mmio_write32(irq->dsa->regs, ims_at(irq, DSA_IMS_CTRL), control | (masked ? DSA_IMS_CTRL_MASK : 0));
	(void)mmio_read32(irq->dsa->regs, ims_at(irq, DSA_IMS_CTRL)); /* arrived */
	return 0;
}

bool dsa_irq_pending(const struct dsa_irq *irq)
{
	if (irq->table == DSA_IRQ_MSIX)
		return pci_msix_pending(&irq->dsa->msix, irq->index);
	return (mmio_read32(irq->dsa->regs, ims_at(irq, DSA_IMS_CTRL)) & DSA_IMS_CTRL_PENDING) != 0;
}

static int check_index(struct dsa *dsa, enum dsa_irq_table table, unsigned index)
{
	if (table == DSA_IRQ_IMS && !dsa->caps.ims_entries)
		return dsa_fail(dsa, -ENOTSUP, 0, "GENCAP.30:25=0: the device has no IMS");
	if (table == DSA_IRQ_IMS ? index >= dsa->caps.ims_entries : index == 0 || index >= dsa->msix.count)
		return dsa_fail(dsa, -EINVAL, 0, "%s entry %u is not for completions",
		                table == DSA_IRQ_IMS ? "IMS" : "MSI-X", index);
	return 0;
}

static uint32_t handle_operand(const struct dsa_irq *irq)
{
	return (irq->table == DSA_IRQ_IMS ? DSA_CMD_HANDLE_IMS : 0) |
	       FIELD_PREP(DSA_CMD_HANDLE_INDEX, (uint32_t)irq->index);
}

int dsa_irq_open(struct dsa *dsa, enum dsa_irq_table table, unsigned index, uint32_t pasid, irq_handler handler,
                 void *arg, struct dsa_irq *irq)
{
	uint64_t address;
	uint32_t data, handle = index;
	int rc = check_index(dsa, table, index);

	*irq = (struct dsa_irq){.table = table, .index = index, .handler = handler, .arg = arg};
	if (rc)
		return rc;
	rc = irq_request(on_completion, irq, "dsa completion", &irq->irq);
	if (rc)
		return dsa_fail(dsa, rc, 0, "no interrupt vector left");
	rc = message(dsa, &irq->irq, &address, &data, &irq->token);
	if (rc) {
		irq_release(&irq->irq);
		return dsa_fail(dsa, rc, 0, "no interrupt message for a completion interrupt (error %d)", rc);
	}
	irq->dsa = dsa;
	if (table == DSA_IRQ_IMS) {
		rc = program_ims(irq, address, data, pasid);
	} else {
		rc = pci_msix_set(&dsa->msix, index, address, data);
		set_permission(irq, permission(pasid));
	}
	if (!rc && dsa->caps.request_handles)
		rc = dsa_command(dsa, DSA_CMD_REQUEST_INT_HANDLE, handle_operand(irq), &handle);
	if (rc) {
		irq->handle = UINT16_MAX;
		give_back(dsa, &irq->irq, irq->token);
		irq->dsa = NULL;
		return rc;
	}
	irq->handle = (uint16_t)handle;
	return dsa_irq_mask(irq, false);
}

int dsa_irq_renew(struct dsa_irq *irq)
{
	uint32_t handle;
	int rc;

	if (!irq->dsa->caps.request_handles)
		return 0;
	rc = dsa_command(irq->dsa, DSA_CMD_REQUEST_INT_HANDLE, handle_operand(irq), &handle);
	if (!rc)
		irq->handle = (uint16_t)handle;
	return rc;
}

int dsa_irq_close(struct dsa_irq *irq)
{
	struct dsa *dsa = irq->dsa;
	int rc = 0;

	if (!dsa)
		return 0;
	if (dsa->regs && dsa->msix.table) {
		dsa_irq_mask(irq, true);
		if (dsa->caps.request_handles && dsa_has_command(dsa, DSA_CMD_RELEASE_INT_HANDLE))
			rc = dsa_command(dsa, DSA_CMD_RELEASE_INT_HANDLE, handle_operand(irq), NULL);
		if (irq->table == DSA_IRQ_IMS)
			mmio_write32(dsa->regs, ims_at(irq, DSA_IMS_CTRL), DSA_IMS_CTRL_MASK);
		else
			set_permission(irq, 0);
	}
	give_back(dsa, &irq->irq, irq->token);
	irq->dsa = NULL;
	return rc;
}

uint64_t dsa_irq_count(const struct dsa_irq *irq)
{
	return __atomic_load_n(&irq->count, __ATOMIC_ACQUIRE);
}

int dsa_irq_wait(struct dsa_irq *irq, uint64_t before, unsigned timeout_us)
{
	unsigned us = timeout_us ? timeout_us : DSA_WAIT_TIMEOUT_US;

	if (WAIT_FOR(dsa_irq_count(irq) > before, us))
		return 0;
	return dsa_fail(irq->dsa, -ETIMEDOUT, 0, "%s entry %u: no interrupt within %u us%s",
	                irq->table == DSA_IRQ_IMS ? "IMS" : "MSI-X", irq->index, us,
	                dsa_irq_pending(irq) ? "; pending, so masked" : "");
}
