/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device driver asks of the IOMMU in front of its function. A driver gets a pointer to one, or NULL where there
 * is none (a guest; a machine without VT-d): then DMA addresses are physical and there is no PASID.
 */
#ifndef DRIVERS_IOMMU_H
#define DRIVERS_IOMMU_H

#include <stddef.h>
#include <stdint.h>

struct irq;

#define IOMMU_READ  1U
#define IOMMU_WRITE 2U

/* A request of this function that was refused. */
struct iommu_fault {
	uint64_t address; /* page of the access; for interrupts 0 */
	uint32_t pasid;   /* IOMMU_NO_PASID: the request had none */
	uint8_t write;
	uint8_t reason;    /* the IOMMU's own code */
	const char *words; /* what the code means */
};

#define IOMMU_NO_PASID UINT32_MAX

struct iommu {
	const struct iommu_ops *ops;
	uint32_t pasid; /* that map() makes memory reachable under, or IOMMU_NO_PASID */
};

struct iommu_ops {
	/*
	 * Make size bytes from cpu (memory of page_alloc() or of the image) reachable with the rights of prot. *dma is
	 * the address for the device, with the same offset in its page. Returns 0, -ENOMEM, or -ENOSPC (no addresses
	 * left).
	 */
	int (*map)(struct iommu *iommu, void *cpu, size_t size, unsigned prot, uint64_t *dma);
	/* Take a mapping back, whole, and wait until the IOMMU has forgotten it. */
	int (*unmap)(struct iommu *iommu, uint64_t dma, size_t size);
	/*
	 * The message that raises irq when the function writes it, good until irq_free(*token). Returns 0 or -ENOSPC.
	 * *token is NULL where interrupts are not remapped.
	 */
	int (*irq_message)(struct iommu *iommu, const struct irq *irq, uint64_t *address, uint32_t *data, void **token);
	void (*irq_free)(struct iommu *iommu, void *token);
	/* The oldest fault of this function not yet read. Returns 0, or -ENOENT when there is none. */
	int (*fault_next)(struct iommu *iommu, struct iommu_fault *fault);
};

#endif
