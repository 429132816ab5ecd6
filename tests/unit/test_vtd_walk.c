// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The emulated unit's translation, against the specification's table of fault reasons: for each reason that a request
 * can meet, a set of tables that is right but for one thing. Then what good tables give: rights, page sizes, accessed
 * and dirty bits, and that no record is wanted where FPD says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/vtd/regs.h"
#include "tests/qemu/vtd/fault.h"
#include "tests/qemu/vtd/walk.h"

#define SID    0x6a9 /* bus 6, devfn a9: the upper half of the root entry */
#define PASID  0x12345
#define INPUT  UINT64_C(0x7f1234567000)
#define DID    0x33
#define WINDOW VTD_MSI_WINDOW_FIRST

/* Physical memory: PAGES pages from BASE. */
#define BASE    UINT64_C(0x100000)
#define PAGES   48
#define PAGE(n) (BASE + (n)*UINT64_C(0x1000))
enum {
	ROOT,
	CONTEXT,
	DIRECTORY, /* 32 pages' worth would be needed for all PASIDs; this one is placed for PASID */
	TABLE = DIRECTORY + 8,
	FS4,
	FS3,
	FS2,
	FS1,
	SS4,
	SS3,
	SS2,
	SS1,
	SS1_INPUT, /* level 1 of the second stage for what the first stage gives */
	SS2_INPUT,
	RID_TABLE,
	SS3_INPUT,
	LEAF,
};

struct world {
	uint64_t memory[PAGES * 512];
	uint64_t deny;       /* reads of this address fail */
	uint64_t deny_write; /* updates of this address fail */
	unsigned lose;       /* that many updates find the entry changed */
	struct vtd_walk_unit unit;
	struct vtd_walk_request request;
	struct vtd_walk_result result;
};

static struct world w;

static uint64_t *word(uint64_t pa)
{
	assert_true(pa >= BASE && pa < PAGE(PAGES) && pa % 8 == 0);
	return &w.memory[(pa - BASE) / 8];
}

static int read_words(void *opaque, uint64_t pa, uint64_t *words, unsigned count)
{
	(void)opaque;
	if (pa == w.deny || pa < BASE || pa + count * 8 > PAGE(PAGES))
		return -1;
	memcpy(words, word(pa), count * sizeof(*words));
	return 0;
}

static int cmpxchg(void *opaque, uint64_t pa, uint64_t old, uint64_t new)
{
	(void)opaque;
	if (pa == w.deny_write || pa < BASE || pa >= PAGE(PAGES))
		return -1;
	if (w.lose) {
		w.lose--;
		return 1;
	}
	if (*word(pa) != old)
		return 1;
	*word(pa) = new;
	return 0;
}

static const struct vtd_walk_memory memory = {read_words, cmpxchg};

#define ROOT_AT                  (PAGE(ROOT) + 16 * VTD_BUS_OF(SID) + 8)
#define CONTEXT_AT               (PAGE(CONTEXT) + 32 * (VTD_DEVFN_OF(SID) & 127))
#define DIRECTORY_AT             (PAGE(DIRECTORY) + 8 * VTD_PASIDDIR_INDEX_OF(PASID))
#define ENTRY_AT                 (PAGE(TABLE) + 64 * VTD_PASID_TABLE_INDEX_OF(PASID))
#define AT(page, address, level) (PAGE(page) + 8 * VTD_PT_INDEX(address, level))
#define FS_AT(level)             AT(FS1 + 1 - (level), INPUT, level)

#define FS_TABLE (VTD_FS_PRESENT | VTD_FS_WRITE | VTD_FS_USER)
#define SS_RW    (VTD_SS_READ | VTD_SS_WRITE)

/* A second stage over the memory above, and for INPUT itself. */
static void build_second_stage(void)
{
	unsigned i;

	*word(AT(SS4, BASE, 4)) = PAGE(SS3) | SS_RW;
	*word(AT(SS3, BASE, 3)) = PAGE(SS2) | SS_RW;
	*word(AT(SS2, BASE, 2)) = PAGE(SS1) | SS_RW;
	for (i = 0; i < PAGES; i++)
		*word(AT(SS1, PAGE(i), 1)) = PAGE(i) | SS_RW;
	*word(AT(SS4, INPUT, 4)) = PAGE(SS3_INPUT) | SS_RW;
	*word(AT(SS3_INPUT, INPUT, 3)) = PAGE(SS2_INPUT) | SS_RW;
	*word(AT(SS2_INPUT, INPUT, 2)) = PAGE(SS1_INPUT) | SS_RW;
	*word(AT(SS1_INPUT, INPUT, 1)) = PAGE(LEAF) | SS_RW;
}

