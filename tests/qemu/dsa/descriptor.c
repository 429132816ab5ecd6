/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One descriptor from its checks to its end, in a WQ or in a batch: record, interrupt, or a report (3.5, 3.6, 5). */
#include <string.h>

#include "tests/qemu/dsa/engine.h"
#include "tests/qemu/dsa/ops.h"

static bool handle_ok(const struct dsa_env *env, uint16_t handle)
{
	return dsa_handle_ok(env->run->m, &env->run->entry, env->who.pasid != DSA_NO_PASID, handle);
}

static bool given_up(const struct dsa_env *env)
{
	return dsa_is_lost(env->run) || env->run->slot->abandoned;
}

static void fill_env(struct dsa_run *run, struct dsa_env *env)
{
	struct dsa_model *m = run->m;
	const struct dsa_entry *entry = &run->entry;
	const struct dsa_wq *wq = &m->wqs[run->wq];

	*env = (struct dsa_env){
	        .memory = &dsa_perfmon_memory,
	        .memory_ctx = m,
	        .who = {.pasid = entry->pasid,
	                .priv = entry->priv,
	                .ats = m->pci.ats && !(wq->cfg[2] & DSA_WQCFG2_ATS_DISABLE)},
	        .gencap = dsa_gencap(m),
	        .max_xfer = FIELD_GET(DSA_WQCFG3_MAX_XFER, wq->cfg[3]),
	        .max_batch = FIELD_GET(DSA_WQCFG3_MAX_BATCH, wq->cfg[3]),
	        .bof = (wq->cfg[2] & DSA_WQCFG2_BOF) != 0,
	        .rci_reserved = !(m->gencfg & DSA_GENCFG_USER_INT) && entry->pasid != DSA_NO_PASID && !entry->priv,
	        .unmapped = dsa_unmapped_classes(m, run->slot->engine),
	        .run = run,
	        .ask = dsa_may_ask(m, wq) ? dsa_ask_page : NULL,
	        .blocks = true,
	        .given_up = given_up,
	        .fault = m->config.fault,
	        .handle_ok = handle_ok,
	};
	for (unsigned i = 0; i < ARRAY_SIZE(env->opcap); i++)
		env->opcap[i] =
		        dsa_is_wrong(m, DSA_FAULT_OPCFG_IGNORED) ? dsa_opcap(m, i) : dsa_wq_opcodes(m, run->wq, i);
}

static uint8_t code_of(const struct dsa_result *r)
{
	return r->status & (uint8_t)~DSA_COMP_STATUS_WRITE;
}

/* Statuses that are told to nobody who did not ask. */
static bool is_quiet(uint8_t code)
{
	return code == DSA_COMP_SUCCESS || code == DSA_COMP_SUCCESS_PRED || code == DSA_COMP_BATCH_FAIL;
}

/* Whether its completion record is to be written (3.6). */
static bool has_record(const struct dsa_env *env, const struct dsa_raw_desc *desc, const struct dsa_result *r)
{
	const uint32_t flags = dsa_desc_flags(desc);

	return (flags & IDXD_OP_FLAG_CRAV) &&
	       ((flags & IDXD_OP_FLAG_RCR) || !is_quiet(code_of(r)) || env->fault == DSA_FAULT_RECORD_UNASKED);
}

static bool wants_interrupt(const struct dsa_env *env, const struct dsa_raw_desc *desc)
{
	return ((dsa_desc_flags(desc) & IDXD_OP_FLAG_RCI) || env->fault == DSA_FAULT_INTERRUPT_UNASKED) &&
	       !env->rci_reserved;
}

/*
 * The error r in SWERROR or the event log. record: how the descriptor itself ended, whose completion record the event
 * log can hold (NULL: it has none).
 */
