/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DSA driver. One source for both worlds: the physical device on the host, the virtual one in a guest. What differs
 * is read from the device: whether it may be configured (GENCAP.31), whether interrupt handles must be requested
 * (CMDCAP.13), whether there is an IMS; and whether an IOMMU stands in front (struct iommu, or NULL).
 *
 * Every call returns 0 or a negative errno. When it fails, dsa->error says in one line which register said what and
 * what that means; a hardware code is there beside it.
 *
 * The usual course: dsa_open(), dsa_start_wq(), dsa_buf_alloc(), dsa_desc_*(), dsa_submit(), dsa_wait(), dsa_close().
 *
 * Section numbers are those of the Intel DSA Architecture Specification, 341204-006.
 */
#ifndef DRIVERS_DSA_DSA_H
#define DRIVERS_DSA_DSA_H

#include <linux/idxd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/dsa/regs.h"
#include "drivers/iommu.h"
#include "drivers/pci/pci.h"
#include "kernel/irq.h"

_Static_assert(sizeof(struct dsa_hw_desc) == DSA_DESC_SIZE, "8.1");
_Static_assert(sizeof(struct dsa_completion_record) == DSA_CR_SIZE, "8.2");

/* Longest waits, in microseconds. Drains wait for work, which may be long. */
#define DSA_COMMAND_TIMEOUT_US 2000000U
#define DSA_WAIT_TIMEOUT_US    2000000U

struct dsa_error {
	int err;       /* what the failing call returned */
	uint32_t code; /* CMDSTS, completion status or register value that said so; 0: none */
	char text[192];
};

struct dsa_caps {
	uint32_t version; /* DSA_VERSION_* */
	uint64_t gencap, wqcap, grpcap, engcap;
	uint64_t opcap[4];
	uint64_t offsets[2];
	uint64_t cmdcap; /* commands 1 to 12 where the device has no CMDCAP */
	uint64_t idcap;  /* 0 without inter-domain operations */

	/* the same in numbers */
	unsigned wqs, wq_entries, wq_stride;
	unsigned groups, read_buffers, engines;
	unsigned max_xfer_shift, max_batch_shift; /* log2 */
	unsigned msix_entries, ims_entries, idpt_entries;
	bool configurable;                     /* GENCAP.31 */
	bool request_handles;                  /* CMDCAP.13 */
	uint32_t grpcfg, wqcfg, msixperm, ims; /* byte offsets in BAR 0; ims is 0 without an IMS */
	uint32_t idpt;                         /* likewise */
};

struct dsa {
	struct pci_function *pci;
	struct iommu *iommu; /* or NULL */
	volatile void *regs; /* BAR 0 */
	size_t regs_size;
	volatile void *portals; /* BAR 2 */
	uint64_t portals_phys;
	size_t portals_size;
	struct pci_msix msix;
	struct dsa_caps caps;
	struct dsa_error error;
	unsigned flags;     /* DSA_OPEN_* */
	bool pasid_on;      /* PCI PASID enable is set */
	bool ats_on;        /* PCI ATS enable is set */
	bool can_submit;    /* the processor has MOVDIR64B */
	unsigned next_slot; /* which 64 bytes of a portal page come next */

	/* MSI-X entry 0 */
	struct irq irq;
	void *irq_token;
	uint64_t irq_count;  /* interrupts taken (written by the handler) */
	uint32_t irq_causes; /* INTCAUSE bits seen since dsa_causes_take() (written by the handler) */
	/* Called by the handler with the INTCAUSE bits, in interrupt context; or NULL. */
	void (*event)(void *arg, uint32_t causes);
	void *event_arg;
};

/* ---- device.c: discovery and life ---- */

#define DSA_OPEN_ATS      1U /* enable ATS: translation requests. Off: untranslated requests with PASID */
#define DSA_OPEN_NO_PASID 2U /* leave PCI PASID disabled although there is an IOMMU */