static void build_first_stage(void)
{
	*word(FS_AT(4)) = PAGE(FS3) | FS_TABLE;
	*word(FS_AT(3)) = PAGE(FS2) | FS_TABLE;
	*word(FS_AT(2)) = PAGE(FS1) | FS_TABLE;
	*word(FS_AT(1)) = PAGE(LEAF) | FS_TABLE;
}

static void pgtt(unsigned type)
{
	uint64_t *q = word(ENTRY_AT);

	q[0] = (q[0] & ~VTD_PASID0_PGTT) | FIELD_PREP(VTD_PASID0_PGTT, type);
}

static int set_up(void **state)
{
	uint64_t *q;

	(void)state;
	memset(&w, 0, sizeof(w));
	w.unit = (struct vtd_walk_unit){
	        .cap = FIELD_PREP(VTD_CAP_ND, 6) | VTD_CAP_SAGAW_39 | VTD_CAP_SAGAW_48 | FIELD_PREP(VTD_CAP_MGAW, 47) |
	               VTD_CAP_SSLPS_2M | VTD_CAP_SSLPS_1G | VTD_CAP_FS1GP,
	        .ecap = VTD_ECAP_SMTS | VTD_ECAP_FSTS | VTD_ECAP_SSTS | VTD_ECAP_NEST | VTD_ECAP_PT | VTD_ECAP_SRS |
	                VTD_ECAP_PASID | FIELD_PREP(VTD_ECAP_PSS, 19) | VTD_ECAP_SMPWC | VTD_ECAP_SSADS | VTD_ECAP_RPS,
	        .haw = 46,
	        .rtaddr = PAGE(ROOT) | FIELD_PREP(VTD_RTADDR_TTM, VTD_TTM_SCALABLE),
	        .memory = &memory,
	};
	w.request = (struct vtd_walk_request){
	        .sid = SID,
	        .has_pasid = true,
	        .pasid = PASID,
	        .write = true,
	        .address = INPUT + 0x123,
	};
	*word(ROOT_AT) = PAGE(CONTEXT) | VTD_ROOT_PRESENT;
	q = word(CONTEXT_AT);
	q[0] = PAGE(DIRECTORY) | FIELD_PREP(VTD_CTX_PDTS, 7) | VTD_CTX_PASIDE | VTD_CTX_PRESENT;
	*word(DIRECTORY_AT) = PAGE(TABLE) | VTD_PASIDDIR_PRESENT;
	*word(PAGE(DIRECTORY)) = PAGE(RID_TABLE) | VTD_PASIDDIR_PRESENT;
	q = word(ENTRY_AT);
	q[0] = PAGE(SS4) | FIELD_PREP(VTD_PASID0_AW, VTD_AW_48BIT) | VTD_PASID0_PRESENT;
	q[1] = FIELD_PREP(VTD_PASID1_DID, DID) | VTD_PASID1_PWSNP;
	q[2] = PAGE(FS4);
	pgtt(VTD_PGTT_FIRST);
	build_first_stage();
	build_second_stage();
	return 0;
}

static void walk(void)
{
	vtd_walk(&w.unit, &w.request, &w.result);
}

/* The nested walk's leaf is a guest physical address; the test's second stage maps it to itself. */
static void nested(void)
{
	pgtt(VTD_PGTT_NESTED);
}

static void second(void)
{
	pgtt(VTD_PGTT_SECOND);
}

/* One deviation from good tables each, in the order of the specification's table. */
#define BREAK(name) static void name(void)

