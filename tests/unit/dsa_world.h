/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world around the DSA model for its unit tests and its fuzzer: flat memory (dsa_flat.h), time that moves only when
 * it is told to, and a log of what the device sent.
 */
#ifndef TESTS_UNIT_DSA_WORLD_H
#define TESTS_UNIT_DSA_WORLD_H

#include "tests/qemu/dsa/model.h"
#include "tests/unit/dsa_flat.h"

#define WORLD_NEVER    UINT64_MAX
#define WORLD_MESSAGES 64
#define WORLD_TICKS    20000 /* no wait takes more */

#define SERVICE_NS UINT64_C(1000)
#define COMMAND_NS UINT64_C(500)

/* What world_up() makes of the WQs: group 0 with engine 0 alone. */
#define DWQ        0U /* dedicated, no PASID */
#define SWQ        1U /* shared */
#define PWQ        2U /* dedicated, PASID DWQ_PASID */
#define WQ_SIZE    8U
#define THRESHOLD  4U
#define PWQ_PASID  0x4321U
#define SWQ_PASID  0x1234U
#define WQS_IN_USE 3U
#define CR(n)      (FLAT_BASE + 0x1000 + 32 * (uint64_t)(n)) /* completion records */
#define LIST       (FLAT_BASE + 0x2000)                      /* of a batch */
#define EVL        (FLAT_BASE + 0x3c000)                     /* event log, at the end of memory */
#define WORLD_EVL  64U
#define DATA(n)    (FLAT_BASE + 0x4000 + 0x1000 * (uint64_t)(n))
#define CRAV_RCR   (IDXD_OP_FLAG_CRAV | IDXD_OP_FLAG_RCR)

struct world {
	struct dsa_model m;
	uint64_t now;
	uint64_t drift; /* what time goes on by each time the device looks at it */
	uint64_t deadline;
	unsigned notified[DSA_MODEL_VECTORS];
	unsigned forgotten;
	uint32_t hardware_errors;
	unsigned messages;
	struct {
		uint64_t address;
		uint32_t data;
	} message[WORLD_MESSAGES];
	struct dsa_requester who; /* of the latest access to memory */
	unsigned accesses;
	/* Called before each access to memory, if set. */
	void (*during)(struct world *w);
};

/* w is one that was started before, or zero. Power-on, PCI configuration as the firmware leaves it: nothing on. */
void world_start(struct world *w, enum dsa_fault fault, bool cmdcap);
/* The same for version 2.0. */
void world_start2(struct world *w, enum dsa_fault fault, bool evl_drops);
/* Bus mastering, PASID and ATS as asked. */
void world_pci(struct world *w, bool pasid, bool ats);
/* The configuration above, device still Disabled. */
void world_configure(struct world *w);
/* world_start, _pci with PASID, _configure, device and WQs enabled. */
void world_up(struct world *w, enum dsa_fault fault);
/* From now on an engine has one descriptor in progress: the others stay in their WQs. */
void world_one_in_progress(struct world *w);

/* world_up() for version 2.0 with ATS, the event log (WORLD_EVL entries at EVL) and its interrupt. */
void world_up2(struct world *w, enum dsa_fault fault, bool evl_drops);

uint32_t rd(struct world *w, uint64_t offset);
uint64_t rd64(struct world *w, uint64_t offset);
void wr(struct world *w, uint64_t offset, uint32_t value);
void wr64(struct world *w, uint64_t offset, uint64_t value);
uint32_t wqcfg(struct world *w, unsigned wq, unsigned dword);
void wqcfg_set(struct world *w, unsigned wq, unsigned dword, uint32_t value);
void grpcfg_set(struct world *w, unsigned group, uint64_t wqs, uint64_t engines);
uint64_t grpflags_at(unsigned group);

/* Time goes on by ns, with the ticks that are due. */
void world_advance(struct world *w, uint64_t ns);
/* Until nothing is scheduled. Returns the ticks it took. */
unsigned world_settle(struct world *w);
/* CMD alone, without waiting; and with: returns CMDSTS, which is DSA_CMDSTS_ACTIVE if the command never ended. */
void issue(struct world *w, uint32_t code, uint32_t operand);
uint32_t command(struct world *w, uint32_t code, uint32_t operand);

/* A 64-byte write to a portal page. Returns whether it was Retry. */
bool post(struct world *w, unsigned wq, uint64_t page, const struct dsa_raw_desc *d);
bool enqueue(struct world *w, unsigned wq, uint64_t page, struct dsa_raw_desc d, uint32_t pasid);
/* A descriptor with a completion record at CR(n), which is cleared. */
struct dsa_raw_desc with_record(struct dsa_raw_desc d, unsigned n);
struct dsa_raw_desc noop(unsigned n);
struct dsa_raw_desc memmove_desc(unsigned n, uint64_t from, uint64_t to, uint32_t size);
uint8_t status(unsigned n);
uint32_t bytes_completed(unsigned n);
uint8_t swerror_code(struct world *w);

/* What must hold whatever was done. Returns NULL, or what does not. */
const char *world_invariants(const struct world *w);

#endif
