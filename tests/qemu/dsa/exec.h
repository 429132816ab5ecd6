/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One descriptor: its checks (checks.c) and its operation (ops.c, crc.c, dif.c, delta.c), over a view of memory as the
 * descriptor's PASID sees it (memory.c). Nothing here knows queues, registers or QEMU.
 *
 * Section numbers: Intel DSA Architecture Specification, 341204-006.
 */
#ifndef TESTS_QEMU_DSA_EXEC_H
#define TESTS_QEMU_DSA_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/idxd.h>

#include "drivers/dsa/regs.h"
#include "tests/qemu/dsa/faults.h"

#define DSA_NO_PASID UINT32_MAX

/* Who a memory access is made for. */
struct dsa_requester {
	uint32_t pasid; /* DSA_NO_PASID: by requester id alone */
	bool priv;
	bool ats; /* translate first (ATS on for the device and the WQ): faults are seen before the access */
};

/* An operand's memory, where it is not that of the descriptor's PASID: see idpt.c. */
struct dsa_domain {
	bool used;
	struct dsa_requester who;
	uint64_t base;   /* the operand's addresses count from here */
	bool hidden;     /* so nobody is told addresses of faults */
	uint16_t handle; /* of the entry that gave the access, */
	uint16_t entry;  /* and its number */
};

/* Memory as the device sees it. Each call stays within one 4 KiB page. */
struct dsa_memory_ops {
	/* 0, or -1 when the access was refused (Unsupported Request, Completer Abort). */
	int (*read)(void *ctx, const struct dsa_requester *who, uint64_t addr, void *buf, size_t len);
	int (*write)(void *ctx, const struct dsa_requester *who, uint64_t addr, const void *buf, size_t len);
	/* An ATS translation request for the page of addr: enum dsa_translation. */
	int (*translate)(void *ctx, const struct dsa_requester *who, uint64_t addr, bool write);
};

enum dsa_translation {
	DSA_TRANSLATION_ERROR = -1, /* Unsupported Request, Completer Abort, time-out */
	DSA_TRANSLATION_FAULT = 0,  /* the page may not be read (or written), now */
	DSA_TRANSLATION_OK = 1,
};

/* What came of a page request. */
enum dsa_page_answer {
	DSA_PAGE_GRANTED,
	DSA_PAGE_INVALID,
	DSA_PAGE_FAILED,
	DSA_PAGE_GIVEN_UP, /* the device was reset or halted meanwhile */
	DSA_PAGE_ABORTED,  /* an abort does not wait for the page of another domain */
};

/* What a descriptor runs in. */
struct dsa_env {
	const struct dsa_memory_ops *memory;
	void *memory_ctx;
	struct dsa_requester who;
	struct dsa_domain domain[2]; /* of the operands at bytes 16 and 24 */
	uint64_t gencap;
	uint64_t opcap[4];
	unsigned max_xfer;  /* log2, of the WQ */
	unsigned max_batch; /* log2, of the WQ */
	bool bof;           /* WQCFG.BOF */
	bool rci_reserved;  /* user-mode interrupts off, PASID on and not privileged (9.2.8) */
	bool in_batch;
	uint8_t unmapped; /* which of the group's traffic classes no enabled virtual channel has: bit 0 TC-A, bit 1 TC-B
	                   */
	/*
	 * Asks the host for a page of `who` and waits for the answer; attempt counts from 0. NULL: page requests are
	 * off. blocks: faults of what is accessed now are to be asked for (data needs the descriptor's BOF flag: 3.13.2).
	 */
	enum dsa_page_answer (*ask)(const struct dsa_env *env, const struct dsa_requester *who, uint64_t addr,
	                            bool write, unsigned attempt);
	bool blocks;
	/* Whether the descriptor is lost to a reset or halt: nothing more may come of it. NULL: never. */
	bool (*given_up)(const struct dsa_env *env);
	enum dsa_fault fault; /* the one way in which this hardware is wrong, or DSA_FAULT_NONE */
	/* Whether interrupt handle may be used with this portal and PASID (5.4); NULL: each is good. */
	bool (*handle_ok)(const struct dsa_env *env, uint16_t handle);
	struct dsa_run *run; /* for those callbacks (engine.h) */
};

