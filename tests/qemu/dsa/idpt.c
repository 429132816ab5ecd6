/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inter-domain operations of version 2 (3.14, 5.6, 9.2.18, 9.2.19, 9.2.29): the table of permissions (IDPT), its
 * handles, the bitmaps of submitters, Update Window. An operand that names an entry is given a domain (struct
 * dsa_domain), and from there on its accesses go where the entry says.
 *
 * With the commands for it (CMDCAP) handles have to be asked for, and what was read of a bitmap stays in a small cache
 * until software takes it out; without, the handle is the entry's number, and each check reads memory.
 */
#include <string.h>

#include "tests/qemu/dsa/engine.h"
#include "tests/qemu/dsa/ops.h"

/* What registers can hold; all else reads 0. */
static const uint64_t implemented[DSA_IDPT_QWORDS] = {
        DSA_IDPT_USABLE | DSA_IDPT_ALLOW_UPDATE | DSA_IDPT_TYPE | DSA_IDPT_SUBMITTER | DSA_IDPT_READ | DSA_IDPT_WRITE |
                DSA_IDPT_PRIV | DSA_IDPT_WINDOW | DSA_IDPT_OFFSET_MODE | DSA_IDPT_ACCESS,
        UINT64_MAX,
        UINT64_MAX,
        DSA_IDPT_BITMAP_ADDRESS,
};

#define CONTROL     (DSA_IDPT_USABLE | DSA_IDPT_ALLOW_UPDATE)
/* What Update Window changes, and where its window flags go. */
#define WINDOW_BITS (DSA_IDPT_READ | DSA_IDPT_WRITE | DSA_IDPT_WINDOW | DSA_IDPT_OFFSET_MODE)

/* ---- registers ---- */

void dsa_idpt_reset(struct dsa_model *m)
{
	m->idbr = 0;
	memset(m->bitmap_cache, 0, sizeof(m->bitmap_cache));
	for (unsigned i = 0; i < DSA_MODEL_IDPT && !dsa_is_wrong(m, DSA_FAULT_IDPT_RESET); i++) {
		memset(m->idpt[i].q, 0, sizeof(m->idpt[i].q));
		m->idpt[i].granted = false;
	}
}

uint32_t dsa_idpt_read(const struct dsa_model *m, unsigned index, uint32_t at)
{
	return (uint32_t)(m->idpt[index].q[at / 8] >> (at % 8 * 8));
}

/* 9.2.29: what an entry in use does not take, it ignores; its two switches may be thrown at any time. */
void dsa_idpt_write(struct dsa_model *m, unsigned index, uint32_t at, uint64_t value, uint64_t mask)
{
	const unsigned word = at / 8;
	uint64_t *q = m->idpt[index].q;
	uint64_t writable = implemented[word];

	if (!dsa_is_wrong(m, DSA_FAULT_IDPT_UNLOCKED)) {
		if (q[0] & DSA_IDPT_USABLE)
			writable = 0;
		else if (q[0] & DSA_IDPT_ALLOW_UPDATE)
			writable &= word == DSA_IDPT_BITMAP ? UINT64_MAX : word ? 0 : DSA_IDPT_SUBMITTER;
	}
	if (!word)
		writable |= CONTROL;
	mask &= writable;
	q[word] = (q[word] & ~mask) | (value & mask);
}

/* ---- handles ---- */

uint16_t dsa_idpt_grant(struct dsa_model *m, unsigned index, bool granted)
{
	struct dsa_idpt_entry *entry = &m->idpt[index];

	/* A number of its own each time, which is never the entry's own one. */
	if (granted && !entry->granted)
		entry->generation = (uint8_t)(entry->generation % UINT8_MAX + 1);
	entry->granted = granted;
	return (uint16_t)((unsigned)entry->generation << 8 | index);
}

static struct dsa_idpt_entry *entry_of(struct dsa_model *m, uint16_t handle)
{
	struct dsa_idpt_entry *entry;