BREAK(mode_reserved)
{
	w.unit.rtaddr |= VTD_RTADDR_TTM & ~FIELD_PREP(VTD_RTADDR_TTM, VTD_TTM_SCALABLE);
}
BREAK(mode_legacy)
{
	w.unit.rtaddr &= ~VTD_RTADDR_TTM;
}
BREAK(mode_abort)
{
	w.unit.rtaddr |= VTD_RTADDR_TTM;
	w.unit.ecap |= VTD_ECAP_ADMS;
}
BREAK(root_unreadable)
{
	w.deny = ROOT_AT;
}
BREAK(root_absent)
{
	*word(ROOT_AT) = 0;
}
BREAK(root_reserved)
{
	*word(ROOT_AT) |= BIT64(5);
}
BREAK(root_beyond_haw)
{
	*word(ROOT_AT) |= BIT64(46);
}
BREAK(context_unreadable)
{
	w.deny = CONTEXT_AT;
}
BREAK(context_absent)
{
	*word(CONTEXT_AT) &= ~VTD_CTX_PRESENT;
}
BREAK(context_reserved_dte)
{
	*word(CONTEXT_AT) |= VTD_CTX_DTE;
}
BREAK(context_reserved_q3)
{
	*word(CONTEXT_AT + 24) = 1;
}
BREAK(context_pre_without_dte)
{
	w.unit.ecap |= VTD_ECAP_DT | VTD_ECAP_PRS;
	*word(CONTEXT_AT) |= VTD_CTX_PRE;
}
BREAK(rid_pasid_beyond_directory)
{
	*word(CONTEXT_AT) &= ~VTD_CTX_PDTS;
	*word(CONTEXT_AT + 8) = 0x2000;
}
BREAK(no_paside)
{
	*word(CONTEXT_AT) &= ~VTD_CTX_PASIDE;
}
BREAK(beyond_directory)
{
	*word(CONTEXT_AT) &= ~VTD_CTX_PDTS;
}
BREAK(equals_rid_pasid)
{
	*word(CONTEXT_AT + 8) = PASID;
}
BREAK(directory_unreadable)
{
	w.deny = DIRECTORY_AT;
}
BREAK(directory_absent)
{
	*word(DIRECTORY_AT) &= ~VTD_PASIDDIR_PRESENT;
}
BREAK(directory_reserved)
{
	*word(DIRECTORY_AT) |= BIT64(2);
}
BREAK(entry_unreadable)
{
	w.deny = ENTRY_AT;
}
BREAK(entry_absent)
{
	*word(ENTRY_AT) &= ~VTD_PASID0_PRESENT;
}
BREAK(entry_zero)
{
	memset(word(ENTRY_AT), 0, 64);
}
BREAK(entry_reserved)
{
	*word(ENTRY_AT + 56) = 1;
}
BREAK(entry_pgsnp_without_sc)
{
	*word(ENTRY_AT + 8) |= VTD_PASID1_PGSNP;
}
BREAK(entry_did_0_in_caching_mode)
{
	w.unit.cap |= VTD_CAP_CM;
	*word(ENTRY_AT + 8) &= ~VTD_PASID1_DID;
}
BREAK(entry_pgtt_0)
{
	pgtt(0);
}
BREAK(entry_pgtt_not_offered)
{
	w.unit.ecap &= ~VTD_ECAP_NEST;
	nested();
}
BREAK(entry_5_level)
{
	*word(ENTRY_AT + 16) |= FIELD_PREP(VTD_PASID2_FSPM, VTD_FSPM_5LEVEL);
}
BREAK(entry_width)
{
	second();
	*word(ENTRY_AT) |= FIELD_PREP(VTD_PASID0_AW, VTD_AW_57BIT);
}
BREAK(entry_nested_root_too_high)
{
	nested();
	*word(ENTRY_AT + 16) |= BIT64(50);
}
BREAK(supervisor_not_allowed)
{
	w.request.privileged = true;
}
BREAK(first_unreadable)
{
	w.deny = FS_AT(2);
}
BREAK(first_absent)
{
	*word(FS_AT(2)) = 0;
}
BREAK(first_reserved)
{
	*word(FS_AT(3)) |= BIT64(50);
}
BREAK(first_large_top)
{
	*word(FS_AT(4)) |= VTD_PT_LARGE;
}
BREAK(first_large_misaligned)
{
	*word(FS_AT(2)) = 0x3000 | FS_TABLE | VTD_PT_LARGE;
}
BREAK(first_1g_not_offered)
{
	w.unit.cap &= ~VTD_CAP_FS1GP;
	*word(FS_AT(3)) = 0x40000000 | FS_TABLE | VTD_PT_LARGE;
}
BREAK(first_top_unreadable)
{
	w.deny = FS_AT(4);
}
BREAK(nested_pointer_too_high)
{
	nested();
	*word(FS_AT(3)) |= BIT64(50);
}
BREAK(nested_leaf_too_high)
{
	nested();
	*word(FS_AT(1)) |= BIT64(50);
}
BREAK(nested_top_no_read)
{
	nested();
	*word(AT(SS1, PAGE(FS4), 1)) &= ~VTD_SS_READ;
}
BREAK(nested_no_read)
{
	nested();
	*word(AT(SS1, PAGE(FS2), 1)) &= ~VTD_SS_READ;
}
BREAK(nested_no_update)
{
	nested();
	*word(AT(SS1, PAGE(FS2), 1)) &= ~VTD_SS_WRITE;
}
BREAK(nested_table_unmapped)
{
	nested();
	*word(AT(SS1, PAGE(FS2), 1)) = 0;
}
BREAK(second_unreadable)
{
	second();
	w.deny = AT(SS2_INPUT, INPUT, 2);
}
BREAK(second_absent)
{
	second();
	*word(AT(SS2_INPUT, INPUT, 2)) = 0;
}
BREAK(second_nothing_left)
{
	second();
	*word(AT(SS2_INPUT, INPUT, 2)) &= ~VTD_SS_READ;
	*word(AT(SS1_INPUT, INPUT, 1)) &= ~VTD_SS_WRITE;
}
BREAK(second_reserved)
{
	second();
	*word(AT(SS1_INPUT, INPUT, 1)) |= BIT64(62);
}
BREAK(second_snoop_without_sc)
{
	second();
	*word(AT(SS1_INPUT, INPUT, 1)) |= VTD_SS_SNOOP;
}
BREAK(second_large_not_offered)
{
	second();
	w.unit.cap &= ~VTD_CAP_SSLPS_1G;
	*word(AT(SS3_INPUT, INPUT, 3)) = SS_RW | VTD_PT_LARGE;
}
BREAK(second_top_unreadable)
{
	second();
	w.deny = AT(SS4, INPUT, 4);
}
BREAK(second_update_not_snooped)
{
	second();
	*word(ENTRY_AT) |= VTD_PASID0_SSADE;
	*word(ENTRY_AT + 8) &= ~VTD_PASID1_PWSNP;
}
BREAK(second_update_fails)
{
	second();
	*word(ENTRY_AT) |= VTD_PASID0_SSADE;
	w.deny_write = AT(SS1_INPUT, INPUT, 1);
}
BREAK(second_update_lost)
{
	second();
	*word(ENTRY_AT) |= VTD_PASID0_SSADE;
	w.lose = 100;
}
BREAK(not_canonical)
{
	w.request.address = BIT64(47);
}
BREAK(supervisor_page)
{
	*word(FS_AT(2)) &= ~VTD_FS_USER;
}
BREAK(through_beyond_haw)
{
	pgtt(VTD_PGTT_PASS_THROUGH);
	w.request.address = BIT64(46);
}
BREAK(second_beyond_width)
{
	second();
	w.request.address = BIT64(48);
}
BREAK(second_beyond_aw)
{
	second();
	*word(ENTRY_AT) = (*word(ENTRY_AT) & ~VTD_PASID0_AW) | FIELD_PREP(VTD_PASID0_AW, VTD_AW_39BIT);
}
BREAK(first_no_write)
{
	*word(FS_AT(2)) &= ~VTD_FS_WRITE;
}
BREAK(second_no_write)
{
	second();
	*word(AT(SS3_INPUT, INPUT, 3)) &= ~VTD_SS_WRITE;
}
BREAK(nested_leaf_no_write)
{
	nested();
	*word(AT(SS1, PAGE(LEAF), 1)) &= ~VTD_SS_WRITE;
}
BREAK(second_no_read)
{
	second();
	w.request.read = true;
	w.request.write = false;
	*word(AT(SS1_INPUT, INPUT, 1)) &= ~VTD_SS_READ;
}
BREAK(second_no_read_for_atomic)
{
	second_no_read();
	w.request.write = true;
}
BREAK(output_interrupt)
{
	*word(FS_AT(1)) = 0xfee01000 | FS_TABLE;
}
BREAK(through_interrupt)
{
	pgtt(VTD_PGTT_PASS_THROUGH);
	w.request.address = 0xfee00000;
}
BREAK(beyond_supported)
{
	w.unit.ecap &= ~VTD_ECAP_PSS;
}
BREAK(first_update_not_snooped)
{
	*word(ENTRY_AT + 8) &= ~VTD_PASID1_PWSNP;
}
BREAK(first_update_fails)
{
	w.deny_write = FS_AT(1);
}
BREAK(first_update_lost)
{
	w.lose = 100;
}

