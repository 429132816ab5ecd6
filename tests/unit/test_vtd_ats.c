// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The emulated unit towards a device TLB: what its translation requests get, which translated requests pass, what
 * becomes of its page requests. Each against the columns X, T and PR of the specification's table of faults (7.1.3).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/vtd/regs.h"
#include "tests/qemu/vtd/ats.h"
#include "tests/qemu/vtd/prq.h"

#define SID   0x0012 /* bus 0: the lower half of the root entry */
#define PASID 0x21
#define INPUT UINT64_C(0x7f1234567000)
#define DID   1

#define PAGES   16
#define PAGE(n) ((n)*UINT64_C(0x1000))
enum {
	NOTHING,
	ROOT,
	CONTEXT,
	DIRECTORY,
	TABLE,
	FS4,
	FS3,
	FS2,
	FS1,
	LEAF,
	QUEUE, /* one page: 128 requests */
};

struct world {
	uint64_t memory[PAGES * 512];
	uint64_t deny;
	bool lose; /* updates fail */
	struct vtd_walk_unit unit;
	struct vtd_ats_request request;
	struct vtd_ats_result result;
	struct vtd_prq prq;
	struct vtd_page_request page;
	struct vtd_prq_result taken;
};

static struct world w;

static uint64_t *word(uint64_t pa)
{
	assert_true(pa < PAGE(PAGES) && pa % 8 == 0);
	return &w.memory[pa / 8];
}

static int read_words(void *opaque, uint64_t pa, uint64_t *words, unsigned count)
{
	(void)opaque;
	if (pa == w.deny || pa + count * 8 > PAGE(PAGES))
		return -1;
	memcpy(words, word(pa), count * sizeof(*words));
	return 0;
}

static int cmpxchg(void *opaque, uint64_t pa, uint64_t old, uint64_t new)
{
	(void)opaque;
	if (w.lose || *word(pa) != old)
		return -1;
	*word(pa) = new;
	return 0;
}

static int write_words(void *opaque, uint64_t pa, const uint64_t *words, unsigned count)
{
	(void)opaque;
	if (pa + count * 8 > PAGE(PAGES))
		return -1;
	memcpy(word(pa), words, count * sizeof(*words));
	return 0;
}

#define ROOT_AT      PAGE(ROOT)
#define CONTEXT_AT   (PAGE(CONTEXT) + 32 * SID)
#define DIRECTORY_AT PAGE(DIRECTORY)
#define ENTRY_AT     (PAGE(TABLE) + 64 * PASID)
#define LEAF_AT      (PAGE(FS1) + 8 * VTD_PT_INDEX(INPUT, 1))
#define RW           (VTD_FS_PRESENT | VTD_FS_WRITE | VTD_FS_USER)

