/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What performance monitoring counts: the architectural events of categories 0 to 4, and in version 2 to 5, as far as
 * the model sees them. Its registers are in perfmon_regs.c. Data is what operations really read and write, in whole
 * units for each descriptor; records, lists of descriptors and readbacks are no data.
 *
 * An event that has no WQ, engine, traffic class, page or transfer size passes the filter of it. Of the events of
 * version 2, discarded writes are posted ones for which a WQ had no room for another reason than being full; and "data
 * read" is all that an operation reads, readbacks and CRC seeds too, in the same units as its input.
 */
#include "tests/qemu/dsa/model.h"
#include "tests/qemu/dsa/ops.h"

/* ---- counting ---- */

/* The bit of the transfer size filter. */
static int size_class(int64_t size)
{
	static const int64_t below[] = {512, 2048, 4096, 16384, INT64_C(1) << 20, INT64_C(1) << 26, INT64_C(1) << 30};
	int n = 0;

	while ((size_t)n < ARRAY_SIZE(below) && size >= below[n])
		n++;
	return n;
}

/* The bit of the page size filter. */
static int page_class(uint64_t bytes)
{
	return bytes < UINT64_C(1) << 21 ? 0 : bytes < UINT64_C(1) << 30 ? 1 : 2;
}

static bool passes(const struct dsa_counter *counter, unsigned filter, int bit)
{
	return bit < 0 || (counter->filter[filter] & BIT32(bit));
}

static bool passes_pasid(const struct dsa_model *m, const struct dsa_counter *counter, uint32_t pasid)
{
	const uint32_t filter = counter->filter[DSA_FILTER_PASID];

	if (!m->config.version2)
		return true;
	switch (FIELD_GET(DSA_FLTCFG_PASID_MODE, filter)) {
	case DSA_FLTCFG_PASID_ONE:
		return pasid == FIELD_GET(DSA_FLTCFG_PASID, filter) ||
		       (pasid != DSA_NO_PASID && dsa_is_wrong(m, DSA_FAULT_PERF_ANY_PASID));
	case DSA_FLTCFG_PASID_ANY:
		return pasid != DSA_NO_PASID;
	case DSA_FLTCFG_PASID_NONE:
		return pasid == DSA_NO_PASID;
	default:
		return true;
	}
}

static bool counts(const struct dsa_model *m, const struct dsa_counter *counter, const struct dsa_counted *event)
{
	if (!(counter->cfg & DSA_CNTRCFG_ENABLE) || FIELD_GET(DSA_CNTRCFG_CATEGORY, counter->cfg) != event->category ||
	    !(dsa_perfmon_events(m, event->category) & event->event))
		return false;
	if (!(FIELD_GET(DSA_CNTRCFG_EVENTS, counter->cfg) & event->event) && !dsa_is_wrong(m, DSA_FAULT_PERF_ANY_EVENT))
		return false;
	if (dsa_is_wrong(m, DSA_FAULT_PERF_FILTER_IGNORED))
		return true;
	return passes(counter, DSA_FILTER_WQ, event->wq) && passes(counter, DSA_FILTER_ENGINE, event->engine) &&
	       passes(counter, DSA_FILTER_TC, event->tc) &&
	       passes(counter, DSA_FILTER_PAGE_SIZE, event->page ? page_class(event->page) : -1) &&
	       passes(counter, DSA_FILTER_TRANSFER_SIZE, event->size < 0 ? -1 : size_class(event->size)) &&
	       passes_pasid(m, counter, event->pasid);
}

void dsa_perfmon_count(struct dsa_model *m, const struct dsa_counted *event)
{
	const uint32_t frozen = m->perffrz; /* one that overflows freezes the others from the next event on */
	bool interrupt = false;

	for (unsigned c = 0; c < DSA_MODEL_COUNTERS; c++) {
		struct dsa_counter *counter = &m->counters[c];

		if (((frozen & BIT32(c)) && !dsa_is_wrong(m, DSA_FAULT_PERF_FREEZE_IGNORED)) ||
		    !counts(m, counter, event))
			continue;
		counter->data += event->amount;
		if (!(counter->data >> DSA_MODEL_COUNTER_WIDTH))
			continue;
		counter->data &= GENMASK64(DSA_MODEL_COUNTER_WIDTH - 1, 0);
		m->ovfstatus |= BIT32(c);
		if (counter->cfg & DSA_CNTRCFG_FREEZE_ALL)
			m->perffrz = BIT32(DSA_MODEL_COUNTERS) - 1;
		interrupt = interrupt || (counter->cfg & DSA_CNTRCFG_OVERFLOW_INT);
	}
	if (interrupt && !dsa_is_wrong(m, DSA_FAULT_PERF_OVERFLOW_SILENT))
		dsa_raise_cause(m, DSA_INTCAUSE_PERFMON);
}

