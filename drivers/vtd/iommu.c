/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IOMMU as a driver sees it: an address space of the function's own under a PASID. Its addresses start far above
 * any memory, with a hole behind each mapping: a device that ignores PASID or translation, or runs over the end of a
 * buffer, does not get away with it.
 */
#include <errno.h>
#include <stdlib.h>

#include "drivers/iommu.h"
#include "drivers/pci/pci.h"
#include "drivers/vtd/unit.h"

#define PAGE  UINT64_C(0x1000)
#define LARGE UINT64_C(0x200000)

struct vtd_iommu {
	struct iommu iommu;
	struct pci_function *function;
	struct vtd_unit *unit;
	struct vtd_domain *domain;
	uint64_t next;
};

/* iommu is the first member. */
static struct vtd_iommu *of(struct iommu *iommu)
{
	return (struct vtd_iommu *)(void *)iommu;
}

static int map(struct iommu *iommu, void *cpu, size_t size, unsigned prot, uint64_t *dma)
{
	struct vtd_iommu *v = of(iommu);
	uint64_t phys = phys_of(cpu), offset = phys % PAGE, bytes = ALIGN_UP(offset + size, PAGE);
	uint64_t iova = v->next;
	int rc;

	if (size == 0)
		return -EINVAL;
	if (bytes >= LARGE)
		iova = ALIGN_UP(iova, LARGE) + ((phys - offset) & (LARGE - 1));
	if (iova + bytes + PAGE > UINT64_C(1) << v->domain->bits)
		return -ENOSPC;
	rc = vtd_map(v->domain, iova, phys - offset, bytes, prot);
	if (rc)
		return rc;
	v->next = iova + bytes + PAGE;
	*dma = iova + offset;
	return 0;
}

static int unmap(struct iommu *iommu, uint64_t dma, size_t size)
{
	uint64_t offset = dma % PAGE;

	return vtd_unmap(of(iommu)->domain, dma - offset, ALIGN_UP(offset + size, PAGE));
}

static int irq_message(struct iommu *iommu, const struct irq *irq, uint64_t *address, uint32_t *data, void **token)
{
	struct vtd_iommu *v = of(iommu);
	struct vtd_irte *irte = NULL;
	int rc = vtd_irq_message(v->unit, v->function->sid, irq, address, data, &irte);

	*token = irte;
	return rc == -ENOTSUP ? irq_msi_message(irq, address, data) : rc;
}

static void irq_free(struct iommu *iommu, void *token)
{
	(void)iommu;
	vtd_irq_free(token);
}

static int fault_next(struct iommu *iommu, struct iommu_fault *fault)
{
	struct vtd_iommu *v = of(iommu);
	struct vtd_fault f;
	int rc = vtd_fault_next_of(v->function->segment, v->function->sid, &f);

	if (rc)
		return rc;
	*fault = (struct iommu_fault){
	        .address = f.address,
	        .pasid = f.has_pasid ? f.pasid : IOMMU_NO_PASID,
	        .write = f.write,
	        .reason = f.reason,
	        .words = vtd_fault_name(f.reason),
	};
	return 0;
}

static const struct iommu_ops ops = {
        .map = map,
        .unmap = unmap,
        .irq_message = irq_message,
        .irq_free = irq_free,
        .fault_next = fault_next,
};

int vtd_iommu_open(struct pci_function *f, struct iommu **iommu)
{
	struct vtd_unit *u = vtd_unit_of(f);
	struct vtd_iommu *v;
	int rc;

	if (!u || !u->running)
		return -ENODEV;
	v = calloc(1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	v->iommu.ops = &ops;
	v->function = f;
	v->unit = u;
	rc = vtd_domain_create(u, u->ecap & VTD_ECAP_FSTS ? VTD_STAGE_FIRST : VTD_STAGE_SECOND, &v->domain);
	if (!rc) {
		v->next = UINT64_C(1) << (v->domain->bits - 1);
		rc = vtd_pasid_alloc(u, &v->iommu.pasid);
		if (!rc) {
			rc = vtd_pasid_attach(f, v->iommu.pasid, v->domain);
			if (rc)
				vtd_pasid_free(u, v->iommu.pasid);
		}
		if (rc)
			vtd_domain_destroy(v->domain);
	}
	if (rc) {
		free(v);
		return rc;
	}
	*iommu = &v->iommu;
	return 0;
}
