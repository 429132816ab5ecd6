/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Software that does whatever the input says to the DSA model: registers in any width and at any offset, all portals,
 * PCI configuration, resets, time, memory that is refused; translations that are cached and invalidated at any moment;
 * page requests that are granted, refused, failed, answered twice or for a group that nobody asked for, at once or late
 * or never; and descriptors in memory that may point anywhere. After each step the model's invariants hold, and in the
 * end every wait comes to its end. The first byte chooses one of the faults now and then: a wrong device is wrong, but
 * does not crash either.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/qemu/dsa/tlb.h"
#include "tests/unit/dsa_world.h"

#define ASKED_MAX 8 /* page requests that are remembered; older ones stay without a response until the end */

static const uint8_t *input;
static size_t left;
static struct world w;
static unsigned nested;
static struct dsa_tlb tlb;
static const struct dsa_model_ops *world_ops;
static struct dsa_page_request asked[ASKED_MAX];
static unsigned requests;

static uint64_t take(unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes && left; i++, left--)
		value |= (uint64_t)*input++ << (8 * i);
	return value;
}

static void check(const char *broken)
{
	if (!broken)
		return;
	fprintf(stderr, "the model broke an invariant: %s\n", broken);
	abort();
}

/* ---- what the device reaches: the flat memory behind a device TLB, and somebody who answers page requests ---- */

static int translate(void *ctx, const struct dsa_requester *who, uint64_t addr, bool write)
{
	uint64_t output;
	int answer;

	if (dsa_tlb_lookup(&tlb, who, addr, write, &output))
		return DSA_TRANSLATION_OK;
	answer = world_ops->memory.translate(ctx, who, addr, write);
	dsa_model_translation(&w.m, who, answer == DSA_TRANSLATION_OK ? 4096 : 0);
	if (answer == DSA_TRANSLATION_OK)
		dsa_tlb_insert(&tlb, who, addr, addr, true, write);
	return answer;
}

/* Between the two an access by the processor may come in, but what has been translated is not invalidated: see qemu.c.
 */
static int read_memory(void *ctx, const struct dsa_requester *who, uint64_t addr, void *buf, size_t len)
{
	return world_ops->memory.read(ctx, who, addr, buf, len);
}

static int write_memory(void *ctx, const struct dsa_requester *who, uint64_t addr, const void *buf, size_t len)
{
	return world_ops->memory.write(ctx, who, addr, buf, len);
}

static void respond(const struct dsa_page_request *to, uint64_t how)
{
	const enum dsa_page_answer answers[] = {DSA_PAGE_GRANTED, DSA_PAGE_GRANTED, DSA_PAGE_INVALID, DSA_PAGE_FAILED};
	const uint64_t page = (to->addr - FLAT_BASE) / FLAT_PAGE;

	/* Granted with the page there, most of the time. */
	if ((how & 1) && to->addr >= FLAT_BASE && page < FLAT_PAGES)
		flat_perm[page] = FLAT_READ | FLAT_WRITE;
	(void)dsa_model_page_response(&w.m, (uint16_t)(to->group + (how & 0x20 ? how >> 6 : 0)), answers[how >> 1 & 3]);
}

static void page_request(void *ctx, const struct dsa_page_request *request)
{
	uint64_t how;

	(void)ctx;
	asked[requests++ % ASKED_MAX] = *request;
	if (left && (*input & 0x80)) {
		how = take(1);
		if (how & 0x10)
			respond(request, how);
	}
}

static void answer_one(void)
{
	const unsigned n = (unsigned)take(1);

	if (requests)
		respond(&asked[n % (requests < ASKED_MAX ? requests : ASKED_MAX)], take(1));
}

static void invalidate(void)
{
	const uint64_t how = take(1), page = take(1);
	const uint32_t pasid = how & 1 ? PWQ_PASID : how & 2 ? SWQ_PASID : how & 4 ? 0 : DSA_NO_PASID;

	dsa_tlb_invalidate(&tlb, how & 8, pasid, FLAT_BASE + page * FLAT_PAGE,
	                   how & 16 ? UINT64_MAX : FLAT_PAGE << (how >> 5));
}

