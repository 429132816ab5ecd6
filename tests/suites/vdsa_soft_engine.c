/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What works off the descriptors of the software host: they are taken from its portal pages and done as a device would,
 * in the guest's memory, with completion records, errors and interrupts.
 */
#include "kernel/mem.h"
#include "kernel/smp.h"
#include "tests/suites/vdsa_soft.h"

static void raise_error(struct soft *s, const struct dsa_hw_desc *d, unsigned code)
{
	const uint64_t record[4] = {
	        DSA_SWERROR_VALID | DSA_SWERROR_DESC_VALID | DSA_SWERROR_WQ_VALID |
	                FIELD_PREP(DSA_SWERROR_WQ, (uint64_t)SOFT_WQ) | FIELD_PREP(DSA_SWERROR_CODE, (uint64_t)code) |
	                FIELD_PREP(DSA_SWERROR_OPCODE, (uint64_t)d->opcode) |
	                FIELD_PREP(DSA_SWERROR_PASID, (uint64_t)s->wq_pasid),
	        0,
	        d->completion_addr,
	        0,
	};

	(void)vdsa_host_error(&s->v, record);
}

/* The operation itself: a completion status. */
static unsigned operate(struct soft *s, const struct dsa_hw_desc *d, struct dsa_completion_record *record)
{
	void *to, *from;

	if (d->opcode == DSA_OPCODE_NOOP)
		return DSA_COMP_SUCCESS;
	if (d->opcode != DSA_OPCODE_MEMMOVE)
		return DSA_COMP_BAD_OPCODE;
	from = hv_ram_ptr(s->vm, d->src_addr, d->xfer_size);
	to = hv_ram_ptr(s->vm, d->dst_addr, d->xfer_size);
	if (!from || !to) {
		record->fault_addr = from ? d->dst_addr : d->src_addr;
		return DSA_COMP_PAGE_FAULT_NOBOF;
	}
	memmove(to, from, d->xfer_size);
	return DSA_COMP_SUCCESS;
}

/* Whether handle is one that this WQ's PASID may use (DSA 5.4). */
static bool may_interrupt(const struct soft *s, uint16_t handle)
{
	return s->ims_taken && handle == SOFT_SLOT && FIELD_GET(DSA_INTPERM_PASID, s->ims_control) == s->wq_pasid;
}

static void interrupt(struct soft *s)
{
	uint64_t state = soft_lock(s);
	bool masked = s->ims_control & DSA_IMS_CTRL_MASK;

	s->ims_pending |= masked;
	s->ims_due |= !masked;
	soft_unlock(s, state);
}

static void execute(struct soft *s, const struct dsa_hw_desc *d)
{
	struct dsa_completion_record record = {0}, *out;
	bool wants = d->flags & IDXD_OP_FLAG_RCI;
	unsigned status;

	s->executed++;
	out = hv_ram_ptr(s->vm, d->completion_addr, sizeof(*out));
	if (!(d->flags & IDXD_OP_FLAG_CRAV) || !out || d->completion_addr % sizeof(*out)) {
		raise_error(s, d, out ? DSA_COMP_CRA_ALIGN : DSA_COMP_CRA_XLAT);
		return;
	}
	status = wants && !may_interrupt(s, d->int_handle) ? DSA_COMP_INT_HANDLE_INVAL : operate(s, d, &record);
	memcpy((char *)out + 1, (const char *)&record + 1, sizeof(*out) - 1);
	__atomic_store_n(&out->status, (uint8_t)status, __ATOMIC_RELEASE);
	if (wants && status != DSA_COMP_INT_HANDLE_INVAL)
		interrupt(s);
}

/* A slot holds a descriptor once its first quadword, with flags and opcode, is there: see soft_store64(). */
void soft_poll(struct soft *s)
{
	if (__atomic_exchange_n(&s->busy, true, __ATOMIC_ACQUIRE))
		return;
	for (unsigned at = 0; at < VDSA_PORTALS * PAGE_SIZE; at += sizeof(struct dsa_hw_desc)) {
		uint8_t *slot = s->page[at / PAGE_SIZE] + at % PAGE_SIZE;
		struct dsa_hw_desc d;

		if (!__atomic_load_n((uint64_t *)slot, __ATOMIC_ACQUIRE))
			continue;
		memcpy(&d, slot, sizeof(d));
		memset(slot, 0, sizeof(d));
		if (s->wq_on)
			execute(s, &d);
		else
			s->dropped++;
	}
	__atomic_store_n(&s->busy, false, __ATOMIC_RELEASE);
}

static bool engine_stop;

static void run_engine(void *arg)
{
	while (!__atomic_load_n(&engine_stop, __ATOMIC_RELAXED))
		soft_poll(arg);
}

static void stop_engine(void *arg)
{
	(void)arg;
	__atomic_store_n(&engine_stop, true, __ATOMIC_RELAXED);
	(void)smp_wait(1, 1000);
}

void soft_engine_start(struct soft *s)
{
	engine_stop = false;
	EXPECT_OK(smp_start_work(1, run_engine, s));
	test_cleanup(stop_engine, NULL);
}
