/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registers of performance monitoring (6, 9.2.25). How many counters of which width Sapphire Rapids has,
 * and with which filters, is not public; these are plausible.
 *
 * What the specification leaves open here: filters are locked while their counter is enabled, like the rest of its
 * configuration; PERFRST takes PERFFRZ along with the configuration and OVFSTATUS along with the counters.
 */
#include "tests/qemu/dsa/model.h"

#define CATEGORIES   6
#define ALL_COUNTERS (BIT32(DSA_MODEL_COUNTERS) - 1)
#define COUNT        GENMASK64(DSA_MODEL_COUNTER_WIDTH - 1, 0)

/* Events that there are, in version 1 and in version 2. */
static const uint32_t events[][CATEGORIES] = {
        {[DSA_EVENTS_WQ] = 0x3f,
         [DSA_EVENTS_ENGINE] = 0x3f,
         [DSA_EVENTS_TRANSLATION] = 0x3f,
         [DSA_EVENTS_OPERATION] = 0x1ffff,
         [DSA_EVENTS_COMPLETION] = 0x3f},
        {[DSA_EVENTS_WQ] = 0x7f,
         [DSA_EVENTS_ENGINE] = 0x7ff,
         [DSA_EVENTS_TRANSLATION] = 0x3f,
         [DSA_EVENTS_OPERATION] = 0x7ffff,
         [DSA_EVENTS_COMPLETION] = 0x3f,
         [DSA_EVENTS_OPERATION2] = 0xf | DSA_EVENT_UPDATE_WINDOW},
};

uint32_t dsa_perfmon_events(const struct dsa_model *m, unsigned category)
{
	return category < CATEGORIES ? events[m->config.version2][category] : 0;
}

/* The bits that a filter has, all of them set by reset: 0 if there is no such filter. */
static uint32_t filter_bits(const struct dsa_model *m, unsigned filter)
{
	if (filter == DSA_FILTER_PASID)
		return m->config.version2 ? DSA_FLTCFG_PASID_MODE | DSA_FLTCFG_PASID : 0;
	return filter < DSA_FILTER_PASID ? DSA_FLTCFG_MASK : 0;
}

static void reset_config(struct dsa_model *m)
{
	m->perffrz = 0;
	for (unsigned c = 0; c < DSA_MODEL_COUNTERS; c++) {
		m->counters[c].cfg = 0;
		for (unsigned f = 0; f < DSA_MODEL_FILTERS; f++)
			m->counters[c].filter[f] = filter_bits(m, f);
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

static uint64_t read64(const struct dsa_model *m, uint32_t offset)
{
	const uint64_t filters = BIT64(m->config.version2 ? DSA_FILTER_PASID + 1 : DSA_FILTER_PASID) - 1;
	const uint32_t categories = m->config.version2 ? CATEGORIES : DSA_EVENTS_OPERATION2;
	const uint64_t cap = FIELD_PREP(DSA_PERFCAP_COUNTERS, DSA_MODEL_COUNTERS) |
	                     FIELD_PREP(DSA_PERFCAP_WIDTH, DSA_MODEL_COUNTER_WIDTH) |
	                     FIELD_PREP(DSA_PERFCAP_CATEGORIES, categories) |
	                     FIELD_PREP(DSA_PERFCAP_CATEGORY_MAP, BIT64(categories) - 1) |
	                     FIELD_PREP(DSA_PERFCAP_FILTERS, filters) | DSA_PERFCAP_FREEZE | DSA_PERFCAP_OVERFLOW_INT;

	if (offset >= DSA_EVNTCAP(0) && offset < DSA_EVNTCAP(CATEGORIES))
		return dsa_perfmon_events(m, (offset - DSA_EVNTCAP(0)) / 8);
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

static bool locked(const struct dsa_model *m, const struct dsa_counter *counter)
{
	return (counter->cfg & DSA_CNTRCFG_ENABLE) && !dsa_is_wrong(m, DSA_FAULT_PERF_UNLOCKED);
}

static void write_filters(const struct dsa_model *m, struct dsa_counter *counter, unsigned first, uint64_t value,
                          uint64_t mask)
{
	if (locked(m, counter))
		return;
	for (unsigned f = first; f < first + 2 && f < DSA_MODEL_FILTERS; f++) {
		const uint32_t writable = (uint32_t)(mask >> (f - first) * 32) & filter_bits(m, f);

		counter->filter[f] =
		        (counter->filter[f] & ~writable) | ((uint32_t)(value >> (f - first) * 32) & writable);
	}
}

static void write_config(const struct dsa_model *m, struct dsa_counter *counter, uint64_t value, uint64_t mask)
{
	if (locked(m, counter))
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
		write_config(m, &m->counters[(offset - DSA_CNTRCFG(0)) / 8], value, mask);
	} else if (offset >= DSA_CNTRDATA(0) && offset < DSA_CNTRDATA(DSA_MODEL_COUNTERS)) {
		struct dsa_counter *counter = &m->counters[(offset - DSA_CNTRDATA(0)) / 8];

		mask &= COUNT;
		if (!locked(m, counter))
			counter->data = (counter->data & ~mask) | (value & mask);
	} else if (offset >= DSA_FLTCFG(0, 0) && offset < DSA_FLTCFG(DSA_MODEL_COUNTERS, 0)) {
		write_filters(m, &m->counters[(offset - DSA_FLTCFG(0, 0)) / DSA_FLTCFG_STRIDE],
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