/* The n-th DSA of the machine, or NULL. */
struct pci_function *dsa_find(unsigned n);
/*
 * Take the device over: map it, PASID and ATS, bus master, Reset Device, read its capabilities, MSI-X entry 0. The
 * device is then Disabled. Errors: -ENXIO (BAR without address), -EIO (says a register), -ETIMEDOUT, -ENOTSUP, or those
 * of PCI and IOMMU calls.
 */
int dsa_open(struct dsa *dsa, struct pci_function *pci, struct iommu *iommu, unsigned flags);
/*
 * Reset Device, or function level reset where that fails; interrupts off, bus master off, unmap. Safe after a failed
 * dsa_open(). Returns 0, or an error when neither reset worked: the device may then still write to memory.
 */
int dsa_close(struct dsa *dsa);
/*
 * Function level reset, then the device as dsa_open() leaves it, for what a Reset Device command cannot mend.
 * Completion interrupts (struct dsa_irq) are lost and must be closed and opened anew.
 */
int dsa_flr(struct dsa *dsa);
/* GENSTS: DSA_STATE_*. */
unsigned dsa_state(const struct dsa *dsa);
const char *dsa_state_name(unsigned state);
/* One line in words: version, WQs, groups, engines, limits, IMS. Returns text. */
const char *dsa_caps_words(const struct dsa_caps *caps, char *text, size_t size);
bool dsa_has_opcode(const struct dsa *dsa, unsigned opcode);
const char *dsa_opcode_name(unsigned opcode);

/* ---- config.c: groups, engines, work queues; the device must be Disabled for sizes and groups ---- */

struct dsa_wq_config {
	unsigned size;            /* entries */
	unsigned threshold;       /* shared WQs */
	unsigned priority;        /* 1 to 15 */
	unsigned max_xfer_shift;  /* 0: the device's limit */
	unsigned max_batch_shift; /* 0: the device's limit */
	uint64_t opcodes[4]; /* what the WQ allows, where it can be said (WQCAP.OPCFG); all 0: what the device has */
	uint32_t pasid;      /* IOMMU_NO_PASID: PASID enable off */
	bool shared;
	bool privileged;
	bool block_on_fault;
	bool no_page_requests; /* version 2, with the event log */
};

/* Size 16 (or all entries if fewer), dedicated, priority 8, the IOMMU's PASID. */
struct dsa_wq_config dsa_wq_default(const struct dsa *dsa);
/*
 * Write WQCFG of wq and read it back. A fixed configuration (caps.configurable false) is not written: then -EPERM if it
 * differs in size or mode from what is asked; size 0 accepts any. A guest's PASID enable is the host's affair.
 */
int dsa_wq_configure(struct dsa *dsa, unsigned wq, const struct dsa_wq_config *config);
int dsa_wq_read_config(struct dsa *dsa, unsigned wq, struct dsa_wq_config *config);
/* The traffic classes (bit n: TCn) that an enabled virtual channel of the function has. TC0 always is one of them. */
uint8_t dsa_mapped_classes(const struct dsa *dsa);
/* The WQs (bitmap of the first 64) and engines of a group, whose second traffic class is 1 if it can be, else 0. A
 * fixed configuration is only compared: -EPERM. */
int dsa_group_configure(struct dsa *dsa, unsigned group, uint64_t wqs, uint64_t engines);
int dsa_group_read_config(struct dsa *dsa, unsigned group, uint64_t *wqs, uint64_t *engines);
/* Change the PASID of a disabled WQ; IOMMU_NO_PASID switches it off. */
int dsa_wq_set_pasid(struct dsa *dsa, unsigned wq, uint32_t pasid);
/* WQCFG dword n. */
uint32_t dsa_wqcfg_read(const struct dsa *dsa, unsigned wq, unsigned dword);
void dsa_wqcfg_write(struct dsa *dsa, unsigned wq, unsigned dword, uint32_t value);
/* DSA_WQ_*. */
unsigned dsa_wq_state(const struct dsa *dsa, unsigned wq);
/*
 * From Disabled to work: group 0 with wq and all engines, Enable Device, Enable WQ. config NULL: dsa_wq_default(). With
 * a fixed configuration it enables what is there.
 */
int dsa_start_wq(struct dsa *dsa, unsigned wq, const struct dsa_wq_config *config);