void dsa_perfmon_portal(struct dsa_model *m, unsigned wq, bool limited, enum dsa_portal_end end, uint32_t pasid)
{
	uint32_t event = limited ? DSA_EVENT_SWQ_LIMITED : DSA_EVENT_SWQ;

	if (dsa_wq_dedicated(&m->wqs[wq]))
		event = DSA_EVENT_DWQ;
	if (end == DSA_PORTAL_FULL)
		event <<= 1;
	else if (end == DSA_PORTAL_DISCARDED)
		event = DSA_EVENT_DISCARDED;
	dsa_perfmon_count(m, &(struct dsa_counted){.category = DSA_EVENTS_WQ,
	                                           .event = event,
	                                           .amount = 1,
	                                           .wq = (int)wq,
	                                           .engine = -1,
	                                           .tc = -1,
	                                           .size = -1,
	                                           .pasid = pasid});
}

static int64_t transfer_size(const struct dsa_raw_desc *desc)
{
	switch (dsa_desc_opcode(desc)) {
	case DSA_OPCODE_NOOP:
	case DSA_OPCODE_BATCH:
	case DSA_OPCODE_DRAIN:
	case DSA_OP_TRANSLATION_FETCH:
	case DSA_OP_UPDATE_WINDOW:
		return -1;
	default:
		return dsa_desc_size(desc);
	}
}

static void count_engine(struct dsa_model *m, const struct dsa_slot *slot, const struct dsa_raw_desc *desc, int tc,
                         unsigned category, uint32_t event, uint64_t amount)
{
	dsa_perfmon_count(m, &(struct dsa_counted){.category = category,
	                                           .event = event,
	                                           .amount = amount,
	                                           .wq = (int)slot->wq,
	                                           .engine = (int)slot->engine,
	                                           .tc = tc,
	                                           .size = desc ? transfer_size(desc) : -1,
	                                           .pasid = slot->entry.pasid});
}

void dsa_perfmon_engine(struct dsa_model *m, const struct dsa_slot *slot, const struct dsa_raw_desc *desc,
                        unsigned category, uint32_t event)
{
	int tc = -1;

	if (!slot)
		return;
	if (category == DSA_EVENTS_COMPLETION && event == DSA_EVENT_RECORD)
		tc = dsa_traffic_class(m, slot->engine, dsa_desc_flags(desc) & IDXD_OP_FLAG_CR_TCS);
	count_engine(m, slot, desc, tc, category, event, 1);
}

void dsa_perfmon_operation(struct dsa_model *m, struct dsa_slot *slot, const struct dsa_raw_desc *desc)
{
	const uint8_t opcode = dsa_desc_opcode(desc);
	uint32_t event = 0;

	if (opcode <= DSA_OPCODE_DUALCAST)
		event = BIT32(opcode);
	else if (opcode >= DSA_OPCODE_CRCGEN && opcode <= DSA_OPCODE_DIF_UPDT)
		event = BIT32(opcode - DSA_OPCODE_CRCGEN + DSA_OPCODE_DUALCAST + 1);
	else if (opcode == DSA_OPCODE_CFLUSH)
		event = BIT32(16);
	else if (dsa_is_inter_domain(opcode))
		event = BIT32(opcode - DSA_OP_ID_COPY);
	else if (opcode == DSA_OP_UPDATE_WINDOW)
		event = DSA_EVENT_UPDATE_WINDOW;
	else if (opcode == DSA_OP_TRANSLATION_FETCH)
		event = BIT32(17);
	else if (opcode == DSA_OP_DIX_GENERATE)
		event = BIT32(18);
	slot->bytes_read = 0;
	slot->bytes_written = 0;
	dsa_perfmon_engine(m, slot, desc,
	                   dsa_is_inter_domain(opcode) || opcode == DSA_OP_UPDATE_WINDOW ? DSA_EVENTS_OPERATION2
	                                                                                 : DSA_EVENTS_OPERATION,
	                   event);
}

static uint64_t units(uint64_t bytes)
{
	return ALIGN_UP(bytes, DSA_EVENT_DATA_UNIT) / DSA_EVENT_DATA_UNIT;
}

