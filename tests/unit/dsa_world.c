/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tests/unit/dsa_world.h"

static const struct dsa_memory_ops *flat_ops;

static void note(struct world *w, const struct dsa_requester *who)
{
	w->who = *who;
	w->accesses++;
	if (w->during)
		w->during(w);
}

static int world_read(void *ctx, const struct dsa_requester *who, uint64_t addr, void *buf, size_t len)
{
	note(ctx, who);
	return flat_ops->read(ctx, who, addr, buf, len);
}

static int world_write(void *ctx, const struct dsa_requester *who, uint64_t addr, const void *buf, size_t len)
{
	note(ctx, who);
	return flat_ops->write(ctx, who, addr, buf, len);
}

static int world_translate(void *ctx, const struct dsa_requester *who, uint64_t addr, bool write)
{
	note(ctx, who);
	return flat_ops->translate(ctx, who, addr, write);
}

static void world_notify(void *ctx, unsigned vector)
{
	((struct world *)ctx)->notified[vector]++;
}

static void world_forget(void *ctx)
{
	((struct world *)ctx)->forgotten++;
}

static void world_hardware_error(void *ctx, uint32_t uncorrectable)
{
	((struct world *)ctx)->hardware_errors |= uncorrectable;
}

static void world_message(void *ctx, uint64_t address, uint32_t data)
{
	struct world *w = ctx;

	w->message[w->messages % WORLD_MESSAGES].address = address;
	w->message[w->messages++ % WORLD_MESSAGES].data = data;
}

static uint64_t world_now(void *ctx)
{
	struct world *w = ctx;

	w->now += w->drift;
	return w->now;
}

static void world_schedule(void *ctx, uint64_t deadline)
{
	((struct world *)ctx)->deadline = deadline;
}

static const struct dsa_model_ops ops = {
        .memory = {world_read, world_write, world_translate},
        .msix_notify = world_notify,
        .msix_forget = world_forget,
        .message = world_message,
        .hardware_error = world_hardware_error,
        .now = world_now,
        .schedule = world_schedule,
};

/* The same bytes each time; made once, since the fuzzer starts a world some thousand times a second. */
static void fill_memory(void)
{
	static uint8_t first[sizeof(flat)];

	if (!flat_ops) {
		flat_ops = flat_env(1).memory;
		memcpy(first, flat, sizeof(flat));
	}
	memcpy(flat, first, sizeof(flat));
	memset(flat_perm, FLAT_READ | FLAT_WRITE, sizeof(flat_perm));
}

static void start(struct world *w, struct dsa_model_config config)
{
	config.service_ns = SERVICE_NS;
	config.command_ns = COMMAND_NS;
	fill_memory();
	if (w->m.ops)
		dsa_model_free(&w->m);
	memset(w, 0, sizeof(*w));
	w->deadline = WORLD_NEVER;
	dsa_model_init(&w->m, &ops, w, &config);
}

void world_start(struct world *w, enum dsa_fault fault, bool cmdcap)
{
	start(w, (struct dsa_model_config){.fault = fault, .cmdcap = cmdcap});
}

void world_start2(struct world *w, enum dsa_fault fault, bool evl_drops)
{
	start(w, (struct dsa_model_config){.fault = fault, .version2 = true, .evl_drops = evl_drops});
}

void world_pci(struct world *w, bool pasid, bool ats)
{
	const struct dsa_model_pci pci = {.bus_master = true, .pasid = pasid, .ats = ats};

	dsa_model_pci_changed(&w->m, &pci);
}

uint32_t rd(struct world *w, uint64_t offset)
{
	return (uint32_t)dsa_model_read(&w->m, offset, 4);
}

uint64_t rd64(struct world *w, uint64_t offset)
{
	return dsa_model_read(&w->m, offset, 8);
}

void wr(struct world *w, uint64_t offset, uint32_t value)
{
	dsa_model_write(&w->m, offset, 4, value);
}

void wr64(struct world *w, uint64_t offset, uint64_t value)
{
	dsa_model_write(&w->m, offset, 8, value);
}

static uint64_t wqcfg_at(struct world *w, unsigned wq, unsigned dword)
{
	return DSA_MODEL_WQCFG + DSA_WQCFG_STRIDE(rd64(w, DSA_WQCAP)) * wq + 4U * dword;
}

uint32_t wqcfg(struct world *w, unsigned wq, unsigned dword)
{
	return rd(w, wqcfg_at(w, wq, dword));
}

void wqcfg_set(struct world *w, unsigned wq, unsigned dword, uint32_t value)
{
	wr(w, wqcfg_at(w, wq, dword), value);
}

void grpcfg_set(struct world *w, unsigned group, uint64_t wqs, uint64_t engines)
{
	const uint64_t at = DSA_MODEL_GRPCFG + (uint64_t)DSA_GRPCFG_STRIDE * group;

	wr64(w, at + DSA_GRPCFG_WQS, wqs);
	wr64(w, at + DSA_GRPCFG_ENGINES, engines);
}