	if (!m->config.cmdcap)
		return handle < DSA_MODEL_IDPT ? &m->idpt[handle] : NULL;
	entry = &m->idpt[handle % DSA_MODEL_IDPT];
	if (dsa_is_wrong(m, DSA_FAULT_IDPT_HANDLE_STALE))
		return entry;
	return entry->granted && handle >> 8 == entry->generation ? entry : NULL;
}

_Static_assert(DSA_MODEL_IDPT == 256, "the lower half of a handle is an entry's number");

/* ---- the bitmap of submitters ---- */

static bool read_line(struct dsa_model *m, uint64_t address, uint8_t bytes[DSA_MODEL_BITMAP_LINE])
{
	const struct dsa_env env = {
	        .memory = &m->ops->memory,
	        .memory_ctx = m->ctx,
	        .who = {.pasid = m->idbr & DSA_IDBR_PASID_EN ? FIELD_GET(DSA_IDBR_PASID, m->idbr) : DSA_NO_PASID,
	                .priv = (m->idbr & DSA_IDBR_PRIV) != 0,
	                .ats = m->pci.ats},
	        .fault = m->config.fault,
	};
	uint64_t fault_addr;

	return !dsa_mem_read(&env, address, bytes, DSA_MODEL_BITMAP_LINE, NULL, &fault_addr);
}

/* The bit of the PASID. A page that cannot be read has none. */
static bool in_bitmap(struct dsa_model *m, uint64_t bitmap, uint32_t pasid)
{
	const uint64_t byte = bitmap + pasid / 8, address = byte & ~(uint64_t)(DSA_MODEL_BITMAP_LINE - 1);
	const unsigned bit = dsa_is_wrong(m, DSA_FAULT_IDPT_BITMAP_BIT) ? 7 - pasid % 8 : pasid % 8;
	struct dsa_bitmap_line *line = &m->bitmap_cache[address / DSA_MODEL_BITMAP_LINE % ARRAY_SIZE(m->bitmap_cache)];

	if (!line->valid || line->address != address || !m->config.cmdcap) {
		struct dsa_bitmap_line fresh = {.address = address};

		fresh.valid = read_line(m, address, fresh.bytes);
		*line = fresh;
	}
	return line->valid && line->bytes[byte % DSA_MODEL_BITMAP_LINE] >> bit & 1;
}

void dsa_bitmap_invalidate(struct dsa_model *m, uint64_t address, uint32_t size)
{
	for (unsigned i = 0; i < ARRAY_SIZE(m->bitmap_cache) && !dsa_is_wrong(m, DSA_FAULT_IDPT_BITMAP_STALE); i++) {
		struct dsa_bitmap_line *line = &m->bitmap_cache[i];

		if (address - line->address < DSA_MODEL_BITMAP_LINE || line->address - address < size)
			line->valid = false;
	}
}

/* ---- who may do what ---- */

/* Fields that are reserved, each in its own case; and a window that is one. */
static bool well_formed(const uint64_t q[DSA_IDPT_QWORDS])
{
	const uint64_t type = FIELD_GET(DSA_IDPT_TYPE, q[0]);
	const uint64_t base = q[DSA_IDPT_WINDOW_BASE], size = q[DSA_IDPT_WINDOW_SIZE];

	if (type > DSA_IDPT_MULTI || (type == DSA_IDPT_MULTI ? (q[0] & DSA_IDPT_SUBMITTER) : q[DSA_IDPT_BITMAP]))
		return false;
	if (!(q[0] & DSA_IDPT_WINDOW))
		return !base && !size && !(q[0] & DSA_IDPT_OFFSET_MODE);
	return size && base + (size - 1) >= base;
}

