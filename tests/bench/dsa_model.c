/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast the DSA model is on this machine, without QEMU: bytes a second of memory moves beside memcpy() of the same
 * bytes in the same process, and small descriptors a second. Each figure is the median of RUNS; model and memcpy() take
 * turns, so that what else the machine does hits both. The path is the one in QEMU but for QEMU's own memory: portal,
 * WQ, engine with its fiber, checks, PASID, ATS with the device TLB, completion record.
 *
 * The model's time is what is made up here, and goes on at once: what is measured is its work, not its service time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/qemu/dsa/model.h"
#include "tests/qemu/dsa/tlb.h"

#define RUNS    9
#define NEVER   UINT64_MAX
#define LARGEST ((size_t)64 << 20)
#define ENOUGH  ((size_t)128 << 20) /* bytes a run moves, in as many moves as that takes */
#define SMALL   200000U             /* descriptors a run */
#define PASID   0x1234U
/* Device addresses: the source, then the destination, then the page with completion records. */
#define BASE    UINT64_C(0x10000000)
#define FROM    BASE
#define TO      (BASE + LARGEST)
#define RECORDS (BASE + 2 * LARGEST)
#define SIZE    (2 * LARGEST + 4096)
#define WQ      0U
#define ENTRIES 64U

static struct dsa_model model;
static struct dsa_tlb tlb;
static uint8_t *memory;
static uint64_t now, deadline = NEVER;

static void die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

static uint8_t *at(uint64_t address)
{
	return memory + (address - BASE);
}

static int translate(void *ctx, const struct dsa_requester *who, uint64_t addr, bool write)
{
	uint64_t output;

	(void)ctx;
	if (dsa_tlb_lookup(&tlb, who, addr, write, &output))
		return DSA_TRANSLATION_OK;
	if (addr < BASE || addr >= BASE + SIZE)
		return DSA_TRANSLATION_FAULT;
	dsa_tlb_insert(&tlb, who, addr, addr, true, true);
	return DSA_TRANSLATION_OK;
}

static int memory_read(void *ctx, const struct dsa_requester *who, uint64_t addr, void *buf, size_t len)
{
	uint64_t output;

	(void)ctx;
	if (!dsa_tlb_lookup(&tlb, who, addr, false, &output))
		return -1;
	memcpy(buf, at(output), len);
	return 0;
}

static int memory_write(void *ctx, const struct dsa_requester *who, uint64_t addr, const void *buf, size_t len)
{
	uint64_t output;

	(void)ctx;
	if (!dsa_tlb_lookup(&tlb, who, addr, true, &output))
		return -1;
	memcpy(at(output), buf, len);
	return 0;
}

static void page_request(void *ctx, const struct dsa_page_request *request)
{
	(void)ctx;
	(void)request;
	die("the model asked for a page");
}

static void notify(void *ctx, unsigned vector)
{
	(void)ctx;
	(void)vector;
}

static void forget(void *ctx)
{
	(void)ctx;
}

static void message(void *ctx, uint64_t address, uint32_t data)
{
	(void)ctx;
	(void)address;
	(void)data;
}

static uint64_t time_now(void *ctx)
{
	(void)ctx;
	return now;
}

static void schedule(void *ctx, uint64_t when)
{
	(void)ctx;
	deadline = when;
}

static const struct dsa_model_ops ops = {
        .memory = {memory_read, memory_write, translate},
        .page_request = page_request,
        .msix_notify = notify,
        .msix_forget = forget,
        .message = message,
        .now = time_now,
        .schedule = schedule,
};

/* All that the device has to do. */
static void settle(void)
{
	while (deadline != NEVER) {
		now = now < deadline ? deadline : now;
		deadline = NEVER;
		dsa_model_tick(&model);
	}
}

static void command(uint32_t code, uint32_t operand)
{
	dsa_model_write(&model, DSA_CMD, 4, FIELD_PREP(DSA_CMD_CODE, code) | operand);
	settle();
	if (dsa_model_read(&model, DSA_CMDSTS, 4))
		die("a command failed");
}

/* One dedicated WQ with a PASID and block on fault, one engine; ATS and page requests on. */
static void bring_up(void)
{
	const struct dsa_model_config config = {.service_ns = 1000, .command_ns = 1000};
	const struct dsa_model_pci pci = {.bus_master = true,
	                                  .pasid = true,
	                                  .ats = true,
	                                  .prs = true,
	                                  .prs_capacity = 512,
	                                  .prs_allocation = 512};
	const uint32_t wqcfg[] = {ENTRIES, 0,
	                          FIELD_PREP(DSA_WQCFG2_PRIORITY, 1U) | DSA_WQCFG2_DEDICATED | DSA_WQCFG2_PASID_EN |
	                                  DSA_WQCFG2_BOF | FIELD_PREP(DSA_WQCFG2_PASID, PASID),
	                          FIELD_PREP(DSA_WQCFG3_MAX_XFER, 31U) | FIELD_PREP(DSA_WQCFG3_MAX_BATCH, 5U)};

	dsa_model_init(&model, &ops, NULL, &config);
	dsa_model_pci_changed(&model, &pci);
	for (unsigned i = 0; i < ARRAY_SIZE(wqcfg); i++)
		dsa_model_write(&model, DSA_MODEL_WQCFG + 4 * i, 4, wqcfg[i]);
	dsa_model_write(&model, DSA_MODEL_GRPCFG + DSA_GRPCFG_WQS, 8, BIT64(WQ));
	dsa_model_write(&model, DSA_MODEL_GRPCFG + DSA_GRPCFG_ENGINES, 8, 1);
	command(DSA_CMD_ENABLE_DEVICE, 0);
	command(DSA_CMD_ENABLE_WQ, WQ);
}

