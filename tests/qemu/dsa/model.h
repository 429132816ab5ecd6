/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The DSA as a state machine, without QEMU: registers, commands, portals, engines, interrupts, errors. Whoever embeds
 * it (qemu.c, the unit tests, the fuzzer) supplies memory, interrupts and time through struct dsa_model_ops, calls in
 * for each access of the processor, and holds one lock around every call.
 *
 *	regs.c        BAR0, access and lock rules           (9.2)
 *	commands.c    CMD and CMDSTS                        (3.15, 9.2.12)
 *	enable.c      what may be enabled                   (5.1, 5.2)
 *	portals.c     BAR2: what is accepted, retried, lost (3.3, 9.3)
 *	tables.c      its tables: WQCFG, GRPCFG, MSIXPERM, IMS
 *	capability.c  what the part has, by version         (9.2)
 *	queue.c       the work queues
 *	engine.c      the engines: who takes what when      (3.4 to 3.9)
 *	slots.c       what they have in progress
 *	order.c       whose writes come first               (3.9)
 *	descriptor.c  one descriptor from start to end      (3.5, 3.6)
 *	batch.c       those of a batch                      (3.8)
 *	pages.c       page requests                         (3.13)
 *	idpt.c        inter-domain operations of version 2  (3.14)
 *	evl.c         the event log of version 2            (5.9)
 *	interrupts.c  INTCAUSE, MSI-X and IMS, handles      (3.7, 9.2.28)
 *	errors.c      SWERROR, halt                         (5.7, 9.2.15)
 *	traffic.c     traffic classes                       (4.2, 9.2.23)
 *	inject.c      what goes wrong at a chosen moment
 *	perfmon.c     what performance monitoring counts, perfmon_regs.c its registers
 *	embed.h       what the embedder supplies and chooses
 *	exec.h        one descriptor
 */
#ifndef TESTS_QEMU_DSA_MODEL_H
#define TESTS_QEMU_DSA_MODEL_H

#include "tests/qemu/dsa/embed.h"
#include "tests/qemu/dsa/slots.h"

/* The part that is modelled: Sapphire Rapids, and as version 2 its successors (capability.c). */
#define DSA_MODEL_WQS           8
#define DSA_MODEL_ALL_WQS       ((UINT32_C(1) << DSA_MODEL_WQS) - 1)
#define DSA_MODEL_GROUPS        4
#define DSA_MODEL_ENTRIES       128
#define DSA_MODEL_READ_BUFFERS  96
#define DSA_MODEL_VECTORS       9
#define DSA_MODEL_COUNTERS      8
#define DSA_MODEL_COUNTER_WIDTH 48
#define DSA_MODEL_FILTERS       6
#define DSA_MODEL_IMS           2048
#define DSA_MODEL_IDPT          256 /* version 2 */
#define DSA_MODEL_BITMAP_LINE   64  /* bytes that are read of a submitter bitmap at once */
#define DSA_MODEL_BAR0_SIZE     0x10000
#define DSA_MODEL_BAR2_SIZE     0x20000

/* Where the tables are in BAR0. */
#define DSA_MODEL_MSIXPERM     0x0200
#define DSA_MODEL_GRPCFG       0x0300
#define DSA_MODEL_WQCFG        0x0400
#define DSA_MODEL_PERFMON      0x1000 /* behind WQCFG of 64 bytes an entry, too */
#define DSA_MODEL_PERFMON_SIZE 0x1000
#define DSA_MODEL_MSIX_TABLE   0x2000
#define DSA_MODEL_MSIX_PBA     0x3000
#define DSA_MODEL_IMS_TABLE    0x4000
#define DSA_MODEL_IDPT_TABLE   0xc000

struct dsa_wq {
	uint32_t cfg[DSA_WQCFG_DWORDS_MAX];
	uint8_t state; /* DSA_WQ_* */
	unsigned head;
	unsigned count;
	unsigned in_flight;
	unsigned credit;
	bool occupancy_generated;
	struct dsa_entry queue[DSA_MODEL_ENTRIES];
};