static const struct row {
	const char *name;
	void (*prepare)(void);
	int reason;
} rows[] = {
#define ROW(prepare, reason)                                                \
	{                                                                   \
		"fault " #reason ": " #prepare, prepare, VTD_FAULT_##reason \
	}
        ROW(mode_reserved, RTA_TTM),
        ROW(mode_legacy, RTA_LEGACY_PASID),
        ROW(mode_abort, RTA_ABORT),
        ROW(root_unreadable, ROOT_ACCESS),
        ROW(root_absent, ROOT_P),
        ROW(root_reserved, ROOT_RSVD),
        ROW(root_beyond_haw, ROOT_RSVD),
        ROW(context_unreadable, CTX_ACCESS),
        ROW(context_absent, CTX_P),
        ROW(context_reserved_dte, CTX_RSVD),
        ROW(context_reserved_q3, CTX_RSVD),
        ROW(context_pre_without_dte, CTX_INVALID),
        ROW(rid_pasid_beyond_directory, CTX_INVALID),
        ROW(no_paside, CTX_PASIDE),
        ROW(beyond_directory, CTX_PDTS),
        ROW(equals_rid_pasid, CTX_RID_PASID),
        ROW(directory_unreadable, PASIDDIR_ACCESS),
        ROW(directory_absent, PASIDDIR_P),
        ROW(directory_reserved, PASIDDIR_RSVD),
        ROW(entry_unreadable, PASID_ACCESS),
        ROW(entry_absent, PASID_P),
        ROW(entry_zero, PASID_P),
        ROW(entry_reserved, PASID_RSVD),
        ROW(entry_pgsnp_without_sc, PASID_RSVD),
        ROW(entry_did_0_in_caching_mode, PASID_RSVD),
        ROW(entry_pgtt_0, PASID_INVALID),
        ROW(entry_pgtt_not_offered, PASID_INVALID),
        ROW(entry_5_level, PASID_INVALID),
        ROW(entry_width, PASID_INVALID),
        ROW(entry_nested_root_too_high, PASID_INVALID),
        ROW(supervisor_not_allowed, PASID_SRE),
        ROW(first_unreadable, FS_ACCESS),
        ROW(first_absent, FS_P),
        ROW(first_reserved, FS_RSVD),
        ROW(first_large_top, FS_RSVD),
        ROW(first_large_misaligned, FS_RSVD),
        ROW(first_1g_not_offered, FS_RSVD),
        ROW(first_top_unreadable, FS_TOP_ACCESS),
        ROW(nested_pointer_too_high, FS_ADDRESS),
        ROW(nested_leaf_too_high, FS_ADDRESS),
        ROW(nested_top_no_read, FS_TOP_NO_READ),
        ROW(nested_no_read, FS_NO_READ),
        ROW(nested_no_update, FS_NO_UPDATE),
        ROW(nested_table_unmapped, SS_P),
        ROW(second_unreadable, SS_ACCESS),
        ROW(second_absent, SS_P),
        ROW(second_nothing_left, SS_P),
        ROW(second_reserved, SS_RSVD),
        ROW(second_snoop_without_sc, SS_RSVD),
        ROW(second_large_not_offered, SS_RSVD),
        ROW(second_top_unreadable, SS_TOP_ACCESS),
        ROW(second_update_not_snooped, SS_UPDATE_SNOOP),
        ROW(second_update_fails, SS_UPDATE),
        ROW(second_update_lost, SS_UPDATE),
        ROW(not_canonical, NOT_CANONICAL),
        ROW(supervisor_page, USER),
        ROW(through_beyond_haw, HOST_ADDRESS),
        ROW(second_beyond_width, ADDRESS),
        ROW(second_beyond_aw, ADDRESS),
        ROW(first_no_write, WRITE),
        ROW(second_no_write, WRITE),
        ROW(nested_leaf_no_write, WRITE),
        ROW(second_no_read, READ),
        ROW(second_no_read_for_atomic, READ),
        ROW(output_interrupt, MSI_OUTPUT),
        ROW(through_interrupt, MSI_OUTPUT),
        ROW(beyond_supported, PSS),
        ROW(first_update_not_snooped, FS_UPDATE_SNOOP),
        ROW(first_update_fails, FS_UPDATE),
        ROW(first_update_lost, FS_UPDATE),
};

