/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Software that does whatever the input says to the DSA model: registers, portals, PCI configuration, time, memory that
 * is refused; and descriptors in memory that may point anywhere. After each step the model's invariants hold, and in
 * the end every wait comes to its end. The first byte chooses one of the faults now and then: a wrong device is wrong,
 * but does not crash either.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/dsa_world.h"

static const uint8_t *input;
static size_t left;
static struct world w;
static unsigned nested;

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
	};
	const uint64_t raw = take(2);

	return raw & 0x8000 ? raw & 0x7fff : interesting[raw % ARRAY_SIZE(interesting)] + ((raw >> 8) & 3);
}

/* WQCFG's limits stay small: what a descriptor of 2^31 bytes costs is no finding. */
static bool too_expensive(uint64_t at)
{
	return at < DSA_MODEL_WQCFG + 32 * DSA_MODEL_WQS && at + 8 > DSA_MODEL_WQCFG && ((at % 32) & 0x1c) == 12;
}

static void write_register(void)
{
	const uint64_t at = offset();
	const unsigned width = 1U << take(1) % 4;
	const uint64_t value = take(width);

	if (!too_expensive(at) && !(width == 8 && too_expensive(at + 4)))
		dsa_model_write(&w.m, at, width, value);
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
	}
	return d;
}

static void submit(void)
{
	const uint64_t portal = take(1);
	struct dsa_raw_desc d = desc();

	if (portal & 0x80)
		(void)enqueue(&w, (unsigned)portal & 15, (portal & 0x30) << 8, d, 0);
	else
		(void)post(&w, (unsigned)portal & 15, (portal & 0x30) << 8, &d);
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
	                                  .prs_allocation = (uint32_t)(bits >> 5)};

	dsa_model_pci_changed(&w.m, &pci);
}

static void step(void)
{
	switch (take(1) % 12) {
	case 0:
	case 1:
		write_register();
		break;
	case 2:
	case 3: {
		const uint64_t kind = take(2);

		issue(&w, (uint32_t)kind & 15, (uint32_t)(kind >> 4) & 0xfff);
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
		(void)dsa_model_read(&w.m, offset(), 1U << take(1) % 4);
		break;
	default:
		if (take(1) % 8)
			break;
		if (take(1) % 2)
			change_pci();
		else
			dsa_model_reset(&w.m);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum dsa_fault fault;
	uint64_t start;

	input = data;
	left = size;
	start = take(1);
	fault = start >= 0xc0 ? (enum dsa_fault)((start - 0xc0) % DSA_FAULT_COUNT) : DSA_FAULT_NONE;
	if (start & 1) {
		world_up(&w, fault);
	} else {
		world_start(&w, fault, start & 2);
		world_pci(&w, true, start & 4);
		world_configure(&w);
	}
	w.during = during;
	while (left > 0) {
		step();
		if (fault == DSA_FAULT_NONE)
			check(world_invariants(&w));
	}
	w.during = NULL;
	if (world_settle(&w) >= WORLD_TICKS)
		check("there is always another tick");
	if (fault == DSA_FAULT_NONE)
		check(world_invariants(&w));
	for (unsigned i = 0; i < DSA_MODEL_IMS; i++) {
		if (w.m.ims[i].address >> 20 != 0xfee)
			check("an IMS message outside the interrupt range");
	}
	return 0;
}