struct dsa_group {
	uint64_t wqs[4];
	uint64_t engines;
	uint64_t flags;
	unsigned next_wq; /* round robin */
	bool child_last;  /* the slot that was given away last went to a batch's descriptor */
};

struct dsa_ims_entry {
	uint64_t address;
	uint32_t data;
	uint32_t ctrl;
};

struct dsa_idpt_entry {
	uint64_t q[DSA_IDPT_QWORDS];
	bool granted;       /* with cmdcap: its handle is out */
	uint8_t generation; /* of the handle */
	unsigned users;     /* descriptors that are executed with it */
};

struct dsa_bitmap_line {
	bool valid;
	uint64_t address;
	uint8_t bytes[DSA_MODEL_BITMAP_LINE];
};

struct dsa_counter {
	uint64_t cfg;
	uint64_t data;
	uint32_t filter[DSA_MODEL_FILTERS];
};

/* One that is held back, until at; 0: there is none. */
struct dsa_late_interrupt {
	uint64_t at;
	bool ims;
	unsigned vector; /* of MSI-X */
	uint64_t address;
	uint32_t data;
};

struct dsa_model {
	const struct dsa_model_ops *ops;
	void *ctx;
	struct dsa_model_config config;
	struct dsa_model_pci pci;

	uint32_t gencfg;
	uint32_t genctrl;
	uint8_t state; /* DSA_STATE_* */
	uint8_t reset_type;
	uint32_t intcause;
	uint32_t cmd;
	uint32_t cmdsts;
	uint64_t swerror[4];
	uint64_t evlcfg[2];
	uint64_t cmdparam;
	uint16_t evl_head, evl_tail;
	bool evl_pending;
	bool evl_has_kept;
	uint8_t evl_kept[DSA_EVL_ENTRY_MIN];
	uint8_t next_batch_id;
	uint32_t msixperm[DSA_MODEL_VECTORS];
	struct dsa_ims_entry ims[DSA_MODEL_IMS];
	uint8_t msix_granted[DSA_MODEL_VECTORS]; /* with cmdcap: handles that are out */
	uint8_t ims_granted[DSA_MODEL_IMS];
	unsigned handle_generation; /* how often all were revoked */
	uint32_t idbr;
	struct dsa_idpt_entry idpt[DSA_MODEL_IDPT];
	struct dsa_bitmap_line bitmap_cache[4]; /* with cmdcap */
	struct dsa_group groups[DSA_MODEL_GROUPS];
	struct dsa_wq wqs[DSA_MODEL_WQS];
	struct dsa_engine engines[DSA_MODEL_ENGINES];
	struct dsa_slot slots[DSA_MODEL_SLOTS]; /* engine by engine, work before batches */
	struct dsa_slot *due_first, *due_last;  /* in order of time, then of dispatch */
	struct dsa_slot *running;               /* the one whose work is being done just now, or NULL */
	struct dsa_fiber *fibers;               /* that nobody is in */
	uint64_t next_ticket;
	unsigned page_requests; /* without a response yet */

	struct dsa_counter counters[DSA_MODEL_COUNTERS];
	uint32_t perffrz;
	uint32_t ovfstatus;

	uint16_t next_page_group;
	bool page_requests_failed; /* a Response Failure came: no more until page requests are enabled anew */
	uint64_t next_seq;
	uint64_t work_began;           /* of what runs */
	uint64_t worked_ns;            /* that work has taken, all in all */
	uint64_t cmd_seq;              /* the running command waits for what was submitted before */
	uint64_t cmd_ready_at;         /* not done before */
	uint64_t moments[DSA_MOMENTS]; /* so many of each, since power-on */
	enum dsa_injection injected;   /* what befalls the device at the next tick */
	enum dsa_injection cmd_injection;
	struct dsa_late_interrupt late;
	uint32_t scratch; /* of DSA_FAULT_UNLISTED_SCRATCH */
};

/* ops and ctx must outlive the model. Everything as after power-on. */
void dsa_model_init(struct dsa_model *m, const struct dsa_model_ops *ops, void *ctx,
                    const struct dsa_model_config *config);
