/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Performance monitoring: the architectural events of categories 0 to 4, as far as the model sees them. How many
 * counters of which width Sapphire Rapids has is not public; these are plausible. Data is what operations really read
 * and write, in whole units for each descriptor; records, lists of descriptors and readbacks are no data.
 *
 * What the specification leaves open here: filters are locked while their counter is enabled, like the rest of its
 * configuration; PERFRST takes PERFFRZ along with the configuration and OVFSTATUS along with the counters.
 */
#include <string.h>

#include "tests/qemu/dsa/model.h"

#define WIDTH        48
#define CATEGORIES   5
#define ALL_COUNTERS GENMASK32(DSA_MODEL_COUNTERS - 1, 0)
/* All but the page size, which the model does not learn of. */
#define FILTERS \
	(BIT64(DSA_FILTER_WQ) | BIT64(DSA_FILTER_TC) | BIT64(DSA_FILTER_TRANSFER_SIZE) | BIT64(DSA_FILTER_ENGINE))

static const uint32_t events[CATEGORIES] = {
        [DSA_EVENTS_WQ] = 0x3f,           [DSA_EVENTS_ENGINE] = 0x3f,     [DSA_EVENTS_TRANSLATION] = 0x3f,
        [DSA_EVENTS_OPERATION] = 0x7ffff, [DSA_EVENTS_COMPLETION] = 0x3f,
};

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

static bool passes(const struct dsa_counter *counter, unsigned filter, int bit)
{
	return bit < 0 || (counter->filter[filter] & BIT32(bit));
}

static bool counts(const struct dsa_counter *counter, const struct dsa_counted *event)
{
	return (counter->cfg & DSA_CNTRCFG_ENABLE) &&
	       FIELD_GET(DSA_CNTRCFG_CATEGORY, counter->cfg) == event->category &&
	       (FIELD_GET(DSA_CNTRCFG_EVENTS, counter->cfg) & event->event) &&
	       passes(counter, DSA_FILTER_WQ, event->wq) && passes(counter, DSA_FILTER_ENGINE, event->engine) &&
	       passes(counter, DSA_FILTER_TC, event->tc) &&
	       passes(counter, DSA_FILTER_TRANSFER_SIZE, event->size < 0 ? -1 : size_class(event->size));
}

void dsa_perfmon_count(struct dsa_model *m, const struct dsa_counted *event)
{
	const uint32_t frozen = m->perffrz; /* one that overflows freezes the others from the next event on */
	bool interrupt = false;

	for (unsigned c = 0; c < DSA_MODEL_COUNTERS; c++) {
		struct dsa_counter *counter = &m->counters[c];

		if ((frozen & BIT32(c)) || !counts(counter, event))
			continue;
		counter->data += event->amount;
		if (!(counter->data >> WIDTH))
			continue;
		counter->data &= GENMASK64(WIDTH - 1, 0);
		m->ovfstatus |= BIT32(c);
		if (counter->cfg & DSA_CNTRCFG_FREEZE_ALL)
			m->perffrz = ALL_COUNTERS;
		interrupt = interrupt || (counter->cfg & DSA_CNTRCFG_OVERFLOW_INT);
	}
	if (interrupt)
		dsa_raise_cause(m, DSA_INTCAUSE_PERFMON);
}

void dsa_perfmon_portal(struct dsa_model *m, unsigned wq, bool limited, bool accepted)
{
	uint32_t event = limited ? DSA_EVENT_SWQ_LIMITED : DSA_EVENT_SWQ;

	if (dsa_wq_dedicated(&m->wqs[wq]))
		event = DSA_EVENT_DWQ;
	dsa_perfmon_count(m, &(struct dsa_counted){.category = DSA_EVENTS_WQ,
	                                           .event = accepted ? event : event << 1,
	                                           .amount = 1,
	                                           .wq = (int)wq,
	                                           .engine = -1,
	                                           .tc = -1,
	                                           .size = -1});
}