/* Offsets where something is, more often than not. */
static uint64_t offset(void)
{
	static const uint16_t interesting[] = {
	        DSA_GENCFG,
	        DSA_GENCTRL,
	        DSA_INTCAUSE,
	        DSA_CMD,
	        DSA_SWERROR,
	        DSA_MODEL_MSIXPERM + 8,
	        DSA_MODEL_GRPCFG,
	        DSA_MODEL_GRPCFG + DSA_GRPCFG_ENGINES,
	        DSA_MODEL_GRPCFG + DSA_GRPCFG_FLAGS,
	        DSA_MODEL_GRPCFG + DSA_GRPCFG_STRIDE,
	        DSA_MODEL_GRPCFG + DSA_GRPCFG_STRIDE + DSA_GRPCFG_ENGINES,
	        DSA_MODEL_WQCFG,
	        DSA_MODEL_WQCFG + 4,
	        DSA_MODEL_WQCFG + 8,
	        DSA_MODEL_WQCFG + 16,
	        DSA_MODEL_WQCFG + 20,
	        DSA_MODEL_WQCFG + 24,
	        DSA_MODEL_WQCFG + 32 + 20,
	        DSA_MODEL_WQCFG + 32 + 24,
	        DSA_MODEL_WQCFG + 96,
	        DSA_MODEL_IMS_TABLE,
	        DSA_MODEL_IMS_TABLE + 12,
	        DSA_EVLCFG,
	        DSA_EVLCFG + 8,
	        DSA_EVLSTATUS,
	        DSA_EVLSTATUS + 4,
	        DSA_CMDPARAM,
	        DSA_MODEL_WQCFG + 32 + 12,
	        DSA_MODEL_PERFMON + 0x100,
	        DSA_IDBR,
	        DSA_MODEL_IDPT_TABLE,
	        DSA_MODEL_IDPT_TABLE + 8,
	        DSA_MODEL_IDPT_TABLE + 32 + 16,
	        DSA_MODEL_IDPT_TABLE + 32 + 24,
	};
	const uint64_t raw = take(2);

	return raw & 0x8000 ? raw & 0x7fff : interesting[raw % ARRAY_SIZE(interesting)] + ((raw >> 8) & 3);
}

/* Of an access: what a processor can do, and now and then what none can. */
static unsigned width(void)
{
	const unsigned raw = (unsigned)take(1);

	return raw < 0xf0 ? 1U << raw % 4 : raw & 15;
}

/* WQCFG's limits stay small: what a descriptor of 2^31 bytes costs is no finding. */
static bool too_expensive(uint64_t at)
{
	return at < DSA_MODEL_WQCFG + 64 * DSA_MODEL_WQS && at + 8 > DSA_MODEL_WQCFG && ((at % 32) & 0x1c) == 12;
}

static void write_register(void)
{
	const uint64_t at = offset();
	const unsigned wide = width();
	const uint64_t value = take(8 < wide ? 8 : wide);

	if (!too_expensive(at) && !too_expensive(at + wide - 1))
		dsa_model_write(&w.m, at, wide, value);
}

static struct dsa_raw_desc desc(void)
{
	const uint64_t common = IDXD_OP_FLAG_FENCE | IDXD_OP_FLAG_CRAV | IDXD_OP_FLAG_RCR | IDXD_OP_FLAG_RCI;
	const uint64_t kind = take(1);
	struct dsa_raw_desc d = noop((unsigned)(kind >> 4));
	const uint8_t op = (uint8_t)take(1);

	/* Flags that are legal more often than not: what has a reserved one comes no further. */
	d.field[0] = (uint64_t)(op & 0x3f) << 56 | (op & 0x40 ? take(3) : take(1) & common) << 32 | take(1) |
	             (uint64_t)(op >> 7) << 31;
	if (kind & 1)
		d.field[0] |= (uint64_t)CRAV_RCR << 32;
	if (kind & 2)
		d.field[1] = take(8);
	d.field[2] = kind & 4 ? DATA(take(1) % 32) + (take(1) << 4) : LIST;
	d.field[3] = kind & 4 ? DATA(take(1) % 32) + (take(1) << 4) : take(8);
	d.field[4] = take(2) | (take(1) << 32);
	if (kind & 8) {
		for (unsigned i = 5; i < 8; i++)
			d.field[i] = take(8);
	} else if (dsa_is_inter_domain(op & 0x3f) || (op & 0x3f) == DSA_OP_UPDATE_WINDOW) {
		/* Handles of some entry, whether or not they have to be asked for; flags of the window, too. */
		const uint64_t which = take(2);

		d.field[0] |= which >> 12 << 48;
		d.field[7] = (which & 0x103) << 32 | (which >> 4 & 0xf) << 40 | (which >> 2 & 3) << 48 |
		             (which & 0x100) << 48;
	}
	return d;
}