/* Power-on and warm reset: all is lost (table 9-3). */
void dsa_model_reset(struct dsa_model *m);
/* Function level reset: the same, but for a halt that asks for more than that. */
void dsa_model_flr(struct dsa_model *m);
/* Frees what the model holds; after it, only dsa_model_init(). */
void dsa_model_free(struct dsa_model *m);
/* Configuration space changed. Not allowed while the device is not Disabled: then it halts (9.1.3). */
void dsa_model_pci_changed(struct dsa_model *m, const struct dsa_model_pci *pci);
/* A page group response. Returns whether it was waited for. */
bool dsa_model_page_response(struct dsa_model *m, uint16_t group, enum dsa_page_answer answer);
/*
 * The answer to a translation request, which not each translation needs: the embedder has a device TLB. For perfmon.
 * bytes: the size of the page; 0: the answer gave no right.
 */
void dsa_model_translation(struct dsa_model *m, const struct dsa_requester *who, uint64_t bytes);
/* Time has come to what ops->schedule() was told. */
void dsa_model_tick(struct dsa_model *m);

/* BAR0 but for the MSI-X table and PBA. width 1, 2, 4 or 8, aligned; others read 0 and are ignored. */
uint64_t dsa_model_read(struct dsa_model *m, uint64_t offset, unsigned width);
void dsa_model_write(struct dsa_model *m, uint64_t offset, unsigned width, uint64_t value);
/* 64 bytes to a portal of BAR2. deferrable: DMWr (ENQCMD), which gets an answer: returns whether it is Retry. */
bool dsa_model_portal(struct dsa_model *m, uint64_t offset, const uint8_t bytes[DSA_DESC_SIZE], bool deferrable);

/* ---- between the model's own files ---- */

/*
 * The device's clock stands while its work is done here: to copy a megabyte takes an emulator longer than the device,
 * and if that counted, what is behind would be over at once, and no queue would ever be full.
 */
static inline uint64_t dsa_now(const struct dsa_model *m)
{
	return (m->running ? m->work_began : m->ops->now(m->ctx)) - m->worked_ns;
}

static inline void dsa_schedule(const struct dsa_model *m, uint64_t at)
{
	m->ops->schedule(m->ctx, at + m->worked_ns);
}

static inline bool dsa_is_wrong(const struct dsa_model *m, enum dsa_fault fault)
{
	return m->config.fault == fault;
}

/* errors.c */
struct dsa_error {
	uint8_t code;
	bool wq_valid;
	uint8_t wq;
	const struct dsa_entry *entry; /* NULL: no descriptor */
	uint8_t opcode;                /* of the descriptor: its own, also within a batch */
	bool in_batch;
	uint16_t batch_index;
	bool write;
	uint32_t flags; /* 0x11: those that are invalid */
	uint8_t operand;
	uint16_t handle;      /* of the interrupt */
	uint16_t idpt_handle; /* of inter-domain operations */
	uint64_t address;
	/* for the event log alone */
	struct dsa_batch *batch;   /* that it is of, or that it is; or NULL */
	bool rci;                  /* the interrupt is wanted */
	const uint8_t *record;     /* the completion record, or NULL */
	const struct dsa_run *run; /* whose work it is, to be suspended while the log is full; or NULL */
};
/* To the event log, or to SWERROR. */
void dsa_report_error(struct dsa_model *m, const struct dsa_error *error);
/* The first three quadwords of SWERROR. */
void dsa_error_words(const struct dsa_model *m, const struct dsa_error *error, uint64_t *first, uint64_t *second,
                     uint64_t *address);
void dsa_halt(struct dsa_model *m, uint8_t reset_type);
/* What the fabric or the device itself did wrong (PCI_ERR_UNC_*). */
void dsa_report_hardware(struct dsa_model *m, uint32_t uncorrectable);

/* inject.c */
/* Counts a moment. Returns what befalls the command, descriptor or interrupt whose moment it is. */
enum dsa_injection dsa_inject(struct dsa_model *m, enum dsa_moment moment);
/* At a tick: what befalls the device. */
void dsa_inject_due(struct dsa_model *m);
uint8_t dsa_injected_status(struct dsa_model *m, enum dsa_injection what);