uint64_t grpflags_at(unsigned group)
{
	return DSA_MODEL_GRPCFG + (uint64_t)DSA_GRPCFG_STRIDE * group + DSA_GRPCFG_FLAGS;
}

void world_configure(struct world *w)
{
	const uint32_t priority = FIELD_PREP(DSA_WQCFG2_PRIORITY, 1U);

	for (unsigned wq = 0; wq < WQS_IN_USE; wq++) {
		wqcfg_set(w, wq, 0, WQ_SIZE);
		wqcfg_set(w, wq, 1, THRESHOLD);
		wqcfg_set(w, wq, 3, FIELD_PREP(DSA_WQCFG3_MAX_XFER, 20U) | FIELD_PREP(DSA_WQCFG3_MAX_BATCH, 4U));
	}
	wqcfg_set(w, DWQ, 2, priority | DSA_WQCFG2_DEDICATED);
	wqcfg_set(w, SWQ, 2, priority | DSA_WQCFG2_PASID_EN);
	wqcfg_set(w, PWQ, 2,
	          priority | DSA_WQCFG2_DEDICATED | DSA_WQCFG2_PASID_EN | FIELD_PREP(DSA_WQCFG2_PASID, PWQ_PASID));
	grpcfg_set(w, 0, BIT64(DWQ) | BIT64(SWQ) | BIT64(PWQ), 1);
}

void world_up(struct world *w, enum dsa_fault fault)
{
	world_start(w, fault, false);
	world_pci(w, true, false);
	world_configure(w);
	wr(w, DSA_GENCFG, DSA_MODEL_READ_BUFFERS | DSA_GENCFG_USER_INT);
	(void)command(w, DSA_CMD_ENABLE_DEVICE, 0);
	for (unsigned wq = 0; wq < WQS_IN_USE; wq++)
		(void)command(w, DSA_CMD_ENABLE_WQ, wq);
}

void world_one_in_progress(struct world *w)
{
	w->m.config.work = 1;
}

void world_up2(struct world *w, enum dsa_fault fault, bool evl_drops)
{
	world_start2(w, fault, evl_drops);
	world_pci(w, true, true);
	world_configure(w);
	memset(flat_at(EVL), 0, (size_t)WORLD_EVL * DSA_EVL_ENTRY_MIN);
	wr64(w, DSA_EVLCFG, EVL);
	wr64(w, DSA_EVLCFG + 8, FIELD_PREP(DSA_EVLCFG_SIZE, (uint64_t)WORLD_EVL));
	wr(w, DSA_GENCFG, DSA_MODEL_READ_BUFFERS | DSA_GENCFG_USER_INT | DSA_GENCFG_EVL);
	wr(w, DSA_GENCTRL, DSA_GENCTRL_SWERR_INT | DSA_GENCTRL_HALT_INT | DSA_GENCTRL_EVL_INT);
	(void)command(w, DSA_CMD_ENABLE_DEVICE, 0);
	for (unsigned wq = 0; wq < WQS_IN_USE; wq++)
		(void)command(w, DSA_CMD_ENABLE_WQ, wq);
}

/* One tick, if one is due by then. */
static bool tick_until(struct world *w, uint64_t end)
{
	if (w->deadline > end)
		return false;
	if (w->now < w->deadline)
		w->now = w->deadline;
	w->deadline = WORLD_NEVER;
	dsa_model_tick(&w->m);
	return true;
}

void world_advance(struct world *w, uint64_t ns)
{
	const uint64_t end = w->now + ns;

	for (unsigned i = 0; i < WORLD_TICKS && tick_until(w, end); i++)
		;
	if (w->now < end)
		w->now = end;
}

unsigned world_settle(struct world *w)
{
	unsigned ticks = 0;

	while (ticks < WORLD_TICKS && tick_until(w, WORLD_NEVER - 1))
		ticks++;
	return ticks;
}

void issue(struct world *w, uint32_t code, uint32_t operand)
{
	wr(w, DSA_CMD, FIELD_PREP(DSA_CMD_CODE, code) | operand);
}

uint32_t command(struct world *w, uint32_t code, uint32_t operand)
{
	issue(w, code, operand);
	for (unsigned i = 0; i < WORLD_TICKS && (rd(w, DSA_CMDSTS) & DSA_CMDSTS_ACTIVE); i++) {
		if (!tick_until(w, WORLD_NEVER - 1))
			break;
	}
	return rd(w, DSA_CMDSTS);
}

static bool submit(struct world *w, unsigned wq, uint64_t page, const struct dsa_raw_desc *d, bool deferrable)
{
	uint8_t bytes[DSA_DESC_SIZE];

	memcpy(bytes, d, sizeof(bytes));
	return dsa_model_portal(&w->m, (uint64_t)wq * DSA_PORTAL_WQ_STRIDE + page, bytes, deferrable);
}

bool post(struct world *w, unsigned wq, uint64_t page, const struct dsa_raw_desc *d)
{
	return submit(w, wq, page, d, false);
}