static int64_t transfer_size(const struct dsa_raw_desc *desc)
{
	switch (dsa_desc_opcode(desc)) {
	case DSA_OPCODE_NOOP:
	case DSA_OPCODE_BATCH:
	case DSA_OPCODE_DRAIN:
	case DSA_OP_TRANSLATION_FETCH:
		return -1;
	default:
		return dsa_desc_size(desc);
	}
}

static void count_engine(struct dsa_model *m, const struct dsa_engine *engine, const struct dsa_raw_desc *desc, int tc,
                         unsigned category, uint32_t event, uint64_t amount)
{
	dsa_perfmon_count(m, &(struct dsa_counted){.category = category,
	                                           .event = event,
	                                           .amount = amount,
	                                           .wq = (int)engine->wq,
	                                           .engine = (int)(engine - m->engines),
	                                           .tc = tc,
	                                           .size = desc ? transfer_size(desc) : -1});
}

void dsa_perfmon_engine(struct dsa_model *m, const struct dsa_engine *engine, const struct dsa_raw_desc *desc,
                        unsigned category, uint32_t event)
{
	int tc = -1;

	if (!engine)
		return;
	if (category == DSA_EVENTS_COMPLETION && event == DSA_EVENT_RECORD)
		tc = dsa_traffic_class(m, engine, dsa_desc_flags(desc) & IDXD_OP_FLAG_CR_TCS);
	count_engine(m, engine, desc, tc, category, event, 1);
}

void dsa_perfmon_operation(struct dsa_model *m, struct dsa_engine *engine, const struct dsa_raw_desc *desc)
{
	const uint8_t opcode = dsa_desc_opcode(desc);
	uint32_t event = 0;

	if (opcode <= DSA_OPCODE_DUALCAST)
		event = BIT32(opcode);
	else if (opcode >= DSA_OPCODE_CRCGEN && opcode <= DSA_OPCODE_DIF_UPDT)
		event = BIT32(opcode - DSA_OPCODE_CRCGEN + DSA_OPCODE_DUALCAST + 1);
	else if (opcode == DSA_OPCODE_CFLUSH)
		event = BIT32(16);
	else if (opcode == DSA_OP_TRANSLATION_FETCH)
		event = BIT32(17);
	else if (opcode == DSA_OP_DIX_GENERATE)
		event = BIT32(18);
	engine->bytes_read = 0;
	engine->bytes_written = 0;
	dsa_perfmon_engine(m, engine, desc, DSA_EVENTS_OPERATION, event);
}

void dsa_perfmon_data(struct dsa_model *m, const struct dsa_engine *engine, const struct dsa_raw_desc *desc)
{
	const uint8_t opcode = dsa_desc_opcode(desc);
	uint64_t in = engine->bytes_read, out = engine->bytes_written;
	uint32_t destination = IDXD_OP_FLAG_ADDR2_TCS;
	int tc;

	if (!engine->busy || opcode == DSA_OPCODE_CFLUSH)
		return;
	/* A readback is of one byte. */
	if (out && (dsa_desc_flags(desc) & IDXD_OP_FLAG_DRDBK)) {
		const uint64_t readbacks = opcode == DSA_OPCODE_DUALCAST ? 2 : 1;

		in -= in < readbacks ? in : readbacks;
	}
	if (opcode == DSA_OPCODE_CR_DELTA)
		destination = IDXD_OP_FLAG_ADDR3_TCS;
	if (in) {
		tc = dsa_traffic_class(m, engine, dsa_desc_flags(desc) & IDXD_OP_FLAG_ADDR1_TCS);
		count_engine(m, engine, desc, tc, DSA_EVENTS_ENGINE, DSA_EVENT_INPUT,
		             ALIGN_UP(in, DSA_EVENT_DATA_UNIT) / DSA_EVENT_DATA_UNIT);
		count_engine(m, engine, desc, tc, DSA_EVENTS_ENGINE, DSA_EVENT_READER, 1);
	}
	if (out) {
		tc = dsa_traffic_class(m, engine, dsa_desc_flags(desc) & destination);
		count_engine(m, engine, desc, tc, DSA_EVENTS_ENGINE, DSA_EVENT_OUTPUT,
		             ALIGN_UP(out, DSA_EVENT_DATA_UNIT) / DSA_EVENT_DATA_UNIT);
		count_engine(m, engine, desc, tc, DSA_EVENTS_ENGINE, DSA_EVENT_WRITER, 1);
	}
}