static void report(const struct dsa_env *env, const struct dsa_place *at, const struct dsa_raw_desc *desc,
                   const struct dsa_result *r, const struct dsa_result *record)
{
	struct dsa_run *run = env->run;
	struct dsa_error error = {
	        .code = code_of(r),
	        .wq_valid = true,
	        .wq = (uint8_t)run->wq,
	        .entry = &run->entry,
	        .opcode = dsa_desc_opcode(desc),
	        .in_batch = at->in_batch,
	        .batch_index = at->batch_index,
	        .write = (r->status & DSA_COMP_STATUS_WRITE) != 0,
	        .address = r->fault_addr,
	        .operand = r->operand,
	        .handle = dsa_desc_handle(desc),
	        .rci = wants_interrupt(env, desc),
	        .batch = at->batch,
	        .run = run,
	};
	uint8_t bytes[DSA_CR_SIZE];

	if (error.code == DSA_COMP_INVALID_FLAGS)
		error.flags = (uint32_t)dsa_get_le(r->specific, 3);
	if (dsa_is_inter_domain(error.opcode) || error.opcode == DSA_OP_UPDATE_WINDOW)
		error.idpt_handle = (uint16_t)dsa_get_le(r->specific, 2);
	if (record && has_record(env, desc, record)) {
		dsa_record_bytes(env, record, bytes);
		error.record = bytes;
	}
	dsa_report_error(run->m, &error);
}

void dsa_record_bytes(const struct dsa_env *env, const struct dsa_result *r, uint8_t record[DSA_CR_SIZE])
{
	const uint32_t operand = env->fault == DSA_FAULT_FAULT_OPERAND ? DSA_OPERAND_SOURCE : r->operand;

	memset(record, 0, DSA_CR_SIZE);
	record[0] = r->status;
	record[1] = r->result;
	if (env->gencap & DSA_GENCAP_FAULT_INFO && dsa_is_page_fault(code_of(r)))
		record[2] = (uint8_t)(FIELD_PREP(DSA_CR_FAULT_OPERAND, operand) | DSA_CR_FAULT_MASKED);
	memcpy(record + 4, &r->bytes, 4);
	memcpy(record + 8, &r->fault_addr, 8);
	memcpy(record + 16, r->specific, 16);
}

/* The record, its first quadword (which holds the status) last. Returns 0, or the status of the failed write. */
static uint8_t write_record(const struct dsa_env *env, uint64_t addr, const struct dsa_result *r, uint64_t *fault_addr)
{
	uint8_t record[DSA_CR_SIZE];
	uint8_t status;

	dsa_record_bytes(env, r, record);
	status = dsa_mem_write(env, addr + 8, record + 8, DSA_CR_SIZE - 8, NULL, fault_addr);
	if (!status)
		status = dsa_mem_write(env, addr, record, 8, NULL, fault_addr);
	return status;
}

static void make_wrong(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *r)
{
	if (env->fault == DSA_FAULT_COMPLETION_STATUS && r->status == DSA_COMP_SUCCESS)
		r->status = DSA_COMP_SUCCESS_PRED;
	if (env->fault == DSA_FAULT_COMPLETION_BYTES && r->status == DSA_COMP_SUCCESS && !r->bytes)
		r->bytes = dsa_desc_size(desc);
}

/* What cannot be said at the completion record's address goes to the event log, with all of the record (5.9). */
static void log_end(const struct dsa_env *env, const struct dsa_place *at, const struct dsa_raw_desc *desc,
                    uint8_t code, const struct dsa_result *r)
{
	const struct dsa_result end = {.status = code, .fault_addr = dsa_desc_cr(desc), .operand = DSA_OPERAND_RECORD};

	report(env, at, desc, &end, r);
}

/* The ends that are for the event log: software writes their record and raises their interrupt. */
static bool ends_in_log(const struct dsa_env *env, const struct dsa_place *at, const struct dsa_raw_desc *desc,
                        const struct dsa_result *r)
{
	if (!dsa_evl_on(env->run->m))
		return false;
	if (dsa_desc_opcode(desc) == DSA_OPCODE_DRAIN && r->status == DSA_COMP_SUCCESS && !env->ask &&
	    env->fault != DSA_FAULT_EVL_DRAIN_RECORD) {
		log_end(env, at, desc, DSA_COMP_EVL_DRAIN, r);
		return true;
	}
	if (at->batch && !at->in_batch && at->batch->logged) {
		log_end(env, at, desc, DSA_COMP_EVL_BATCH, r);
		return true;
	}
	return false;
}