static int set_up(void **state)
{
	static const struct vtd_walk_memory memory = {read_words, cmpxchg};
	uint64_t *q;

	(void)state;
	memset(&w, 0, sizeof(w));
	w.deny = UINT64_MAX;
	w.unit = (struct vtd_walk_unit){
	        .cap = FIELD_PREP(VTD_CAP_ND, 6) | VTD_CAP_SAGAW_48 | FIELD_PREP(VTD_CAP_MGAW, 47),
	        .ecap = VTD_ECAP_SMTS | VTD_ECAP_FSTS | VTD_ECAP_PT | VTD_ECAP_PASID | FIELD_PREP(VTD_ECAP_PSS, 19) |
	                VTD_ECAP_SMPWC | VTD_ECAP_RPS | VTD_ECAP_DT | VTD_ECAP_PRS | VTD_ECAP_PDS | VTD_ECAP_NWFS,
	        .haw = 46,
	        .rtaddr = PAGE(ROOT) | FIELD_PREP(VTD_RTADDR_TTM, VTD_TTM_SCALABLE),
	        .memory = &memory,
	};
	*word(ROOT_AT) = PAGE(CONTEXT) | VTD_ROOT_PRESENT;
	*word(CONTEXT_AT) = PAGE(DIRECTORY) | VTD_CTX_DTE | VTD_CTX_PRE | VTD_CTX_PASIDE | VTD_CTX_PRESENT;
	*word(DIRECTORY_AT) = PAGE(TABLE) | VTD_PASIDDIR_PRESENT;
	q = word(ENTRY_AT);
	q[0] = FIELD_PREP(VTD_PASID0_PGTT, VTD_PGTT_FIRST) | VTD_PASID0_PRESENT;
	q[1] = FIELD_PREP(VTD_PASID1_DID, DID) | VTD_PASID1_PWSNP;
	q[2] = PAGE(FS4);
	*word(PAGE(FS4) + 8 * VTD_PT_INDEX(INPUT, 4)) = PAGE(FS3) | RW;
	*word(PAGE(FS3) + 8 * VTD_PT_INDEX(INPUT, 3)) = PAGE(FS2) | RW;
	*word(PAGE(FS2) + 8 * VTD_PT_INDEX(INPUT, 2)) = PAGE(FS1) | RW;
	*word(LEAF_AT) = PAGE(LEAF) | RW;
	w.request = (struct vtd_ats_request){.sid = SID, .has_pasid = true, .pasid = PASID, .address = INPUT + 0x123};
	w.page = (struct vtd_page_request){
	        .sid = SID,
	        .has_pasid = true,
	        .pasid = PASID,
	        .write = true,
	        .last = true,
	        .group = 0x155,
	        .address = INPUT,
	};
	w.prq.address = PAGE(QUEUE);
	return 0;
}

static void translate(void)
{
	vtd_ats_translate(&w.unit, true, &w.request, &w.result);
}

static void ask(void)
{
	vtd_prq_request(&w.unit, true, write_words, &w.prq, &w.page, &w.taken);
}

/* ---- translation requests ---- */

static void granted(void **state)
{
	(void)state;
	translate();
	assert_int_equal(w.result.status, VTD_ATS_SUCCESS);
	assert_true(w.result.read && w.result.write && !w.result.untranslated && !w.result.record);
	assert_int_equal(w.result.input, INPUT);
	assert_int_equal(w.result.output, PAGE(LEAF));
	assert_int_equal(w.result.bytes, 0x1000);
	/* A right to write is a write to come: the dirty bit is set when it is given. */
	assert_int_equal(*word(LEAF_AT), PAGE(LEAF) | RW | VTD_FS_ACCESSED | VTD_FS_DIRTY);
}

static void no_write_leaves_clean(void **state)
{
	(void)state;
	w.request.no_write = true;
	translate();
	assert_true(w.result.read && !w.result.write);
	assert_int_equal(*word(LEAF_AT), PAGE(LEAF) | RW | VTD_FS_ACCESSED);
}

static void no_write_unknown_to_the_unit(void **state)
{
	(void)state;
	w.unit.ecap &= ~VTD_ECAP_NWFS;
	w.request.no_write = true;
	translate();
	assert_true(w.result.read && w.result.write);
}

static void read_only_page(void **state)
{
	(void)state;
	*word(LEAF_AT) &= ~VTD_FS_WRITE;
	translate();
	assert_int_equal(w.result.status, VTD_ATS_SUCCESS);
	assert_true(w.result.read && !w.result.write && !w.result.record);
	assert_int_equal(w.result.output, PAGE(LEAF));
}

struct row {
	const char *name;
	uint64_t at, clear, set;
	int reason;
	enum vtd_ats_status status;
	bool record;
};