bool enqueue(struct world *w, unsigned wq, uint64_t page, struct dsa_raw_desc d, uint32_t pasid)
{
	d.field[0] |= pasid;
	return submit(w, wq, page, &d, true);
}

struct dsa_raw_desc with_record(struct dsa_raw_desc d, unsigned n)
{
	memset(flat_at(CR(n)), 0, DSA_CR_SIZE);
	d.field[0] |= (uint64_t)CRAV_RCR << 32;
	d.field[1] = CR(n);
	return d;
}

struct dsa_raw_desc noop(unsigned n)
{
	return with_record(descriptor(DSA_OPCODE_NOOP, 0, 0, 0, 0), n);
}

struct dsa_raw_desc memmove_desc(unsigned n, uint64_t from, uint64_t to, uint32_t size)
{
	return with_record(descriptor(DSA_OPCODE_MEMMOVE, 0, from, to, size), n);
}

uint8_t status(unsigned n)
{
	return *flat_at(CR(n));
}

uint32_t bytes_completed(unsigned n)
{
	uint32_t v;

	memcpy(&v, flat_at(CR(n)) + 4, sizeof(v));
	return v;
}

uint8_t swerror_code(struct world *w)
{
	const uint64_t first = rd64(w, DSA_SWERROR);

	return first & DSA_SWERROR_VALID ? (uint8_t)FIELD_GET(DSA_SWERROR_CODE, first) : 0;
}

const char *world_invariants(const struct world *w)
{
	const struct dsa_model *m = &w->m;
	unsigned busy[DSA_MODEL_WQS] = {0}, used[DSA_MODEL_ENGINES][DSA_SLOT_KINDS] = {{0}}, pages = 0;
	bool others = false;

	if (m->state > DSA_STATE_HALT)
		return "device state";
	for (size_t i = 0; i < DSA_MODEL_SLOTS; i++) {
		const struct dsa_slot *slot = &m->slots[i];

		if (!slot->ticket != (slot->state == DSA_SLOT_FREE))
			return "a slot that is free, or not";
		if (!slot->ticket)
			continue;
		if (slot->wq >= DSA_MODEL_WQS)
			return "WQ of a slot";
		others |= slot->state == DSA_SLOT_LOG || slot->state == DSA_SLOT_PAGE;
		pages += slot->state == DSA_SLOT_PAGE;
		used[slot->engine][slot->kind]++;
		if (slot->parent ? slot->parent->kind != DSA_SLOT_BATCH || !slot->parent->ticket : false)
			return "a descriptor of a batch that is gone";
		if (!slot->parent)
			busy[slot->wq]++;
	}
	for (const struct dsa_slot *slot = m->due_first; slot; slot = slot->after) {
		if (slot->state != DSA_SLOT_DUE || (slot->after && slot->after->ready_at < slot->ready_at))
			return "the list of those that are due";
	}
	if (pages != m->page_requests)
		return "page requests";
	for (unsigned e = 0; e < DSA_MODEL_ENGINES; e++) {
		if (used[e][DSA_SLOT_WORK] + (unsigned)__builtin_popcountll(m->engines[e].free[DSA_SLOT_WORK]) !=
		            DSA_MODEL_WORK ||
		    used[e][DSA_SLOT_BATCH] + (unsigned)__builtin_popcountll(m->engines[e].free[DSA_SLOT_BATCH]) !=
		            DSA_MODEL_BATCHES)
			return "slots of an engine";
	}
	for (unsigned i = 0; i < DSA_MODEL_WQS; i++) {
		const struct dsa_wq *wq = &m->wqs[i];

		if (wq->state > DSA_WQ_BUSY)
			return "WQ state";
		if (wq->count > FIELD_GET(DSA_WQCFG0_SIZE, wq->cfg[0]))
			return "more descriptors than the WQ has entries";
		if (wq->count && wq->state == DSA_WQ_DISABLED)
			return "descriptors in a disabled WQ";
		if (wq->in_flight != busy[i])
			return "descriptors in flight";
		if (wq->state != DSA_WQ_DISABLED && (m->state == DSA_STATE_DISABLED || m->state == DSA_STATE_HALT))
			return "a WQ on while the device is off";
		if (wq->state == DSA_WQ_BUSY && !(m->cmdsts & DSA_CMDSTS_ACTIVE))
			return "a WQ in progress without a command";
	}
	if (m->state == DSA_STATE_DRAIN && !(m->cmdsts & DSA_CMDSTS_ACTIVE))
		return "device in progress without a command";
	if (!m->config.fault && m->evl_tail >= DSA_EVL_MIN_SIZE &&
	    m->evl_tail >= FIELD_GET(DSA_EVLCFG_SIZE, m->evlcfg[1]) && dsa_evl_on(m))
		return "tail of the event log";
	/* Software that does not empty the event log, or does not answer a page request, waits for ever. */
	if ((m->cmdsts & DSA_CMDSTS_ACTIVE) && w->deadline == WORLD_NEVER && !others)
		return "a command that nothing will end";
	return NULL;
}