/* How it ended: the completion record to be, but for the write of it. */
struct dsa_result {
	uint8_t status; /* enum dsa_completion_status; DSA_COMP_STATUS_WRITE as in the record */
	uint8_t result; /* byte 1 */
	uint32_t bytes; /* bytes (or descriptors) completed */
	uint64_t fault_addr;
	uint8_t operand;      /* enum dsa_operand: which one faulted */
	uint8_t specific[16]; /* bytes 16 to 31 */
};

/* Whether a status, without its direction bit, tells of a page that was not there: these have a fault address. */
static inline bool dsa_is_page_fault(uint8_t code)
{
	return code == DSA_COMP_PAGE_FAULT_NOBOF || code == DSA_COMP_PAGE_FAULT_IR ||
	       code == DSA_COMP_BATCH_PAGE_FAULT || code == DSA_COMP_PFAULT_RDBA || code == DSA_COMP_CRA_XLAT;
}

/* The completion record (8.2) of an end, as bytes (descriptor.c). */
struct dsa_env;
void dsa_record_bytes(const struct dsa_env *env, const struct dsa_result *r, uint8_t record[DSA_CR_SIZE]);

/*
 * The checks of 5.4 that hold for every opcode, in the order of the table there. Returns 0 or the status; for
 * DSA_COMP_INVALID_FLAGS the mask goes to result->specific. The completion record's own address is not looked at here.
 */
uint8_t dsa_check_descriptor(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result);

/*
 * Run the operation of a descriptor that passed its checks: all but BATCH and DRAIN, which belong to the engine. Fills
 * *result; never fails otherwise.
 */
void dsa_execute(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result);

/*
 * Copy between the model and memory as the requester sees it, page by page (memory.c). Returns 0, or the status that
 * the descriptor ends with. With ATS (*fault_addr is set, DSA_COMP_STATUS_WRITE is in it for writes):
 * DSA_COMP_PAGE_FAULT_NOBOF, DSA_COMP_PAGE_FAULT_IR if the page was asked for in vain, DSA_COMP_TRANSLATION_FAIL.
 * Without: DSA_COMP_HW_ERR1 (a read refused); a refused write is lost silently: 8.1. *done (may be NULL) is how many
 * bytes went through.
 */
uint8_t dsa_mem_read(const struct dsa_env *env, uint64_t addr, void *buf, size_t len, size_t *done,
                     uint64_t *fault_addr);
uint8_t dsa_mem_write(const struct dsa_env *env, uint64_t addr, const void *buf, size_t len, size_t *done,
                      uint64_t *fault_addr);

/*
 * The same for operand n, 0 at byte 16 and 1 at byte 24: in its own domain, if it has one. All operations that may be
 * inter-domain ones use these.
 */
uint8_t dsa_operand_read(const struct dsa_env *env, unsigned n, uint64_t addr, void *buf, size_t len, size_t *done,
                         uint64_t *fault_addr);
uint8_t dsa_operand_write(const struct dsa_env *env, unsigned n, uint64_t addr, const void *buf, size_t len,
                          size_t *done, uint64_t *fault_addr);

/* Whether addr could be read (or written): as above, without the access. */
uint8_t dsa_mem_probe(const struct dsa_env *env, uint64_t addr, bool write, uint64_t *fault_addr);

/* The fields of a descriptor that all operations share, whatever the host's bit-field layout. */
static inline uint8_t dsa_desc_opcode(const struct dsa_raw_desc *d)
{
	return (uint8_t)(d->field[0] >> 56);
}

static inline uint32_t dsa_desc_flags(const struct dsa_raw_desc *d)
{
	return (uint32_t)(d->field[0] >> 32) & 0xffffffU;
}

static inline uint64_t dsa_desc_cr(const struct dsa_raw_desc *d)
{
	return d->field[1];
}

static inline uint32_t dsa_desc_size(const struct dsa_raw_desc *d)
{
	return (uint32_t)d->field[4];
}

static inline uint16_t dsa_desc_handle(const struct dsa_raw_desc *d)
{
	return (uint16_t)(d->field[4] >> 32);
}

#endif