static const struct row rows[] = {
        {"root absent", ROOT_AT, VTD_ROOT_PRESENT, 0, VTD_FAULT_ROOT_P, VTD_ATS_UNSUPPORTED, true},
        {"root reserved", ROOT_AT, 0, BIT64(5), VTD_FAULT_ROOT_RSVD, VTD_ATS_ABORTED, true},
        {"context absent", CONTEXT_AT, VTD_CTX_PRESENT, 0, VTD_FAULT_CTX_P, VTD_ATS_UNSUPPORTED, true},
        {"context reserved", CONTEXT_AT, 0, BIT64(8), VTD_FAULT_CTX_RSVD, VTD_ATS_ABORTED, true},
        {"PRE without DTE", CONTEXT_AT, VTD_CTX_DTE, 0, VTD_FAULT_CTX_INVALID, VTD_ATS_ABORTED, true},
        {"DTE clear", CONTEXT_AT, VTD_CTX_DTE | VTD_CTX_PRE, 0, VTD_FAULT_CTX_DTE, VTD_ATS_UNSUPPORTED, true},
        {"DTE and PASIDE clear", CONTEXT_AT, VTD_CTX_DTE | VTD_CTX_PRE | VTD_CTX_PASIDE, 0, VTD_FAULT_CTX_DTE,
         VTD_ATS_UNSUPPORTED, true},
        {"FPD", CONTEXT_AT, VTD_CTX_DTE | VTD_CTX_PRE, VTD_CTX_FPD, VTD_FAULT_CTX_DTE, VTD_ATS_UNSUPPORTED, false},
        {"PASIDE clear", CONTEXT_AT, VTD_CTX_PASIDE, 0, VTD_FAULT_CTX_PASIDE, VTD_ATS_UNSUPPORTED, true},
        {"directory absent", DIRECTORY_AT, VTD_PASIDDIR_PRESENT, 0, VTD_FAULT_PASIDDIR_P, VTD_ATS_SUCCESS, false},
        {"directory reserved", DIRECTORY_AT, 0, BIT64(2), VTD_FAULT_PASIDDIR_RSVD, VTD_ATS_ABORTED, true},
        {"entry absent", ENTRY_AT, VTD_PASID0_PRESENT, 0, VTD_FAULT_PASID_P, VTD_ATS_SUCCESS, false},
        {"entry reserved", ENTRY_AT, 0, BIT64(5), VTD_FAULT_PASID_RSVD, VTD_ATS_ABORTED, true},
        {"PGTT", ENTRY_AT, VTD_PASID0_PGTT, 0, VTD_FAULT_PASID_INVALID, VTD_ATS_ABORTED, true},
        {"page absent", LEAF_AT, VTD_FS_PRESENT, 0, VTD_FAULT_FS_P, VTD_ATS_SUCCESS, false},
        {"page of the supervisor", LEAF_AT, VTD_FS_USER, 0, VTD_FAULT_USER, VTD_ATS_SUCCESS, false},
        {"page reserved", LEAF_AT, 0, BIT64(50), VTD_FAULT_FS_RSVD, VTD_ATS_SUCCESS, false},
        {"interrupt window", LEAF_AT, PAGE(LEAF), VTD_MSI_WINDOW_FIRST, VTD_FAULT_MSI_OUTPUT, VTD_ATS_ABORTED, true},
};

static void refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];

		set_up(state);
		*word(row->at) = (*word(row->at) & ~row->clear) | row->set;
		translate();
		if (w.result.reason != row->reason || w.result.status != row->status || w.result.record != row->record)
			fail_msg("%s: reason %x, status %d, record %d", row->name, (unsigned)w.result.reason,
			         (int)w.result.status, w.result.record);
		assert_false(w.result.read || w.result.write);
	}
}

static void refused_otherwise(void **state)
{
	(void)state;
	vtd_ats_translate(&w.unit, false, &w.request, &w.result);
	assert_int_equal(w.result.status, VTD_ATS_UNSUPPORTED);
	assert_false(w.result.record);
	w.request.privileged = true;
	translate();
	assert_int_equal(w.result.reason, VTD_FAULT_PASID_SRE);
	assert_int_equal(w.result.status, VTD_ATS_SUCCESS);
	assert_false(w.result.record);
	w.request.privileged = false;
	/* The one that is both answered and recorded. */
	w.lose = true;
	translate();
	assert_int_equal(w.result.reason, VTD_FAULT_FS_UPDATE);
	assert_int_equal(w.result.status, VTD_ATS_SUCCESS);
	assert_true(w.result.record);
}