/* cmocka runs the set-up with the row as state, then this. */
static void refused(void **state)
{
	const struct row *row = *state;

	row->prepare();
	walk();
	assert_int_equal(w.result.reason, row->reason);
	assert_false(w.result.no_record);

	/* The same with FPD in the context entry, where that can be read. */
	*word(CONTEXT_AT) |= VTD_CTX_FPD;
	w.lose = w.lose ? 100 : 0;
	walk();
	assert_int_equal(w.result.reason, row->reason);
	if (w.unit.rtaddr == (PAGE(ROOT) | FIELD_PREP(VTD_RTADDR_TTM, VTD_TTM_SCALABLE)))
		assert_int_equal(w.result.no_record, vtd_walk_qualified(row->reason));
}

static void assert_granted(uint64_t output, uint64_t bytes, bool read, bool write)
{
	assert_int_equal(w.result.reason, 0);
	assert_int_equal(w.result.output, output);
	assert_int_equal(w.result.bytes, bytes);
	assert_int_equal(w.result.input, ALIGN_DOWN(w.request.address, bytes));
	assert_int_equal(w.result.read, read);
	assert_int_equal(w.result.write, write);
}

static void first_stage(void **state)
{
	(void)state;
	walk();
	assert_granted(PAGE(LEAF), 0x1000, true, true);
	assert_int_equal(w.result.from.did, DID);
	assert_int_equal(w.result.from.pasid, PASID);
	assert_int_equal(w.result.from.pgtt, VTD_PGTT_FIRST);
	assert_int_equal(*word(FS_AT(1)), PAGE(LEAF) | FS_TABLE | VTD_FS_ACCESSED | VTD_FS_DIRTY);
	assert_int_equal(*word(FS_AT(2)), PAGE(FS1) | FS_TABLE | VTD_FS_ACCESSED);
}