static void submit(void)
{
	const uint64_t portal = take(1);
	struct dsa_raw_desc d = desc();
	/* Anywhere in the page, which is what a device that is shown a 64-byte write may see. */
	const uint64_t page = ((portal & 0x30) << 8) + (portal & 0x40 ? take(2) & 0xfff : 0);

	if (portal & 0x80)
		(void)enqueue(&w, (unsigned)portal & 15, page, d, portal & 0x40 ? (uint32_t)take(2) : 0);
	else
		(void)post(&w, (unsigned)portal & 15, page, &d);
}

static void fill_list(void)
{
	const unsigned n = (unsigned)take(1) % 16;
	struct dsa_raw_desc d = desc();

	memcpy(flat_at(LIST) + (size_t)n * DSA_DESC_SIZE, &d, sizeof(d));
}

static void change_pci(void)
{
	const uint64_t bits = take(1);
	const struct dsa_model_pci pci = {.bus_master = !(bits & 1),
	                                  .pasid = bits & 2,
	                                  .pasid_priv = bits & 4,
	                                  .ats = bits & 8,
	                                  .prs = bits & 16,
	                                  .prs_capacity = 512,
	                                  .prs_allocation = (uint32_t)(bits >> 5),
	                                  .unmapped = bits & 0x80 ? (uint8_t)(take(1) & 0xfe) : 0};

	if (!pci.ats)
		dsa_tlb_flush(&tlb);
	dsa_model_pci_changed(&w.m, &pci);
}

static void reset(void)
{
	dsa_tlb_flush(&tlb);
	dsa_model_reset(&w.m);
}

static void step(void)
{
	switch (take(1) % 15) {
	case 0:
	case 1:
		write_register();
		break;
	case 2:
	case 3: {
		const uint64_t kind = take(2);

		issue(&w, (uint32_t)kind & 31, (uint32_t)(kind >> 5) & 0x7ff);
		break;
	}
	case 4:
	case 5:
	case 6:
		submit();
		break;
	case 7:
		fill_list();
		break;
	case 8:
		flat_perm[take(1) % FLAT_PAGES] = (uint8_t)take(1) & (FLAT_READ | FLAT_WRITE);
		break;
	case 9:
		if (nested) /* time does not pass, and no tick comes, while the device is at work */
			break;
		world_advance(&w, take(2));
		break;
	case 10:
		(void)dsa_model_read(&w.m, offset(), width());
		break;
	case 11:
	case 12:
		answer_one();
		break;
	case 13:
		invalidate();
		break;
	default:
		if (take(1) % 8)
			break;
		if (take(1) % 2)
			change_pci();
		else
			reset();
	}
}

/* The device's own accesses may come back to it: registers and configuration space are in the same address space. */
static void during(struct world *world)
{
	(void)world;
	if (nested || left < 2 || *input != 0xee)
		return;
	(void)take(1);
	nested = 1;
	step();
	nested = 0;
}

/* Four entries of the IDPT: one for each kind of submitter, a bitmap, a window; and handles for them. */
static void open_domains(void)
{
	static const uint64_t all = DSA_IDPT_USABLE | DSA_IDPT_ALLOW_UPDATE | DSA_IDPT_READ | DSA_IDPT_WRITE;
	const uint64_t entries[][4] = {
	        {all | FIELD_PREP(DSA_IDPT_SUBMITTER, (uint64_t)PWQ_PASID), 0, 0, 0},
	        {all | FIELD_PREP(DSA_IDPT_ACCESS, (uint64_t)PWQ_PASID), 0, 0, 0},
	        {all | FIELD_PREP(DSA_IDPT_TYPE, UINT64_C(1)) | FIELD_PREP(DSA_IDPT_ACCESS, (uint64_t)PWQ_PASID), 0, 0,
	         DATA(0)},
	        {all | FIELD_PREP(DSA_IDPT_SUBMITTER, (uint64_t)PWQ_PASID) | DSA_IDPT_WINDOW | DSA_IDPT_OFFSET_MODE,
	         FLAT_PAGE, FLAT_PAGE * FLAT_PAGES, 0},
	};

	*flat_at(DATA(0) + PWQ_PASID / 8) |= (uint8_t)BIT32(PWQ_PASID % 8);
	for (unsigned n = 0; n < ARRAY_SIZE(entries); n++) {
		for (unsigned word = 4; word-- > 0;)
			wr64(&w, DSA_MODEL_IDPT_TABLE + 32 * n + 8 * word, entries[n][word]);
		(void)command(&w, DSA_CMD_REQUEST_IDPT_HANDLE, n);
	}
}