static void interrupt_window_without_pasid(void **state)
{
	(void)state;
	*word(PAGE(TABLE)) = FIELD_PREP(VTD_PASID0_PGTT, VTD_PGTT_PASS_THROUGH) | VTD_PASID0_PRESENT;
	*word(PAGE(TABLE) + 8) = DID;
	w.request = (struct vtd_ats_request){.sid = SID, .address = VTD_MSI_WINDOW_FIRST + 0x40};
	translate();
	assert_true(w.result.status == VTD_ATS_SUCCESS && w.result.untranslated && w.result.write && !w.result.read);
	w.request.no_write = true;
	translate();
	assert_true(w.result.status == VTD_ATS_SUCCESS && !w.result.untranslated && !w.result.write);
}

static void translated_requests(void **state)
{
	bool record;

	(void)state;
	assert_int_equal(vtd_ats_translated(&w.unit, true, SID, 0x1000, &record), 0);
	assert_int_equal(vtd_ats_translated(&w.unit, true, SID, BIT64(46), &record), VTD_FAULT_HOST_ADDRESS);
	assert_true(record);
	assert_int_equal(vtd_ats_translated(&w.unit, true, SID, VTD_MSI_WINDOW_LAST, &record), VTD_FAULT_MSI_OUTPUT);
	assert_int_not_equal(vtd_ats_translated(&w.unit, false, SID, 0x1000, &record), 0);
	assert_false(record);
	*word(CONTEXT_AT) &= ~(VTD_CTX_DTE | VTD_CTX_PRE);
	assert_int_equal(vtd_ats_translated(&w.unit, true, SID, 0x1000, &record), VTD_FAULT_CTX_DTE);
	assert_true(record);
}

/* ---- page requests ---- */

static void queued(void **state)
{
	const uint64_t *q = word(PAGE(QUEUE));

	(void)state;
	ask();
	assert_true(w.taken.queued && w.taken.event && !w.taken.respond && !w.taken.reason);
	assert_int_equal(w.prq.tail, 32);
	assert_int_equal(w.prq.status, 1);
	assert_int_equal(q[0], UINT64_C(1) | BIT64(8) | SID << 16 | (uint64_t)PASID << 32);
	assert_int_equal(q[1], INPUT | 0x155 << 3 | 4 | 2);
	assert_int_equal(q[2] | q[3], 0);
	/* One event until software has looked. */
	w.page = (struct vtd_page_request){.sid = SID, .read = true, .address = INPUT};
	*word(PAGE(TABLE)) = FIELD_PREP(VTD_PASID0_PGTT, VTD_PGTT_PASS_THROUGH) | VTD_PASID0_PRESENT;
	*word(PAGE(TABLE) + 8) = DID;
	ask();
	assert_true(w.taken.queued && !w.taken.event);
	assert_int_equal(q[4], UINT64_C(1) | SID << 16);
	assert_int_equal(q[5], INPUT | 1);
	assert_int_equal(w.prq.tail, 64);
}

static void overflow(void **state)
{
	unsigned i;

	(void)state;
	w.prq.head = w.prq.tail = 3 * 32;
	for (i = 0; i < 127; i++) {
		ask();
		assert_true(w.taken.queued);
	}
	assert_int_equal(w.prq.tail, 2 * 32);
	w.prq.status = 0; /* software cleared PPR, and has not come to read yet */
	ask();
	assert_true(!w.taken.queued && w.taken.event && w.taken.respond);
	assert_int_equal(w.taken.code, VTD_PAGE_SUCCESS);
	assert_int_equal(w.prq.status, 2);
	/* While PRO is set nothing is taken, even with room; nobody waits for an answer to what is not the last. */
	w.prq.head = w.prq.tail;
	ask();
	assert_true(!w.taken.queued && !w.taken.event && w.taken.respond);
	w.page.last = false;
	ask();
	assert_true(!w.taken.queued && !w.taken.respond);
}