static void first_stage_read_then_write(void **state)
{
	(void)state;
	w.request.write = false;
	w.request.read = true;
	walk();
	/* No right to write while the page is clean: the first write must come back and make it dirty. */
	assert_granted(PAGE(LEAF), 0x1000, true, false);
	assert_int_equal(*word(FS_AT(1)), PAGE(LEAF) | FS_TABLE | VTD_FS_ACCESSED);
	w.request.write = true;
	walk();
	assert_granted(PAGE(LEAF), 0x1000, true, true);
	assert_true(*word(FS_AT(1)) & VTD_FS_DIRTY);
}

static void first_stage_large(void **state)
{
	(void)state;
	*word(FS_AT(2)) = 0x40200000 | FS_TABLE | VTD_PT_LARGE | VTD_FS_LARGE_PAT;
	walk();
	assert_granted(0x40200000, 0x200000, true, true);
	*word(FS_AT(3)) = 0x80000000 | FS_TABLE | VTD_PT_LARGE;
	walk();
	assert_granted(0x80000000, 0x40000000, true, true);
}

static void first_stage_five_levels(void **state)
{
	(void)state;
	w.unit.cap |= VTD_CAP_FS5LP;
	*word(ENTRY_AT + 16) = PAGE(LEAF) | FIELD_PREP(VTD_PASID2_FSPM, VTD_FSPM_5LEVEL);
	*word(AT(LEAF, INPUT, 5)) = PAGE(FS4) | FS_TABLE;
	walk();
	assert_granted(PAGE(LEAF), 0x1000, true, true);
}

static void first_stage_accessed_without_snoop(void **state)
{
	unsigned level;

	(void)state;
	*word(ENTRY_AT + 8) &= ~VTD_PASID1_PWSNP;
	for (level = 1; level <= 4; level++)
		*word(FS_AT(level)) |= VTD_FS_ACCESSED;
	*word(FS_AT(1)) |= VTD_FS_DIRTY;
	walk();
	assert_granted(PAGE(LEAF), 0x1000, true, true);
}

static void first_stage_update_raced(void **state)
{
	(void)state;
	w.lose = 3;
	walk();
	assert_granted(PAGE(LEAF), 0x1000, true, true);
}

static void supervisor(void **state)
{
	(void)state;
	*word(ENTRY_AT + 16) |= VTD_PASID2_SRE;
	*word(FS_AT(1)) = PAGE(LEAF) | VTD_FS_PRESENT;
	w.request.privileged = true;
	walk();
	assert_granted(PAGE(LEAF), 0x1000, true, true);
	*word(ENTRY_AT + 16) |= VTD_PASID2_WPE;
	walk();
	assert_int_equal(w.result.reason, VTD_FAULT_WRITE);
}