/* evl.c: whether the log is on; whether it is where this code goes; and what happens to it. */
bool dsa_evl_on(const struct dsa_model *m);
bool dsa_evl_takes(const struct dsa_model *m, uint8_t code);
void dsa_evl_report(struct dsa_model *m, const struct dsa_error *error);
void dsa_evl_start(struct dsa_model *m); /* Enable Device */
uint64_t dsa_evl_status(const struct dsa_model *m);
void dsa_evl_write_status(struct dsa_model *m, uint64_t value, uint64_t mask);

/* interrupts.c */
void dsa_raise_cause(struct dsa_model *m, uint32_t cause);
bool dsa_handle_ok(const struct dsa_model *m, const struct dsa_entry *entry, bool wq_pasid, uint16_t handle);
void dsa_completion_interrupt(struct dsa_model *m, bool ims, uint16_t handle);
/* Of a WQ, through that handle: not subject to "ignore". */
void dsa_occupancy_interrupt(struct dsa_model *m, bool ims, uint16_t handle);
void dsa_ims_write_ctrl(struct dsa_model *m, unsigned index, uint32_t ctrl);
void dsa_interrupts_reset(struct dsa_model *m);
/* At a tick: one that was held back. */
void dsa_interrupts_due(struct dsa_model *m);
/* With cmdcap: the handle that Request Interrupt Handle gives for a table's entry, which is then valid, or no more. */
uint16_t dsa_handle_grant(struct dsa_model *m, bool ims, unsigned entry, bool granted);
/* Whether the handle is one of the table's, and with cmdcap was given out; *entry is then the one it stands for. */
bool dsa_handle_entry(const struct dsa_model *m, bool ims, uint16_t handle, unsigned *entry);
/* All handles become invalid; those given out from now on are other ones (7.5.4). */
void dsa_revoke_handles(struct dsa_model *m);

/* idpt.c */
void dsa_idpt_reset(struct dsa_model *m);
/* at: offset within the entry, of a double word to read, of a quadword to write, of which only the bits in mask. */
uint32_t dsa_idpt_read(const struct dsa_model *m, unsigned index, uint32_t at);
void dsa_idpt_write(struct dsa_model *m, unsigned index, uint32_t at, uint64_t value, uint64_t mask);
/* With cmdcap: the handle that Request IDPT Handle gives for the entry, which is then valid, or no more. */
uint16_t dsa_idpt_grant(struct dsa_model *m, unsigned index, bool granted);
/* What is cached of size bytes from address on is read again. */
void dsa_bitmap_invalidate(struct dsa_model *m, uint64_t address, uint32_t size);

/* enable.c: 0, or the command's error (enum dsa_cmd_error) */
uint8_t dsa_check_enable_device(const struct dsa_model *m);
uint8_t dsa_check_enable_wq(const struct dsa_model *m, uint32_t index);

/* commands.c */
void dsa_command(struct dsa_model *m, uint32_t value);
void dsa_command_progress(struct dsa_model *m);
/* The device halts: a running command ends there. */
void dsa_command_halted(struct dsa_model *m);
/* CMDCAP, 0 where the register does not exist. */
uint64_t dsa_command_capability(const struct dsa_model *m);

/* slots.c: whatever is in the engines is lost; and how many slots an engine has, before any limit of its group. */
void dsa_engines_clear(struct dsa_model *m);
unsigned dsa_slots_offered(const struct dsa_model *m, enum dsa_slot_kind kind);

/* engine.c */
void dsa_engine_run(struct dsa_model *m);
void dsa_kick(struct dsa_model *m);

/* pages.c: who waits for a page of another domain, of that WQ and PASID (unless DSA_NO_PASID), does no more. */
void dsa_pages_abort(struct dsa_model *m, unsigned wq, uint32_t pasid_only);

/* queue.c */
bool dsa_wq_dedicated(const struct dsa_wq *wq);
void dsa_wq_push(struct dsa_model *m, unsigned wq, const struct dsa_entry *entry);
/* Drop what is queued in WQ wq; pasid_only: only entries with this PASID, unless DSA_NO_PASID. */
void dsa_wq_drop(struct dsa_model *m, unsigned wq, uint32_t pasid_only);
/* Whether something submitted before seq is still queued or executed, in the WQs of the bitmap, with that PASID. */
bool dsa_outstanding(const struct dsa_model *m, uint32_t wqs, uint32_t pasid, uint64_t seq);
void dsa_occupancy_check(struct dsa_model *m, unsigned wq);