/* ---- command.c ---- */

/*
 * Run an administrative command (3.15) and poll for its end, at most DSA_COMMAND_TIMEOUT_US. Returns 0 (*result, if not
 * NULL, is CMDSTS' result field), -EBUSY (a command was active), -EIO (CMDSTS has an error: dsa->error.code is CMDSTS)
 * or -ETIMEDOUT.
 */
int dsa_command(struct dsa *dsa, enum dsa_command command, uint32_t operand, uint32_t *result);
/* The same in two steps. With interrupt, CMD.31 is set: DSA_INTCAUSE_COMMAND then appears in irq_causes. */
int dsa_command_start(struct dsa *dsa, enum dsa_command command, uint32_t operand, bool interrupt);
int dsa_command_finish(struct dsa *dsa, enum dsa_command command, unsigned timeout_us, uint32_t *result);
bool dsa_command_active(const struct dsa *dsa);
/* Whether the device has that command. */
bool dsa_has_command(const struct dsa *dsa, enum dsa_command command);
/* The operand of commands on a set of WQs, for one WQ. */
#define DSA_WQ_SET(wq) (FIELD_PREP(DSA_CMD_WQ_GROUP, (wq) / 16U) | (UINT32_C(1) << ((wq) % 16U)))

int dsa_enable(struct dsa *dsa);
int dsa_disable(struct dsa *dsa);
/* Configuration, IMS and MSIXPERM are gone after it: completion interrupts must be closed and opened anew. */
int dsa_reset(struct dsa *dsa);
int dsa_wq_enable(struct dsa *dsa, unsigned wq);
int dsa_wq_disable(struct dsa *dsa, unsigned wq);
int dsa_wq_drain(struct dsa *dsa, unsigned wq);
int dsa_wq_abort(struct dsa *dsa, unsigned wq);
int dsa_wq_reset(struct dsa *dsa, unsigned wq);

const char *dsa_command_name(unsigned command);
/* What a CMDSTS error code means (5.8.3); "unknown error". */
const char *dsa_cmd_error_name(unsigned code);

/* ---- portal.c ---- */

enum dsa_portal {
	DSA_UNLIMITED_MSIX = DSA_PORTAL_UNLIMITED | DSA_PORTAL_MSIX,
	DSA_LIMITED_MSIX = DSA_PORTAL_LIMITED | DSA_PORTAL_MSIX,
	DSA_UNLIMITED_IMS = DSA_PORTAL_UNLIMITED | DSA_PORTAL_IMS,
	DSA_LIMITED_IMS = DSA_PORTAL_LIMITED | DSA_PORTAL_IMS,
};

/* Physical address of a portal page, to be mapped into a guest. */
uint64_t dsa_portal_phys(const struct dsa *dsa, unsigned wq, enum dsa_portal portal);
/*
 * Submit to a dedicated WQ by MOVDIR64B, after a store fence. The caller keeps count: more than size descriptors are
 * dropped. Returns 0, -EINVAL (no such WQ or page) or -ENOTSUP (no MOVDIR64B).
 */
int dsa_submit(struct dsa *dsa, unsigned wq, enum dsa_portal portal, const struct dsa_hw_desc *desc);

/* ---- buffer.c: memory that processor and device see ---- */

struct dsa_buf {
	void *cpu;
	uint64_t dma;
	size_t size; /* bytes, whole pages */
};

/* Zeroed, page-aligned, physically contiguous. Returns 0, -ENOMEM or -ENOSPC. */
int dsa_buf_alloc(struct dsa *dsa, size_t size, struct dsa_buf *buf);
/* Returns 0, or the unmapping's error; buf is empty afterwards. An empty one is ignored. */
int dsa_buf_free(struct dsa *dsa, struct dsa_buf *buf);

/* ---- desc.c: builders. They clear the descriptor and set CRAV | RCR; cr is the record's DMA address (32-byte aligned)
 * ---- */