void dsa_perfmon_data(struct dsa_model *m, const struct dsa_slot *slot, const struct dsa_raw_desc *desc)
{
	const uint8_t opcode = dsa_desc_opcode(desc);
	const uint64_t read = slot->bytes_read, out = slot->bytes_written;
	const uint32_t flags = dsa_desc_flags(desc);
	uint32_t destination = IDXD_OP_FLAG_ADDR2_TCS;
	uint64_t in = read;
	int tc;

	if (!slot->ticket || opcode == DSA_OPCODE_CFLUSH)
		return;
	/* A readback is of one byte. */
	if (out && (flags & IDXD_OP_FLAG_DRDBK)) {
		const uint64_t readbacks = opcode == DSA_OPCODE_DUALCAST ? 2 : 1;

		in -= in < readbacks ? in : readbacks;
	}
	if (opcode == DSA_OPCODE_CR_DELTA)
		destination = IDXD_OP_FLAG_ADDR3_TCS;
	if (in) {
		tc = dsa_traffic_class(m, slot->engine, flags & IDXD_OP_FLAG_ADDR1_TCS);
		count_engine(m, slot, desc, tc, DSA_EVENTS_ENGINE, DSA_EVENT_INPUT, units(in));
		count_engine(m, slot, desc, tc, DSA_EVENTS_ENGINE, DSA_EVENT_READER, 1);
		if (opcode == DSA_OPCODE_COMPARE || opcode == DSA_OP_ID_COMPARE || opcode == DSA_OPCODE_CR_DELTA) {
			tc = dsa_traffic_class(m, slot->engine, flags & IDXD_OP_FLAG_ADDR2_TCS);
			count_engine(m, slot, desc, tc, DSA_EVENTS_ENGINE, DSA_EVENT_READER2, 1);
		}
	}
	if (read) {
		tc = dsa_traffic_class(m, slot->engine, flags & IDXD_OP_FLAG_ADDR1_TCS);
		count_engine(m, slot, desc, tc, DSA_EVENTS_ENGINE, DSA_EVENT_READ, units(read));
	}
	if (out) {
		tc = dsa_traffic_class(m, slot->engine, flags & destination);
		count_engine(m, slot, desc, tc, DSA_EVENTS_ENGINE, DSA_EVENT_OUTPUT, units(out));
		count_engine(m, slot, desc, tc, DSA_EVENTS_ENGINE, DSA_EVENT_WRITER, 1);
		if (opcode == DSA_OPCODE_DUALCAST) {
			tc = dsa_traffic_class(m, slot->engine, flags & IDXD_OP_FLAG_ADDR3_TCS);
			count_engine(m, slot, desc, tc, DSA_EVENTS_ENGINE, DSA_EVENT_WRITER2, 1);
		}
	}
}

void dsa_perfmon_ended(struct dsa_model *m, const struct dsa_slot *slot, const struct dsa_raw_desc *desc,
                       uint8_t status)
{
	uint32_t event = DSA_EVENT_ERROR;

	status &= (uint8_t)~DSA_COMP_STATUS_WRITE;
	if (status == DSA_COMP_SUCCESS || status == DSA_COMP_SUCCESS_PRED)
		event = DSA_EVENT_SUCCESS;
	else if (status == DSA_COMP_PAGE_FAULT_NOBOF || status == DSA_COMP_PAGE_FAULT_IR)
		event = DSA_EVENT_PARTIAL;
	dsa_perfmon_engine(m, slot, desc, DSA_EVENTS_COMPLETION, event);
}

void dsa_model_translation(struct dsa_model *m, const struct dsa_requester *who, uint64_t bytes)
{
	const uint32_t event = who->pasid == DSA_NO_PASID ? DSA_EVENT_ATS : DSA_EVENT_ATS_PASID;

	if (!m->running)
		return;
	if (bytes && dsa_is_wrong(m, DSA_FAULT_PERF_PAGE_SIZE))
		bytes = 4096;
	dsa_perfmon_count(m, &(struct dsa_counted){.category = DSA_EVENTS_TRANSLATION,
	                                           .event = bytes ? event : event << 1,
	                                           .amount = 1,
	                                           .wq = (int)m->running->wq,
	                                           .engine = (int)m->running->engine,
	                                           .tc = -1,
	                                           .page = bytes,
	                                           .size = -1,
	                                           .pasid = who->pasid});
}

/* ---- memory, on its way to the embedder's ---- */

static int memory_read(void *ctx, const struct dsa_requester *who, uint64_t addr, void *buf, size_t len)
{
	struct dsa_model *m = ctx;
	int refused = m->ops->memory.read(m->ctx, who, addr, buf, len);

	if (!refused && m->running)
		m->running->bytes_read += len;
	return refused;
}

static int memory_write(void *ctx, const struct dsa_requester *who, uint64_t addr, const void *buf, size_t len)
{
	struct dsa_model *m = ctx;

	if (m->running)
		m->running->bytes_written += len;
	return m->ops->memory.write(m->ctx, who, addr, buf, len);
}

static int memory_translate(void *ctx, const struct dsa_requester *who, uint64_t addr, bool write)
{
	struct dsa_model *m = ctx;

	return m->ops->memory.translate(m->ctx, who, addr, write);
}

const struct dsa_memory_ops dsa_perfmon_memory = {memory_read, memory_write, memory_translate};