static bool submitter_ok(const struct dsa_env *env, const struct dsa_raw_desc *desc, const uint64_t q[DSA_IDPT_QWORDS])
{
	struct dsa_model *m = env->run->m;
	bool allowed;

	if (FIELD_GET(DSA_IDPT_TYPE, q[0]) == DSA_IDPT_SINGLE)
		return FIELD_GET(DSA_IDPT_SUBMITTER, q[0]) == env->who.pasid ||
		       dsa_is_wrong(m, DSA_FAULT_IDPT_SUBMITTER);
	allowed = in_bitmap(m, q[DSA_IDPT_BITMAP], env->who.pasid);
	dsa_perfmon_engine(m, env->run->slot, desc, DSA_EVENTS_ENGINE,
	                   allowed ? DSA_EVENT_BITMAP_ALLOWED : DSA_EVENT_BITMAP_DENIED);
	return allowed || dsa_is_wrong(m, DSA_FAULT_IDPT_BITMAP_IGNORED);
}

/* Whether size bytes from address on are in the window. */
static bool in_window(const struct dsa_model *m, const uint64_t q[DSA_IDPT_QWORDS], uint64_t address, uint64_t size)
{
	const uint64_t base = q[0] & DSA_IDPT_OFFSET_MODE ? 0 : q[DSA_IDPT_WINDOW_BASE];
	const uint64_t length = q[DSA_IDPT_WINDOW_SIZE] + dsa_is_wrong(m, DSA_FAULT_IDPT_WINDOW_END);

	if (!(q[0] & DSA_IDPT_WINDOW) || dsa_is_wrong(m, DSA_FAULT_IDPT_WINDOW_IGNORED))
		return true;
	return address >= base && address - base < length && size <= length - (address - base);
}

static bool writes(uint8_t opcode, unsigned operand)
{
	return operand == 1 && (opcode == DSA_OP_ID_COPY || opcode == DSA_OP_ID_FILL);
}

/* Gives operand n the domain of the handle's entry. Returns 0 or the status. */
static uint8_t open_domain(struct dsa_env *env, const struct dsa_raw_desc *desc, unsigned n, uint16_t handle)
{
	struct dsa_model *m = env->run->m;
	struct dsa_idpt_entry *entry = entry_of(m, handle);
	uint64_t q[DSA_IDPT_QWORDS];
	bool relative;

	if (!entry || !well_formed(entry->q))
		return DSA_COMP_ID_HANDLE;
	/* As it is now: whoever changes it meanwhile is late. */
	memcpy(q, entry->q, sizeof(q));
	if (!(q[0] & DSA_IDPT_USABLE) && !dsa_is_wrong(m, DSA_FAULT_IDPT_UNUSABLE))
		return DSA_COMP_ID_HANDLE;
	if (!submitter_ok(env, desc, q))
		return DSA_COMP_ID_HANDLE;
	if (!(q[0] & (writes(dsa_desc_opcode(desc), n) ? DSA_IDPT_WRITE : DSA_IDPT_READ)) &&
	    !dsa_is_wrong(m, DSA_FAULT_IDPT_PERMISSION))
		return DSA_COMP_ID_PERMISSION;
	if (!in_window(m, q, dsa_desc_u64(desc, 16 + 8 * n), dsa_desc_size(desc)))
		return DSA_COMP_ID_WINDOW;
	relative = (q[0] & DSA_IDPT_OFFSET_MODE) && !dsa_is_wrong(m, DSA_FAULT_IDPT_OFFSET_IGNORED);
	env->domain[n] = (struct dsa_domain){
	        .used = true,
	        .who = {.pasid = (uint32_t)FIELD_GET(DSA_IDPT_ACCESS, q[0]),
	                .priv = env->who.priv && (q[0] & DSA_IDPT_PRIV),
	                .ats = env->who.ats},
	        .base = relative ? q[DSA_IDPT_WINDOW_BASE] : 0,
	        .hidden = (q[0] & DSA_IDPT_OFFSET_MODE) != 0,
	        .handle = handle,
	        .entry = (uint16_t)(entry - m->idpt),
	};
	entry->users++;
	return 0;
}