static void page_requests_refused(void **state)
{
	(void)state;
	*word(CONTEXT_AT) &= ~VTD_CTX_PRE;
	ask();
	assert_int_equal(w.taken.reason, VTD_FAULT_CTX_PRE);
	assert_true(w.taken.record && w.taken.respond && !w.taken.queued && !w.prq.status && !w.prq.tail);
	assert_int_equal(w.taken.code, VTD_PAGE_INVALID);
	set_up(state);
	*word(ENTRY_AT) &= ~VTD_PASID0_PRESENT;
	ask();
	assert_int_equal(w.taken.reason, VTD_FAULT_PASID_P);
	assert_int_equal(w.taken.code, VTD_PAGE_INVALID);
	w.page.last = false;
	ask();
	assert_true(w.taken.record && !w.taken.respond);
	set_up(state);
	w.unit.rtaddr &= ~VTD_RTADDR_TTM;
	ask();
	assert_int_equal(w.taken.reason, VTD_FAULT_RTA_LEGACY_PRQ);
	assert_true(w.taken.respond);
	/* A queue that lies nowhere. */
	set_up(state);
	w.prq.address = PAGE(PAGES);
	ask();
	assert_true(!w.taken.queued && w.taken.respond);
	assert_int_equal(w.prq.tail, 0);
}

static void responses(void **state)
{
	const uint64_t good[4] = {UINT64_C(9) | BIT64(4) | 1 << 12 | SID << 16 | (uint64_t)PASID << 32, 0x155 << 3 | 4};
	struct vtd_page_response response;
	uint64_t q[4];

	(void)state;
	assert_true(vtd_prq_response(good, &response));
	assert_int_equal(response.sid, SID);
	assert_int_equal(response.pasid, PASID);
	assert_int_equal(response.group, 0x155);
	assert_int_equal(response.code, VTD_PAGE_INVALID);
	assert_true(response.has_pasid);
	for (unsigned bit = 0; bit < 256; bit++) {
		bool reserved = bit >= 128 || (bit >= 5 && bit <= 8) || (bit >= 52 && bit <= 65) || (bit >= 76);

		memcpy(q, good, sizeof(q));
		q[bit / 64] |= BIT64(bit % 64);
		assert_int_equal(vtd_prq_response(q, &response), !reserved);
	}
}

static void invalidation_ranges(void **state)
{
	uint64_t first, bytes;

	(void)state;
	vtd_devtlb_range(0x12345000, false, &first, &bytes);
	assert_true(first == 0x12345000 && bytes == 0x1000);
	vtd_devtlb_range(0x12344000, true, &first, &bytes);
	assert_true(first == 0x12344000 && bytes == 0x2000);
	vtd_devtlb_range(0x12345000, true, &first, &bytes);
	assert_true(first == 0x12344000 && bytes == 0x4000);
	vtd_devtlb_range(VTD_QI_DEVTLB_ALL, true, &first, &bytes);
	assert_true(first == 0 && bytes == UINT64_MAX);
	vtd_devtlb_range(VTD_QI_PDEVTLB_ALL, true, &first, &bytes);
	assert_true(first == 0 && bytes == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(granted, set_up),
	        cmocka_unit_test_setup(no_write_leaves_clean, set_up),
	        cmocka_unit_test_setup(no_write_unknown_to_the_unit, set_up),
	        cmocka_unit_test_setup(read_only_page, set_up),
	        cmocka_unit_test_setup(refused, set_up),
	        cmocka_unit_test_setup(refused_otherwise, set_up),
	        cmocka_unit_test_setup(interrupt_window_without_pasid, set_up),
	        cmocka_unit_test_setup(translated_requests, set_up),
	        cmocka_unit_test_setup(queued, set_up),
	        cmocka_unit_test_setup(overflow, set_up),
	        cmocka_unit_test_setup(page_requests_refused, set_up),
	        cmocka_unit_test_setup(responses, set_up),
	        cmocka_unit_test_setup(invalidation_ranges, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