/* traffic.c: that of the group's two classes which a selector flag (0 or not) chooses, -1 for an engine without a group
 */
int dsa_traffic_class(const struct dsa_model *m, unsigned engine, uint32_t selector);
/* The one of the groups that has the engine, or NULL. */
const struct dsa_group *dsa_engine_group(const struct dsa_model *m, unsigned engine);
/* Which of the two no enabled virtual channel has: bit 0 TC-A, bit 1 TC-B. */
uint8_t dsa_unmapped_classes(const struct dsa_model *m, unsigned engine);

/* perfmon.c */
struct dsa_counted {
	unsigned category;
	uint32_t event; /* one bit */
	uint64_t amount;
	int wq; /* these four -1 where the event has none: then the filter lets it pass */
	int engine;
	int tc;
	int64_t size;
	uint64_t page;  /* bytes, 0 where the event has none */
	uint32_t pasid; /* or DSA_NO_PASID */
};
extern const struct dsa_memory_ops dsa_perfmon_memory; /* counts bytes; its context is the model */
void dsa_perfmon_count(struct dsa_model *m, const struct dsa_counted *event);
enum dsa_portal_end {
	DSA_PORTAL_ACCEPTED,
	DSA_PORTAL_FULL,
	DSA_PORTAL_DISCARDED
};
void dsa_perfmon_portal(struct dsa_model *m, unsigned wq, bool limited, enum dsa_portal_end end, uint32_t pasid);
/* An event of a slot's engine (NULL: nothing is counted) and of a descriptor (NULL: not of any). */
void dsa_perfmon_engine(struct dsa_model *m, const struct dsa_slot *slot, const struct dsa_raw_desc *desc,
                        unsigned category, uint32_t event);
void dsa_perfmon_operation(struct dsa_model *m, struct dsa_slot *slot, const struct dsa_raw_desc *desc);
void dsa_perfmon_data(struct dsa_model *m, const struct dsa_slot *slot, const struct dsa_raw_desc *desc);
void dsa_perfmon_ended(struct dsa_model *m, const struct dsa_slot *slot, const struct dsa_raw_desc *desc,
                       uint8_t status);
/* perfmon_regs.c: the events of a category that the part has; and the registers. */
uint32_t dsa_perfmon_events(const struct dsa_model *m, unsigned category);
void dsa_perfmon_reset(struct dsa_model *m);
/* offset within the block: of a double word to read, of a quadword to write, of which only the bits in mask. */
uint32_t dsa_perfmon_read(const struct dsa_model *m, uint32_t offset);
void dsa_perfmon_write(struct dsa_model *m, uint32_t offset, uint64_t value, uint64_t mask);

/* capability.c */
uint32_t dsa_version(const struct dsa_model *m);
uint64_t dsa_gencap(const struct dsa_model *m);
uint64_t dsa_wqcap(const struct dsa_model *m);
uint64_t dsa_grpcap(const struct dsa_model *m);
uint64_t dsa_engcap(const struct dsa_model *m);
uint64_t dsa_opcap(const struct dsa_model *m, unsigned word);
uint64_t dsa_idcap(const struct dsa_model *m);
/* What the WQ allows of it: OPCFG. */
uint64_t dsa_wq_opcodes(const struct dsa_model *m, unsigned wq, unsigned word);

/* regs.c */
void dsa_config_reset(struct dsa_model *m); /* what Reset Device resets in registers */

/* tables.c */
void dsa_wqcfg_reset(struct dsa_model *m, unsigned wq, bool keep_size);
void dsa_groups_reset(struct dsa_model *m);
uint32_t dsa_table_read(const struct dsa_model *m, uint32_t offset);
void dsa_table_write(struct dsa_model *m, uint32_t offset, uint32_t value, uint32_t mask);
/* A quadword at once, where that is not the same as two double words. Returns whether it is so there. */
bool dsa_table_write64(struct dsa_model *m, uint32_t offset, uint64_t value);

#endif
