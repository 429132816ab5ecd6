/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What whoever embeds the model (model.h) supplies, tells it of, and chooses. */
#ifndef TESTS_QEMU_DSA_EMBED_H
#define TESTS_QEMU_DSA_EMBED_H

#include "tests/qemu/dsa/exec.h"
#include "tests/qemu/dsa/inject.h"

/* One page, a group of its own: each wants a response. */
struct dsa_page_request {
	struct dsa_requester who;
	uint64_t addr;
	bool write;
	uint16_t group;
};

struct dsa_model_ops {
	struct dsa_memory_ops memory;
	/* A page request; dsa_model_page_response() follows, now or later. NULL: there are none. */
	void (*page_request)(void *ctx, const struct dsa_page_request *request);
	/* The event of one MSI-X entry: mask and pending bits are the embedder's (they are in PCI's structures). */
	void (*msix_notify)(void *ctx, unsigned vector);
	/* No MSI-X entry is pending any more (Reset Device clears the PBA, and keeps the table). */
	void (*msix_forget)(void *ctx);
	/* An uncorrectable error for AER (PCI_ERR_UNC_*). NULL: nobody wants to know. */
	void (*hardware_error)(void *ctx, uint32_t uncorrectable);
	/* A message of an IMS entry. */
	void (*message)(void *ctx, uint64_t address, uint32_t data);
	/* Time in nanoseconds; and: call dsa_model_tick() when it has come to deadline. The latest call counts. */
	uint64_t (*now)(void *ctx);
	void (*schedule)(void *ctx, uint64_t deadline);
};

/* The bits of PCI configuration space that the device depends on (9.1.3). */
struct dsa_model_pci {
	bool bus_master;
	bool pasid;
	bool pasid_priv;
	bool ats;
	bool prs;
	uint32_t prs_capacity;
	uint32_t prs_allocation;
	uint8_t unmapped; /* traffic classes that no enabled virtual channel has; may change at any time */
};

struct dsa_model_config {
	enum dsa_fault fault;
	bool version2; /* DSA 2.0 */
	struct dsa_inject inject;
	uint64_t late_ns;    /* how late what is injected as late comes */
	bool cmdcap;         /* offer CMDCAP and the commands for handles; version 2: and for bitmaps */
	bool evl_drops;      /* version 2: a full event log drops entries, instead of blocking */
	unsigned work;       /* descriptors that an engine has in progress: 1 to DSA_MODEL_WORK, or 0 for that many */
	unsigned batches;    /* the same for batch descriptors, and DSA_MODEL_BATCHES */
	uint64_t service_ns; /* of one descriptor, beside a nanosecond for each 16 bytes */
	uint64_t command_ns; /* of one command, beside what it waits for */
};

#endif