/* The world of the unit tests with our memory in front, ATS and page requests on if the input says so. */
static void set_up(enum dsa_fault fault, uint64_t start)
{
	static struct dsa_model_ops ops;
	const bool asks = start & 8;

	requests = 0;
	dsa_tlb_flush(&tlb);
	if (start & 0x20)
		world_start2(&w, fault, start & 0x40);
	else
		world_start(&w, fault, start & 2);
	w.m.config.cmdcap = start & 2;
	/* Few slots, so that they are soon all taken. */
	if ((start & 0x60) == 0x40) {
		w.m.config.work = 2;
		w.m.config.batches = 2;
	}
	world_ops = w.m.ops;
	ops = *world_ops;
	ops.memory.read = read_memory;
	ops.memory.write = write_memory;
	ops.memory.translate = translate;
	ops.page_request = page_request;
	w.m.ops = &ops;
	dsa_model_pci_changed(&w.m, &(struct dsa_model_pci){.bus_master = true,
	                                                    .pasid = true,
	                                                    .ats = asks || (start & 4),
	                                                    .prs = asks,
	                                                    .prs_capacity = 512,
	                                                    .prs_allocation = start & 16 ? 1 : 512});
	world_configure(&w);
	if (asks)
		for (unsigned wq = 0; wq < WQS_IN_USE; wq++)
			wqcfg_set(&w, wq, 2, wqcfg(&w, wq, 2) | DSA_WQCFG2_BOF);
	grpcfg_set(&w, 0, BIT64(DWQ) | BIT64(PWQ), 1);
	grpcfg_set(&w, 1, BIT64(SWQ), 2);
	wr(&w, DSA_GENCFG, DSA_MODEL_READ_BUFFERS | DSA_GENCFG_USER_INT);
	if (start & 0x20) {
		wr64(&w, DSA_EVLCFG, EVL);
		wr64(&w, DSA_EVLCFG + 8, FIELD_PREP(DSA_EVLCFG_SIZE, (uint64_t)WORLD_EVL));
		wr(&w, DSA_GENCFG, DSA_MODEL_READ_BUFFERS | DSA_GENCFG_USER_INT | DSA_GENCFG_EVL);
		wr(&w, DSA_GENCTRL, DSA_GENCTRL_SWERR_INT | DSA_GENCTRL_HALT_INT | DSA_GENCTRL_EVL_INT);
		open_domains();
	}
	if (!(start & 1))
		return;
	(void)command(&w, DSA_CMD_ENABLE_DEVICE, 0);
	for (unsigned wq = 0; wq < WQS_IN_USE; wq++)
		(void)command(&w, DSA_CMD_ENABLE_WQ, wq);
}

/* The head where the tail is. */
static void empty_log(void)
{
	const uint64_t status = rd64(&w, DSA_EVLSTATUS);

	wr(&w, DSA_EVLSTATUS, (uint32_t)FIELD_GET(DSA_EVLSTATUS_TAIL, status));
}

/* Whoever still waits for a response gets one, and then all that waits comes to an end. */
static void wind_up(void)
{
	w.during = NULL;
	for (unsigned i = 0; i < 0x10000; i++) {
		const unsigned ticks = world_settle(&w);
		bool waits = false;

		for (size_t n = 0; n < DSA_MODEL_SLOTS; n++) {
			const struct dsa_slot *slot = &w.m.slots[n];

			if (slot->state == DSA_SLOT_LOG) {
				empty_log();
				waits = true;
			}
			if (slot->state == DSA_SLOT_PAGE)
				waits |= dsa_model_page_response(&w.m, slot->group, DSA_PAGE_INVALID);
		}
		if (!waits && ticks >= WORLD_TICKS)
			check("there is always another tick");
		if (!waits)
			return;
	}
	check("there is always another page request");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum dsa_fault fault;
	uint64_t start;

	input = data;
	left = size;
	start = take(1);
	fault = start >= 0xc0 ? (enum dsa_fault)(take(1) % DSA_FAULT_COUNT) : DSA_FAULT_NONE;
	set_up(fault, start);
	w.during = during;
	while (left > 0) {
		step();
		if (fault == DSA_FAULT_NONE)
			check(world_invariants(&w));
	}
	wind_up();
	if (fault == DSA_FAULT_NONE) {
		check(world_invariants(&w));
		for (unsigned i = 0; i < DSA_MODEL_IMS; i++) {
			if (w.m.ims[i].address >> 20 != 0xfee)
				check("an IMS message outside the interrupt range");
		}
		for (unsigned i = 0; i < DSA_MODEL_IDPT; i++) {
			if (w.m.idpt[i].users)
				check("an entry of the IDPT that is used for ever");
		}
	}
	dsa_model_free(&w.m);
	return 0;
}