static void name_handle(const struct dsa_env *env, struct dsa_result *result, uint16_t handle)
{
	if (env->fault != DSA_FAULT_IDPT_HANDLE_UNNAMED)
		dsa_put_le(result->specific, handle, 2);
}

uint8_t dsa_idpt_open(struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result)
{
	static const uint32_t flags[] = {DSA_FLAG_ALTERNATE1, DSA_FLAG_ALTERNATE2};
	static const unsigned fields[] = {DSA_DESC_IDPT_HANDLE1, DSA_DESC_IDPT_HANDLE2};

	if (!dsa_is_inter_domain(dsa_desc_opcode(desc)))
		return 0;
	for (unsigned n = 0; n < ARRAY_SIZE(flags); n++) {
		const uint16_t handle = dsa_desc_u16(desc, fields[n]);
		uint8_t status;

		if (!(dsa_desc_flags(desc) & flags[n]))
			continue;
		status = open_domain(env, desc, n, handle);
		if (!status)
			continue;
		dsa_idpt_close(env, result);
		name_handle(env, result, handle);
		return status;
	}
	return 0;
}

void dsa_idpt_close(struct dsa_env *env, struct dsa_result *result)
{
	const struct dsa_domain *faulted = &env->domain[result->operand == DSA_OPERAND_SOURCE ? 0 : 1];

	if (faulted->used && dsa_is_page_fault(result->status & (uint8_t)~DSA_COMP_STATUS_WRITE)) {
		name_handle(env, result, faulted->handle);
		if (faulted->hidden)
			result->fault_addr = 0;
	}
	for (unsigned n = 0; n < ARRAY_SIZE(env->domain); n++) {
		struct dsa_idpt_entry *entry = &env->run->m->idpt[env->domain[n].entry];

		if (env->domain[n].used && entry->users)
			entry->users--;
		env->domain[n].used = false;
	}
}

/* ---- Update Window (3.14.5, 8.3.27) ---- */

void dsa_run_update_window(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result)
{
	const uint16_t handle = dsa_desc_u16(desc, DSA_DESC_IDPT_HANDLE2);
	const uint64_t flags = dsa_desc_byte(desc, DSA_DESC_WINDOW_FLAGS);
	struct dsa_model *m = env->run->m;
	struct dsa_idpt_entry *entry = entry_of(m, handle);
	uint64_t *q;

	result->status = DSA_COMP_SUCCESS;
	if (!entry || !well_formed(entry->q) ||
	    (!(entry->q[0] & DSA_IDPT_ALLOW_UPDATE) && !dsa_is_wrong(m, DSA_FAULT_UPDATE_UNASKED)) ||
	    (FIELD_GET(DSA_IDPT_ACCESS, entry->q[0]) != env->who.pasid && !dsa_is_wrong(m, DSA_FAULT_UPDATE_FOREIGN))) {
		result->status = DSA_COMP_ID_UPDATE;
		name_handle(env, result, handle);
		return;
	}
	if (dsa_is_wrong(m, DSA_FAULT_UPDATE_LOST))
		return;
	q = entry->q;
	q[0] &= ~WINDOW_BITS;
	q[0] |= flags & DSA_WINDOW_READ ? DSA_IDPT_READ : 0;
	q[0] |= flags & DSA_WINDOW_WRITE ? DSA_IDPT_WRITE : 0;
	q[0] |= flags & DSA_WINDOW_ENABLE ? DSA_IDPT_WINDOW : 0;
	q[0] |= flags & DSA_WINDOW_OFFSET_MODE ? DSA_IDPT_OFFSET_MODE : 0;
	q[DSA_IDPT_WINDOW_BASE] = dsa_desc_u64(desc, 16);
	q[DSA_IDPT_WINDOW_SIZE] = dsa_desc_u64(desc, 24);
	/* Who found the window as it was ends first; a drain may wait for more than it has to. */
	while (entry->users && !(dsa_desc_flags(desc) & DSA_FLAG_SUPPRESS_DRAIN) && dsa_pause(env->run, 10000))
		;
}