/* Returns whether the record is where it belongs, or nobody wants one. */
static bool deliver_record(const struct dsa_env *env, const struct dsa_place *at, const struct dsa_raw_desc *desc,
                           const struct dsa_result *r)
{
	struct dsa_run *run = env->run;
	uint64_t fault_addr;

	if (!has_record(env, desc, r) || env->fault == DSA_FAULT_COMPLETION_LOST)
		return true;
	if (!write_record(env, dsa_desc_cr(desc), r, &fault_addr)) {
		dsa_perfmon_engine(run->m, run->slot, desc, DSA_EVENTS_COMPLETION, DSA_EVENT_RECORD);
		return true;
	}
	if (!given_up(env))
		log_end(env, at, desc, DSA_COMP_CRA_XLAT | DSA_COMP_STATUS_WRITE, r);
	return false;
}

/* The end of a descriptor. */
static void finish(const struct dsa_env *env, const struct dsa_place *at, const struct dsa_raw_desc *desc,
                   struct dsa_result *r)
{
	const uint8_t code = code_of(r);

	if (given_up(env))
		return;
	dsa_perfmon_ended(env->run->m, env->run->slot, desc, r->status);
	make_wrong(env, desc, r);
	if (ends_in_log(env, at, desc, r))
		return;
	if (dsa_desc_flags(desc) & IDXD_OP_FLAG_CRAV) {
		if (!deliver_record(env, at, desc, r))
			return;
		if (code == DSA_COMP_INT_HANDLE_INVAL || code == DSA_COMP_TRANSLATION_FAIL)
			report(env, at, desc, r, r);
	} else if (!is_quiet(code)) {
		report(env, at, desc, r, NULL);
	}
	if (env->fault == DSA_FAULT_CHILD_INTERRUPT_LOST && at->in_batch)
		return;
	/* Another check may have failed before that of the handle: nobody gets at an entry that is not theirs. */
	if (!given_up(env) && wants_interrupt(env, desc) && env->handle_ok(env, dsa_desc_handle(desc)))
		dsa_completion_interrupt(env->run->m, env->run->entry.ims, dsa_desc_handle(desc));
}

/* Whether a virtual channel has the record's traffic class. */
static bool record_class_good(const struct dsa_env *env, const struct dsa_raw_desc *desc)
{
	const unsigned class = (dsa_desc_flags(desc) & IDXD_OP_FLAG_CR_TCS) ? 1 : 0;

	return !(env->unmapped & BIT32(class)) || env->fault == DSA_FAULT_CLASS_UNCHECKED;
}

/*
 * The checks of the completion record's address and of privilege: their failure leaves no record (5.4). With the event
 * log an address that is not there is found when the record is to be written, and the log then has all of it.
 */
static uint8_t unreportable(const struct dsa_env *env, const struct dsa_raw_desc *desc)
{
	const struct dsa_model *m = env->run->m;
	uint64_t fault;

	if (env->run->entry.priv && !dsa_wq_dedicated(&m->wqs[env->run->wq]) && !m->pci.pasid_priv)
		return DSA_COMP_PRIV_BAD;
	if (!(dsa_desc_flags(desc) & IDXD_OP_FLAG_CRAV))
		return 0;
	if (!IS_ALIGNED(dsa_desc_cr(desc), DSA_CR_SIZE) && env->fault != DSA_FAULT_CR_ALIGN_UNCHECKED)
		return DSA_COMP_CRA_ALIGN;
	if (!record_class_good(env, desc))
		return DSA_COMP_TRAFFIC_CLASS_CONF;
	if (!dsa_evl_on(m) && dsa_mem_probe(env, dsa_desc_cr(desc), true, &fault))
		return DSA_COMP_CRA_XLAT | DSA_COMP_STATUS_WRITE;
	return 0;
}