void dsa_desc_init(struct dsa_hw_desc *d, unsigned opcode, uint64_t cr);
void dsa_desc_noop(struct dsa_hw_desc *d, uint64_t cr);
void dsa_desc_drain(struct dsa_hw_desc *d, uint64_t cr);
void dsa_desc_batch(struct dsa_hw_desc *d, uint64_t cr, uint64_t list, uint32_t count);
void dsa_desc_memmove(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst, uint64_t src, uint32_t size);
void dsa_desc_fill(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst, uint64_t pattern, uint32_t size);
void dsa_desc_compare(struct dsa_hw_desc *d, uint64_t cr, uint64_t src1, uint64_t src2, uint32_t size);
void dsa_desc_compval(struct dsa_hw_desc *d, uint64_t cr, uint64_t src, uint64_t pattern, uint32_t size);
void dsa_desc_dualcast(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst1, uint64_t dst2, uint64_t src, uint32_t size);
void dsa_desc_crc(struct dsa_hw_desc *d, uint64_t cr, uint64_t src, uint32_t seed, uint32_t size);
void dsa_desc_copy_crc(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst, uint64_t src, uint32_t seed, uint32_t size);
void dsa_desc_cflush(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst, uint32_t size);
/* Version 2: fill by 16 bytes, CRC64, tuples of protection information alone, translations ahead of time. */
void dsa_desc_fill16(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst, const uint64_t pattern[2], uint32_t size);
void dsa_desc_crc64(struct dsa_hw_desc *d, uint64_t cr, uint64_t src, uint64_t seed, uint32_t size);
void dsa_desc_dix_generate(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst, uint64_t src, uint32_t size);
void dsa_desc_fetch(struct dsa_hw_desc *d, uint64_t cr, uint64_t addr, uint32_t size);
/*
 * Inter-domain operations (3.14): the first operand (source or first source) or the second one (destination or second
 * source) is in the memory that the handle's entry of the IDPT opens. At least one of them must be.
 */
void dsa_desc_id_copy(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst, uint64_t src, uint32_t size);
void dsa_desc_id_fill(struct dsa_hw_desc *d, uint64_t cr, uint64_t dst, uint64_t pattern, uint32_t size);
void dsa_desc_id_compare(struct dsa_hw_desc *d, uint64_t cr, uint64_t src1, uint64_t src2, uint32_t size);
void dsa_desc_id_compval(struct dsa_hw_desc *d, uint64_t cr, uint64_t src, uint64_t pattern, uint32_t size);
void dsa_desc_first_in(struct dsa_hw_desc *d, uint16_t handle);
void dsa_desc_second_in(struct dsa_hw_desc *d, uint16_t handle);
/* Another window for an entry, by the owner of the memory; flags DSA_WINDOW_*. */
void dsa_desc_update_window(struct dsa_hw_desc *d, uint64_t cr, uint16_t handle, uint64_t base, uint64_t size,
                            unsigned flags);
/* COMPARE and COMPVAL: status 1 if the result is expected, else 2 (check-result flag). */
void dsa_desc_expect(struct dsa_hw_desc *d, uint8_t expected);
/* Ask for the completion interrupt. */
void dsa_desc_interrupt(struct dsa_hw_desc *d, uint16_t handle);

/* ---- completion.c ---- */

/* Make the record ready: all zero. */
void dsa_cr_clear(struct dsa_completion_record *cr);
/* Status code of a record without the direction bit; 0: not written yet. */
unsigned dsa_cr_status(const struct dsa_completion_record *cr);
/*
 * Poll until the record is written; timeout_us 0 means DSA_WAIT_TIMEOUT_US. Returns 0 whatever the status is, or
 * -ETIMEDOUT: dsa->error then also says what SWERROR and the WQ's state are.
 */
int dsa_wait(struct dsa *dsa, const struct dsa_completion_record *cr, unsigned timeout_us);
/* dsa_wait(), then -EIO with the status in words if it is not success (status 1). */
int dsa_wait_success(struct dsa *dsa, const struct dsa_completion_record *cr, unsigned timeout_us);
/* What a completion status or SWERROR code means (5.8); "unknown status". */
const char *dsa_status_name(unsigned status);

/* ---- interrupt.c ---- */

