/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that processor and device see, at addresses that need not be the same. */
#include <errno.h>

#include "drivers/dsa/dsa.h"
#include "kernel/mem.h"

int dsa_buf_alloc(struct dsa *dsa, size_t size, struct dsa_buf *buf)
{
	int rc;

	buf->size = ALIGN_UP(size ? size : 1, PAGE_SIZE);
	buf->cpu = page_alloc(buf->size / PAGE_SIZE);
	if (!buf->cpu) {
		rc = dsa_fail(dsa, -ENOMEM, 0, "no memory for a buffer of %zu bytes", buf->size);
	} else if (!dsa->iommu) {
		buf->dma = phys_of(buf->cpu);
		return 0;
	} else {
		rc = dsa->iommu->ops->map(dsa->iommu, buf->cpu, buf->size, IOMMU_READ | IOMMU_WRITE, &buf->dma);
		if (!rc)
			return 0;
		dsa_fail(dsa, rc, 0, "IOMMU cannot map a buffer of %zu bytes (error %d)", buf->size, rc);
		page_free(buf->cpu, buf->size / PAGE_SIZE);
	}
	*buf = (struct dsa_buf){0};
	return rc;
}

int dsa_buf_free(struct dsa *dsa, struct dsa_buf *buf)
{
	int rc = 0;

	if (!buf->cpu)
		return 0;
	if (dsa->iommu)
		rc = dsa->iommu->ops->unmap(dsa->iommu, buf->dma, buf->size);
	if (rc) /* the device might still reach it: rather lost than shared */
		dsa_fail(dsa, rc, 0, "IOMMU cannot unmap 0x%llx (error %d)", (unsigned long long)buf->dma, rc);
	else
		page_free(buf->cpu, buf->size / PAGE_SIZE);
	*buf = (struct dsa_buf){0};
	return rc;
}