/* What is before a drain has ended: see dsa_wq_pick(). Left are the addresses that it may have to read (8.3.3). */
static void run_drain(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *r)
{
	static const struct {
		uint32_t flag;
		unsigned field;
		uint8_t operand;
	} readbacks[] = {{DSA_FLAG_READBACK1, 2, DSA_OPERAND_SOURCE}, {DSA_FLAG_READBACK2, 3, DSA_OPERAND_SOURCE2}};

	r->status = DSA_COMP_SUCCESS;
	for (size_t i = 0; i < ARRAY_SIZE(readbacks); i++) {
		uint8_t status, byte;

		if (!(dsa_desc_flags(desc) & readbacks[i].flag))
			continue;
		status = dsa_mem_read(env, desc->field[readbacks[i].field], &byte, 1, NULL, &r->fault_addr);
		if (!status)
			continue;
		r->operand = readbacks[i].operand;
		r->status = dsa_is_page_fault(status) ? DSA_COMP_PFAULT_RDBA : status;
		return;
	}
}

static void run_checked(struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *r)
{
	struct dsa_run *run = env->run;

	dsa_perfmon_operation(run->m, run->slot, desc);
	if (dsa_desc_opcode(desc) == DSA_OPCODE_BATCH) {
		dsa_run_batch(env, desc, r);
	} else if (dsa_desc_opcode(desc) == DSA_OPCODE_DRAIN) {
		run_drain(env, desc, r);
	} else if (dsa_desc_opcode(desc) == DSA_OP_UPDATE_WINDOW) {
		dsa_run_update_window(env, desc, r);
	} else if (env->fault == DSA_FAULT_COMPLETION_EMPTY) {
		r->status = DSA_COMP_SUCCESS;
	} else {
		env->blocks = (dsa_desc_flags(desc) & IDXD_OP_FLAG_BOF) != 0;
		dsa_execute(env, desc, r);
		dsa_perfmon_data(run->m, run->slot, desc);
		env->blocks = true;
	}
}

/* Returns its status. */
static uint8_t run_one(struct dsa_env *env, struct dsa_place *at, const struct dsa_raw_desc *desc)
{
	struct dsa_run *run = env->run;
	struct dsa_result r = {.status = unreportable(env, desc)};

	if (given_up(env))
		return DSA_COMP_HW_ERR1;
	if (r.status) {
		r.fault_addr = dsa_desc_cr(desc);
		r.operand = DSA_OPERAND_RECORD;
		report(env, at, desc, &r, NULL);
		return r.status;
	}
	if (at->in_batch)
		dsa_perfmon_engine(run->m, run->slot, desc, DSA_EVENTS_ENGINE, DSA_EVENT_FROM_BATCH);
	r.status = dsa_check_descriptor(env, desc, &r);
	if (!r.status && !at->in_batch)
		r.status = dsa_injected_status(run->m, run->slot->injection);
	if (!r.status)
		r.status = dsa_idpt_open(env, desc, &r);
	if (!r.status) {
		if (run->slot->kind == DSA_SLOT_BATCH)
			at->batch = &run->slot->batch;
		run_checked(env, desc, &r);
		dsa_idpt_close(env, &r);
	} else if (env->fault == DSA_FAULT_BATCH_NESTED && at->in_batch && dsa_desc_opcode(desc) == DSA_OPCODE_BATCH) {
		r.status = DSA_COMP_SUCCESS;
	}
	finish(env, at, desc, &r);
	return r.status;
}

void dsa_run_entry(struct dsa_run *run)
{
	struct dsa_slot *slot = run->slot, *parent = slot->parent;
	struct dsa_place at = {
	        .batch = parent ? &parent->batch : NULL, .in_batch = parent != NULL, .batch_index = slot->batch_index};
	struct dsa_env env;
	uint8_t status;

	fill_env(run, &env);
	env.in_batch = at.in_batch;
	status = run_one(&env, &at, &run->entry.desc);
	/* A batch is there until its descriptors have ended. */
	if (parent && status != DSA_COMP_SUCCESS && !dsa_is_lost(run))
		parent->batch.failed = true;
	(void)dsa_batch_wait(run);
}