void dsa_perfmon_ended(struct dsa_model *m, const struct dsa_engine *engine, const struct dsa_raw_desc *desc,
                       uint8_t status)
{
	uint32_t event = DSA_EVENT_ERROR;

	status &= (uint8_t)~DSA_COMP_STATUS_WRITE;
	if (status == DSA_COMP_SUCCESS || status == DSA_COMP_SUCCESS_PRED)
		event = DSA_EVENT_SUCCESS;
	else if (status == DSA_COMP_PAGE_FAULT_NOBOF)
		event = DSA_EVENT_PARTIAL;
	dsa_perfmon_engine(m, engine, desc, DSA_EVENTS_COMPLETION, event);
}

void dsa_model_translation(struct dsa_model *m, const struct dsa_requester *who, bool fault)
{
	uint32_t event = who->pasid == DSA_NO_PASID ? DSA_EVENT_ATS : DSA_EVENT_ATS_PASID;

	dsa_perfmon_engine(m, m->running, NULL, DSA_EVENTS_TRANSLATION, fault ? event << 1 : event);
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

/* ---- registers ---- */

static void reset_config(struct dsa_model *m)
{
	m->perffrz = 0;
	for (unsigned c = 0; c < DSA_MODEL_COUNTERS; c++) {
		m->counters[c].cfg = 0;
		for (unsigned f = 0; f < DSA_MODEL_FILTERS; f++)
			m->counters[c].filter[f] = FILTERS & BIT64(f) ? DSA_FLTCFG_MASK : 0;
	}
}

static void reset_counters(struct dsa_model *m)
{
	m->ovfstatus = 0;
	for (unsigned c = 0; c < DSA_MODEL_COUNTERS; c++)
		m->counters[c].data = 0;
}

void dsa_perfmon_reset(struct dsa_model *m)
{
	reset_config(m);
	reset_counters(m);
}

static uint32_t category_events(const struct dsa_model *m, unsigned category)
{
	const uint32_t version2 = BIT32(17) | BIT32(18);

	return category == DSA_EVENTS_OPERATION && !m->config.version2 ? events[category] & ~version2
	                                                               : events[category];
}

static uint64_t read64(const struct dsa_model *m, uint32_t offset)
{
	const uint64_t cap = FIELD_PREP(DSA_PERFCAP_COUNTERS, DSA_MODEL_COUNTERS) |
	                     FIELD_PREP(DSA_PERFCAP_WIDTH, WIDTH) | FIELD_PREP(DSA_PERFCAP_CATEGORIES, CATEGORIES) |
	                     FIELD_PREP(DSA_PERFCAP_CATEGORY_MAP, BIT64(CATEGORIES) - 1) |
	                     FIELD_PREP(DSA_PERFCAP_FILTERS, FILTERS) | DSA_PERFCAP_FREEZE | DSA_PERFCAP_OVERFLOW_INT;

	if (offset >= DSA_EVNTCAP(0) && offset < DSA_EVNTCAP(CATEGORIES))
		return category_events(m, (offset - DSA_EVNTCAP(0)) / 8);
	if (offset >= DSA_CNTRCFG(0) && offset < DSA_CNTRCFG(DSA_MODEL_COUNTERS))
		return m->counters[(offset - DSA_CNTRCFG(0)) / 8].cfg;
	if (offset >= DSA_CNTRDATA(0) && offset < DSA_CNTRDATA(DSA_MODEL_COUNTERS))
		return m->counters[(offset - DSA_CNTRDATA(0)) / 8].data;
	if (offset >= DSA_FLTCFG(0, 0) && offset < DSA_FLTCFG(DSA_MODEL_COUNTERS, 0)) {
		const struct dsa_counter *counter = &m->counters[(offset - DSA_FLTCFG(0, 0)) / DSA_FLTCFG_STRIDE];
		const unsigned f = (offset - DSA_FLTCFG(0, 0)) % DSA_FLTCFG_STRIDE / 4;

		return (f < DSA_MODEL_FILTERS ? counter->filter[f] : 0) |
		       (uint64_t)(f + 1 < DSA_MODEL_FILTERS ? counter->filter[f + 1] : 0) << 32;
	}
	switch (offset) {
	case DSA_PERFCAP:
		return cap;
	case DSA_PERFFRZ:
		return m->perffrz;
	case DSA_OVFSTATUS:
		return m->ovfstatus;
	default:
		return 0;
	}
}

uint32_t dsa_perfmon_read(const struct dsa_model *m, uint32_t offset)
{
	return (uint32_t)(read64(m, offset & ~7U) >> (offset & 4 ? 32 : 0));
}

static void write_filters(struct dsa_counter *counter, unsigned first, uint64_t value, uint64_t mask)
{
	if (counter->cfg & DSA_CNTRCFG_ENABLE)
		return;
	for (unsigned f = first; f < first + 2 && f < DSA_MODEL_FILTERS; f++) {
		const uint32_t writable = (uint32_t)(mask >> (f - first) * 32) & DSA_FLTCFG_MASK;

		if (FILTERS & BIT64(f))
			counter->filter[f] =
			        (counter->filter[f] & ~writable) | ((uint32_t)(value >> (f - first) * 32) & writable);
	}
}

static void write_config(struct dsa_counter *counter, uint64_t value, uint64_t mask)
{
	if (counter->cfg & DSA_CNTRCFG_ENABLE)
		mask &= DSA_CNTRCFG_ENABLE;
	else
		mask &= DSA_CNTRCFG_ENABLE | DSA_CNTRCFG_OVERFLOW_INT | DSA_CNTRCFG_FREEZE_ALL | DSA_CNTRCFG_CATEGORY |
		        DSA_CNTRCFG_EVENTS;
	counter->cfg = (counter->cfg & ~mask) | (value & mask);
}

void dsa_perfmon_write(struct dsa_model *m, uint32_t offset, uint64_t value, uint64_t mask)
{
	const uint32_t set = (uint32_t)(value & mask);

	if (offset >= DSA_CNTRCFG(0) && offset < DSA_CNTRCFG(DSA_MODEL_COUNTERS)) {
		write_config(&m->counters[(offset - DSA_CNTRCFG(0)) / 8], value, mask);
	} else if (offset >= DSA_CNTRDATA(0) && offset < DSA_CNTRDATA(DSA_MODEL_COUNTERS)) {
		struct dsa_counter *counter = &m->counters[(offset - DSA_CNTRDATA(0)) / 8];

		mask &= GENMASK64(WIDTH - 1, 0);
		if (!(counter->cfg & DSA_CNTRCFG_ENABLE))
			counter->data = (counter->data & ~mask) | (value & mask);
	} else if (offset >= DSA_FLTCFG(0, 0) && offset < DSA_FLTCFG(DSA_MODEL_COUNTERS, 0)) {
		write_filters(&m->counters[(offset - DSA_FLTCFG(0, 0)) / DSA_FLTCFG_STRIDE],
		              (offset - DSA_FLTCFG(0, 0)) % DSA_FLTCFG_STRIDE / 4, value, mask);
	} else if (offset == DSA_PERFRST) {
		if (set & DSA_PERFRST_CONFIG)
			reset_config(m);
		if (set & DSA_PERFRST_COUNTERS)
			reset_counters(m);
	} else if (offset == DSA_PERFFRZ) {
		m->perffrz = ((m->perffrz & ~(uint32_t)mask) | set) & ALL_COUNTERS;
	} else if (offset == DSA_OVFSTATUS) {
		m->ovfstatus &= ~set;
	}
}
