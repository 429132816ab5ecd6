/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/dsa_idpt.h"

struct world w;
bool privileged;
struct dsa_page_request asked;
unsigned requests, bitmap_reads;
static struct dsa_model_ops ops;
static const struct dsa_model_ops *plain;

/* Where in flat memory, or 0: nowhere. */
static uint64_t place(const struct dsa_requester *who, uint64_t addr)
{
	switch (who->pasid) {
	case PWQ_PASID:
		return addr;
	case OWNER:
		privileged = who->priv;
		return addr + OWNER_AT;
	case OTHER:
		return addr + OTHER_AT;
	case BITS:
		return addr + BITS_AT;
	default:
		return 0;
	}
}

static int space_read(void *ctx, const struct dsa_requester *who, uint64_t addr, void *buf, size_t len)
{
	bitmap_reads += who->pasid == BITS;
	return plain->memory.read(ctx, who, place(who, addr), buf, len);
}

static int space_write(void *ctx, const struct dsa_requester *who, uint64_t addr, const void *buf, size_t len)
{
	return plain->memory.write(ctx, who, place(who, addr), buf, len);
}

static int space_translate(void *ctx, const struct dsa_requester *who, uint64_t addr, bool write)
{
	return plain->memory.translate(ctx, who, place(who, addr), write);
}

static void page_request(void *ctx, const struct dsa_page_request *request)
{
	(void)ctx;
	asked = *request;
	requests++;
}

void may(uint64_t flat_addr, uint8_t perm)
{
	flat_perm[(flat_addr - FLAT_BASE) / FLAT_PAGE] = perm;
}

void entry(unsigned n, uint64_t q0, uint64_t base, uint64_t size, uint64_t bitmap)
{
	wr64(&w, IDPT(n, 0), 0);
	wr64(&w, IDPT(n, 1), base);
	wr64(&w, IDPT(n, 2), size);
	wr64(&w, IDPT(n, 3), bitmap);
	wr64(&w, IDPT(n, 0), q0);
}

void up(enum dsa_fault fault, bool cmdcap)
{
	const struct dsa_model_pci pci = {.bus_master = true,
	                                  .pasid = true,
	                                  .pasid_priv = true,
	                                  .ats = true,
	                                  .prs = true,
	                                  .prs_capacity = 512,
	                                  .prs_allocation = 512};

	dsa_model_free(&w.m);
	world_start2(&w, fault, false);
	w.m.config.cmdcap = cmdcap;
	plain = w.m.ops;
	ops = *plain;
	ops.memory = (struct dsa_memory_ops){space_read, space_write, space_translate};
	ops.page_request = page_request;
	w.m.ops = &ops;
	requests = bitmap_reads = 0;
	dsa_model_pci_changed(&w.m, &pci);
	world_configure(&w);
	wqcfg_set(&w, DWQ, 2, wqcfg(&w, DWQ, 2) | DSA_WQCFG2_PASID_EN | FIELD_PREP(DSA_WQCFG2_PASID, OWNER));
	wqcfg_set(&w, PWQ, 2, wqcfg(&w, PWQ, 2) | DSA_WQCFG2_BOF | DSA_WQCFG2_PRIV);
	grpcfg_set(&w, 0, BIT64(PWQ), 1);
	grpcfg_set(&w, 1, BIT64(DWQ), 2);
	grpcfg_set(&w, 2, BIT64(SWQ), 4);
	wr(&w, DSA_IDBR, DSA_IDBR_PASID_EN | FIELD_PREP(DSA_IDBR_PASID, BITS));
	wr(&w, DSA_GENCFG, DSA_MODEL_READ_BUFFERS | DSA_GENCFG_USER_INT);
	(void)command(&w, DSA_CMD_ENABLE_DEVICE, 0);
	for (unsigned wq = 0; wq < WQS_IN_USE; wq++)
		(void)command(&w, DSA_CMD_ENABLE_WQ, wq);
	memset(flat_at(CR(0)), 0, FLAT_PAGE);
	memset(flat_at(BITMAP + BITS_AT), 0, FLAT_PAGE);
}

struct dsa_raw_desc between(uint8_t opcode, uint64_t one, int handle1, uint64_t two, int handle2, uint32_t size)
{
	struct dsa_raw_desc d = with_record(descriptor(opcode, 0, one, two, size), 0);

	if (handle1 >= 0) {
		d.field[0] |= (uint64_t)DSA_FLAG_ALTERNATE1 << 32;
		set_bytes(&d, 60, (uint64_t)handle1, 2);
	}
	if (handle2 >= 0) {
		d.field[0] |= (uint64_t)DSA_FLAG_ALTERNATE2 << 32;
		set_bytes(&d, 62, (uint64_t)handle2, 2);
	}
	return d;
}

struct dsa_raw_desc update(int handle, uint64_t base, uint64_t size, unsigned flags)
{
	struct dsa_raw_desc d = with_record(descriptor(DSA_OP_UPDATE_WINDOW, 0, base, size, 0), 0);

	set_bytes(&d, 61, flags, 1);
	set_bytes(&d, 62, (uint64_t)handle, 2);
	return d;
}

uint64_t done(unsigned wq, struct dsa_raw_desc d)
{
	*flat_at(CR(0)) = 0;
	*flat_at(CR(0) + OWNER_AT) = 0;
	run(&w, wq, 0, d);
	return wq == DWQ ? *flat_at(CR(0) + OWNER_AT) : status(0);
}

unsigned handle_in_record(void)
{
	return flat_at(CR(0))[16] | (unsigned)flat_at(CR(0))[17] << 8;
}

uint64_t read_by(int handle)
{
	return done(PWQ, between(DSA_OP_ID_COPY, DATA(0), handle, DATA(1), -1, SIZE));
}

unsigned request(unsigned n)
{
	const uint32_t sts = command(&w, DSA_CMD_REQUEST_IDPT_HANDLE, n);

	assert_int_equal(FIELD_GET(DSA_CMDSTS_ERROR, sts), 0);
	return FIELD_GET(DSA_CMDSTS_RESULT, sts);
}

int set_up(void **s)
{
	(void)s;
	up(DSA_FAULT_NONE, false);
	return 0;
}

int tear_down(void **s)
{
	(void)s;
	dsa_model_free(&w.m);
	return 0;
}