static void second_stage(void **state)
{
	(void)state;
	second();
	walk();
	assert_granted(PAGE(LEAF), 0x1000, true, true);
	/* Without SSADE no bit is set. */
	assert_int_equal(*word(AT(SS1_INPUT, INPUT, 1)), PAGE(LEAF) | SS_RW);
	*word(ENTRY_AT) |= VTD_PASID0_SSADE;
	walk();
	assert_int_equal(*word(AT(SS1_INPUT, INPUT, 1)), PAGE(LEAF) | SS_RW | VTD_SS_ACCESSED | VTD_SS_DIRTY);
	assert_int_equal(*word(AT(SS4, INPUT, 4)), PAGE(SS3_INPUT) | SS_RW | VTD_SS_ACCESSED);
}

static void second_stage_large(void **state)
{
	(void)state;
	second();
	*word(AT(SS2_INPUT, INPUT, 2)) = 0x200000 | SS_RW | VTD_PT_LARGE;
	walk();
	assert_granted(0x200000, 0x200000, true, true);
	*word(AT(SS3_INPUT, INPUT, 3)) = 0x40000000 | VTD_SS_READ | VTD_PT_LARGE;
	w.request.write = false;
	w.request.read = true;
	walk();
	assert_granted(0x40000000, 0x40000000, true, false);
}

static void read_of_nothing(void **state)
{
	(void)state;
	second_no_read();
	w.request.read = false;
	walk();
	assert_int_equal(w.result.reason, VTD_FAULT_READ);
	w.unit.cap |= VTD_CAP_ZLR;
	walk();
	assert_granted(PAGE(LEAF), 0x1000, false, true);
}

static void nested_walk(void **state)
{
	(void)state;
	nested();
	/* Guest physical FS1 is elsewhere in host memory. */
	memcpy(word(PAGE(40)), word(PAGE(FS1)), 4096);
	memset(word(PAGE(FS1)), 0, 4096);
	*word(AT(SS1, PAGE(FS1), 1)) = PAGE(40) | SS_RW;
	*word(AT(SS1, PAGE(LEAF), 1)) = PAGE(41) | SS_RW;
	walk();
	assert_granted(PAGE(41), 0x1000, true, true);
	assert_int_equal(*word(AT(40, INPUT, 1)), PAGE(LEAF) | FS_TABLE | VTD_FS_ACCESSED | VTD_FS_DIRTY);

	/* A 2 MiB page of the first stage over 4 KiB pages of the second. */
	*word(FS_AT(2)) = FS_TABLE | VTD_PT_LARGE;
	w.request.address = ALIGN_DOWN(INPUT, 0x200000) + PAGE(LEAF) + 8;
	walk();
	assert_granted(PAGE(41), 0x1000, true, true);
}

static void pass_through(void **state)
{
	(void)state;
	pgtt(VTD_PGTT_PASS_THROUGH);
	w.request.address = 0x3456789;
	walk();
	assert_granted(0x3456000, 0x1000, true, true);
}

static void without_pasid(void **state)
{
	(void)state;
	w.request.has_pasid = false;
	w.request.pasid = 0;
	*word(CONTEXT_AT + 8) = 7;
	memcpy(word(PAGE(RID_TABLE) + 7 * 64), word(ENTRY_AT), 64);
	*word(CONTEXT_AT) &= ~VTD_CTX_PASIDE;
	walk();
	assert_granted(PAGE(LEAF), 0x1000, true, true);
	assert_int_equal(w.result.from.pasid, 7);
	/* A unit without RPS takes PASID 0 and reserves the field. */
	w.unit.ecap &= ~VTD_ECAP_RPS;
	walk();
	assert_int_equal(w.result.reason, VTD_FAULT_CTX_RSVD);
	*word(CONTEXT_AT + 8) = 0;
	walk();
	assert_int_equal(w.result.reason, VTD_FAULT_PASID_P);
}

static void beside_the_interrupt_window(void **state)
{
	(void)state;
	*word(FS_AT(2)) = 0xfee00000 | FS_TABLE | VTD_PT_LARGE;
	w.request.address = ALIGN_DOWN(INPUT, 0x200000) + 0x100008;
	walk();
	assert_granted(0xfef00000, 0x1000, true, true);
	w.request.address -= 0x1000;
	walk();
	assert_int_equal(w.result.reason, VTD_FAULT_MSI_OUTPUT);
}