enum dsa_irq_table {
	DSA_IRQ_MSIX,
	DSA_IRQ_IMS,
};

/* A completion interrupt. The object must stay where it is while open. */
struct dsa_irq {
	struct dsa *dsa;
	enum dsa_irq_table table;
	unsigned index;  /* in the table */
	uint16_t handle; /* for descriptors: the index, or what the device gave for it */
	struct irq irq;
	void *token;
	irq_handler handler; /* or NULL */
	void *arg;
	uint64_t count; /* interrupts taken (written by the handler) */
};

/*
 * Program entry index of a table so that completions with PASID pasid (IOMMU_NO_PASID: those without PASID) interrupt
 * this processor, which counts and calls handler(arg) if not NULL. MSI-X entry 0 is the driver's. Handles are requested
 * where the device wants that. Returns 0, -EINVAL (no such entry), -ENOTSUP (no IMS), or what vectors, IOMMU or
 * commands return.
 */
int dsa_irq_open(struct dsa *dsa, enum dsa_irq_table table, unsigned index, uint32_t pasid, irq_handler handler,
                 void *arg, struct dsa_irq *irq);
int dsa_irq_close(struct dsa_irq *irq);
/*
 * Ask for the handle anew: after DSA_INTCAUSE_HANDLES_REVOKED the old one ends descriptors with status 19h (7.5.4). All
 * descriptors with the old one must have ended. Returns 0, or the command's error; where handles are not requested
 * nothing is done.
 */
int dsa_irq_renew(struct dsa_irq *irq);
int dsa_irq_mask(struct dsa_irq *irq, bool masked);
bool dsa_irq_pending(const struct dsa_irq *irq);
uint64_t dsa_irq_count(const struct dsa_irq *irq);
/* Wait until the count has passed before. timeout_us 0: DSA_WAIT_TIMEOUT_US. Returns 0 or -ETIMEDOUT. */
int dsa_irq_wait(struct dsa_irq *irq, uint64_t before, unsigned timeout_us);

/* Which INTCAUSE bits MSI-X entry 0 has brought since the last call. */
uint32_t dsa_causes_take(struct dsa *dsa);
/* Wait for one of causes; they are then taken. Returns 0 or -ETIMEDOUT. */
int dsa_causes_wait(struct dsa *dsa, uint32_t causes, unsigned timeout_us);

/* ---- error.c ---- */

struct dsa_swerror {
	uint64_t raw[4];
	unsigned code; /* completion status, or DSA_SWERR_* */
	unsigned wq;   /* valid if wq_valid */
	unsigned opcode;
	uint32_t pasid;
	unsigned batch_index;
	uint32_t info;
	uint64_t address;
	bool info_valid; /* info has what DSA_INFO_* say of the code; else of code 0x11 alone */
	bool overflow, desc_valid, wq_valid, batch, write, privileged;
};

/* Read SWERROR (9.2.15). Returns 0, or -ENOENT when it is not valid. It stays as it is. */
int dsa_swerror_read(const struct dsa *dsa, struct dsa_swerror *error);
/* Free it for the next error. */
void dsa_swerror_clear(struct dsa *dsa);
/* One line in words. Returns text. */
const char *dsa_swerror_words(const struct dsa_swerror *error, char *text, size_t size);

/* GENSTS in words, with what brings the device back from Halt. Returns text. */
const char *dsa_state_words(const struct dsa *dsa, char *text, size_t size);
/*
 * What AER has recorded of errors on the way to memory and in the device (appendix C): "AER: poisoned TLP", or "" for
 * none, also where there is no AER. The record is cleared. Returns text.
 */
const char *dsa_aer_take(struct dsa *dsa, char *text, size_t size);

/* ---- evl.c: the event log of version 2 ---- */

/* What may be in memory that the device fills. The caller's; it must stay while the log is on. */
struct dsa_evl {
	struct dsa *dsa;
	struct dsa_buf memory;
	unsigned entries, entry_size; /* entry_size in bytes */
};