static void submit(uint8_t opcode, size_t size, unsigned record)
{
	const uint32_t flags = IDXD_OP_FLAG_CRAV | IDXD_OP_FLAG_RCR | IDXD_OP_FLAG_BOF;
	const struct dsa_hw_desc desc = {
	        .opcode = opcode,
	        .flags = opcode == DSA_OPCODE_NOOP ? IDXD_OP_FLAG_CRAV | IDXD_OP_FLAG_RCR : flags,
	        .completion_addr = RECORDS + DSA_CR_SIZE * (uint64_t)record,
	        .src_addr = opcode == DSA_OPCODE_NOOP ? 0 : FROM,
	        .dst_addr = opcode == DSA_OPCODE_NOOP ? 0 : TO,
	        .xfer_size = (uint32_t)size,
	};
	uint8_t bytes[DSA_DESC_SIZE];

	memcpy(bytes, &desc, sizeof(bytes));
	*at(RECORDS + DSA_CR_SIZE * (uint64_t)record) = 0;
	if (dsa_model_portal(&model, (uint64_t)WQ * DSA_PORTAL_WQ_STRIDE, bytes, false))
		die("the portal refused a descriptor");
}

static void completed(unsigned records)
{
	settle();
	for (unsigned i = 0; i < records; i++) {
		if (*at(RECORDS + DSA_CR_SIZE * (uint64_t)i) != DSA_COMP_SUCCESS)
			die("a descriptor failed");
	}
}

/* Of the processor, in this process: other programs may be running. */
static double seconds(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t))
		die("no clock");
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, RUNS, sizeof(*values), ascending);
	return values[RUNS / 2];
}

static double move(size_t size)
{
	const size_t times = ENOUGH / size;
	const double start = seconds();

	for (size_t i = 0; i < times; i++) {
		submit(DSA_OPCODE_MEMMOVE, size, 0);
		completed(1);
	}
	return (double)(times * size) / (seconds() - start);
}

static double copy(size_t size)
{
	const size_t times = ENOUGH / size;
	const double start = seconds();

	for (size_t i = 0; i < times; i++) {
		memcpy(at(TO), at(FROM), size);
		/* The bytes are wanted, whatever the compiler thinks. */
		__asm__ volatile("" : : "r"(memory) : "memory");
	}
	return (double)(times * size) / (seconds() - start);
}

static void bench_moves(size_t size)
{
	double moves[RUNS], copies[RUNS], ratios[RUNS];

	for (size_t i = 0; i < size; i++)
		*at(FROM + i) = (uint8_t)(i * 7 + size);
	memset(at(TO), 0, size);
	(void)move(size);
	if (memcmp(at(FROM), at(TO), size))
		die("a move is wrong");
	for (unsigned i = 0; i < RUNS; i++) {
		moves[i] = move(size);
		copies[i] = copy(size);
		ratios[i] = moves[i] / copies[i];
	}
	printf("memory move of %8zu KiB %9.0f MB/s  memcpy %9.0f MB/s  ratio %.2f\n", size >> 10, median(moves) / 1e6,
	       median(copies) / 1e6, median(ratios));
}

static void bench_small(const char *name, uint8_t opcode, size_t size)
{
	double rates[RUNS];

	for (unsigned run = 0; run < RUNS; run++) {
		const double start = seconds();

		for (unsigned done = 0; done < SMALL; done += ENTRIES) {
			for (unsigned i = 0; i < ENTRIES; i++)
				submit(opcode, size, i);
			completed(ENTRIES);
		}
		rates[run] = SMALL / (seconds() - start);
	}
	printf("%-28s %9.0f descriptors/s\n", name, median(rates));
}

int main(void)
{
	memory = malloc(SIZE);
	if (!memory)
		die("no memory");
	memset(memory, 0, SIZE);
	bring_up();
	printf("the DSA model, median of %u runs\n", RUNS);
	for (size_t size = (size_t)64 << 10; size < LARGEST; size *= 4)
		bench_moves(size);
	bench_moves(LARGEST);
	bench_small("no-op", DSA_OPCODE_NOOP, 0);
	bench_small("memory move of 64 bytes", DSA_OPCODE_MEMMOVE, 64);
	dsa_model_free(&model);
	free(memory);
	return 0;
}