static void interrupt_input_with_pasid(void **state)
{
	(void)state;
	second();
	*word(AT(SS4, WINDOW, 4)) = PAGE(SS3) | SS_RW;
	*word(AT(SS3, WINDOW, 3)) = PAGE(42) | SS_RW;
	*word(AT(42, WINDOW, 2)) = 0x800000 | SS_RW | VTD_PT_LARGE;
	w.request.address = WINDOW + 0x1234;
	walk();
	assert_granted(0x800000, 0x200000, true, true);
}

static void absent_entry_with_fpd(void **state)
{
	(void)state;
	entry_absent();
	*word(ENTRY_AT) |= VTD_PASID0_FPD;
	walk();
	assert_int_equal(w.result.reason, VTD_FAULT_PASID_P);
	assert_true(w.result.no_record);
	set_up(NULL);
	directory_absent();
	*word(DIRECTORY_AT) |= VTD_PASIDDIR_FPD;
	walk();
	assert_int_equal(w.result.reason, VTD_FAULT_PASIDDIR_P);
	assert_true(w.result.no_record);
}

static void wrong_on_purpose(void **state)
{
	uint32_t wrong;

	(void)state;
	assert_int_equal(vtd_wrong_parse("irte-ignored:pasid-ignored", &wrong), 0);
	assert_int_equal(wrong, VTD_WRONG(IRTE_IGNORED) | VTD_WRONG(PASID_IGNORED));
	assert_int_equal(vtd_wrong_parse("pasid", &wrong), -1);
	assert_int_equal(vtd_wrong_parse("pasid-ignored:nonsense", &wrong), -1);
	assert_int_equal(vtd_wrong_parse("", &wrong), -1);
	assert_int_equal(vtd_wrong_parse("pasid-ignored:", &wrong), -1);

	w.unit.wrong = VTD_WRONG(WRITE_ALLOWED);
	first_no_write();
	walk();
	assert_granted(PAGE(LEAF), 0x1000, true, true);
	second_no_write();
	walk();
	assert_granted(PAGE(LEAF), 0x1000, true, true);
	w.unit.wrong = VTD_WRONG(SECOND_STAGE_IGNORED);
	walk();
	assert_granted(INPUT, 0x1000, true, true);
	w.unit.wrong = VTD_WRONG(PASID_IGNORED);
	walk();
	assert_int_equal(w.result.reason, VTD_FAULT_PASID_P);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
	        cmocka_unit_test_setup(first_stage, set_up),
	        cmocka_unit_test_setup(first_stage_read_then_write, set_up),
	        cmocka_unit_test_setup(first_stage_large, set_up),
	        cmocka_unit_test_setup(first_stage_five_levels, set_up),
	        cmocka_unit_test_setup(first_stage_accessed_without_snoop, set_up),
	        cmocka_unit_test_setup(first_stage_update_raced, set_up),
	        cmocka_unit_test_setup(supervisor, set_up),
	        cmocka_unit_test_setup(second_stage, set_up),
	        cmocka_unit_test_setup(second_stage_large, set_up),
	        cmocka_unit_test_setup(read_of_nothing, set_up),
	        cmocka_unit_test_setup(nested_walk, set_up),
	        cmocka_unit_test_setup(pass_through, set_up),
	        cmocka_unit_test_setup(without_pasid, set_up),
	        cmocka_unit_test_setup(beside_the_interrupt_window, set_up),
	        cmocka_unit_test_setup(interrupt_input_with_pasid, set_up),
	        cmocka_unit_test_setup(absent_entry_with_fpd, set_up),
	        cmocka_unit_test_setup(wrong_on_purpose, set_up),
	};
	static struct CMUnitTest tests[ARRAY_SIZE(others) + ARRAY_SIZE(rows)];
	size_t i;

	memcpy(tests, others, sizeof(others));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		/* The state is only handed back, as const. */
		union {
			const void *in;
			void *out;
		} row = {.in = &rows[i]};

		tests[ARRAY_SIZE(others) + i] = (struct CMUnitTest){rows[i].name, refused, set_up, NULL, row.out};
	}
	return cmocka_run_group_tests_name("vtd_walk", tests, NULL, NULL);
}