struct dsa_evl_entry {
	struct dsa_swerror error; /* raw is the entry's first half */
	unsigned batch_id;        /* of a batch or what is in it: one name for both */
	bool first;               /* the first entry of that batch */
	bool has_interrupt;       /* software is to raise the completion interrupt, */
	bool has_record;          /* and to write this completion record at error.address: codes 0x1a, 0x26, 0x27 */
	bool ims;                 /* the descriptor came by an IMS portal */
	struct dsa_completion_record record;
};

bool dsa_has_evl(const struct dsa *dsa);
/*
 * Switch the log on, in memory (all of it) from dsa_buf_alloc(); the device must be Disabled. It starts with the next
 * dsa_enable(), and ends with Reset Device. Returns 0, -ENOTSUP (no event log), -EINVAL (less than DSA_EVL_MIN_SIZE
 * entries), -EBUSY (not Disabled) or -EIO (a register does not take it).
 */
int dsa_evl_open(struct dsa *dsa, const struct dsa_buf *memory, struct dsa_evl *evl);
/* The oldest entry, which is then free again. Returns 0, -ENOENT (none) or -EIO (EVLSTATUS is out of range). */
int dsa_evl_take(struct dsa_evl *evl, struct dsa_evl_entry *entry);
/* How many there are. */
unsigned dsa_evl_count(const struct dsa_evl *evl);
/* EVLSTATUS' interrupt pending: no further interrupt comes before it is cleared. */
bool dsa_evl_pending(const struct dsa_evl *evl);
void dsa_evl_clear_pending(struct dsa_evl *evl);

/* ---- idpt.c: the inter-domain permissions table of version 2 ---- */

/* Who may access whose memory, and which of it. */
struct dsa_grant {
	uint32_t access;    /* the PASID whose memory it is */
	uint32_t submitter; /* the PASID that may access it, unless there is a bitmap */
	uint64_t bitmap;    /* 4 KiB aligned: bit n, PASID n; 0: there is none */
	bool read, write;
	bool privileged;     /* with the descriptor's privilege, not without any */
	bool window;         /* only size bytes from base on; the address in the descriptor is */
	bool by_offset;      /* relative to base */
	uint64_t base, size; /* 0 without a window */
	bool updatable;      /* the owner may change the window */
	bool unusable;       /* nobody may use it, yet */
};

bool dsa_has_idpt(const struct dsa *dsa);
/*
 * Write entry index of the IDPT and read it back; the handle for descriptors is its number, or is requested where the
 * device wants that. At any time; an entry that was in use is taken out of use first. Returns 0, -ENOTSUP (no IDPT),
 * -EINVAL (no such entry), -EIO (a register does not take it) or the command's error.
 */
int dsa_grant_open(struct dsa *dsa, unsigned index, const struct dsa_grant *grant, uint16_t *handle);
/* Nobody may use it any more, and the handle is given back. Descriptors that use it must have ended. */
int dsa_grant_close(struct dsa *dsa, unsigned index);
/*
 * How bitmaps are read: with that PASID (IOMMU_NO_PASID: without one), unprivileged. The device must be Disabled.
 * Returns 0, -ENOTSUP or -EBUSY.
 */
int dsa_bitmap_pasid(struct dsa *dsa, uint32_t pasid);
/* size bytes of a bitmap have changed (at most DSA_CMD_BITMAP_SIZE). Where nothing is cached nothing is done. */
int dsa_bitmap_changed(struct dsa *dsa, uint64_t address, uint32_t size);
/* Quadword n of entry index. */
uint64_t dsa_idpt_read(const struct dsa *dsa, unsigned index, unsigned n);
void dsa_idpt_write(struct dsa *dsa, unsigned index, unsigned n, uint64_t value);

/* For the driver's own files: fill the fields from raw. */
void dsa_swerror_decode(struct dsa_swerror *error);
/* For the driver's own files: MSI-X entry 0. */
int dsa_events_open(struct dsa *dsa);
void dsa_events_close(struct dsa *dsa);
/* For the driver's own files: note err, code and a formatted line in dsa->error; returns err. */
int dsa_fail(struct dsa *dsa, int err, uint32_t code, const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
