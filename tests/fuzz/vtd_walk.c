// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The emulated VT-d unit on tables of software's that are wrong in whatever way the input says: walks, translation
 * requests, page requests, page group responses, invalidation descriptors. Memory is small and good at first, and each
 * step of the input changes a word of it, or the unit, or asks something. What must hold of every answer:
 *
 *	a page that is given has the size, the place and the rights that some entry in memory has, and nothing beyond
 *the host address width or in the interrupt range is given to anybody entries change by accessed and dirty bits only a
 *device TLB is told nothing that an untranslated request would not get page requests are written to the queue and
 *nowhere else, and each gets one answer at most
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/vtd/regs.h"
#include "tests/qemu/vtd/ats.h"
#include "tests/qemu/vtd/prq.h"
#include "tests/qemu/vtd/queue.h"

#define BASE    UINT64_C(0x100000)
#define PAGES   24U
#define WORDS   (PAGES * 512U)
#define PAGE(n) (BASE + (n)*UINT64_C(0x1000))
enum {
	ROOT,
	CONTEXT,
	DIRECTORY,
	TABLE,
	FIRST,
	SECOND = FIRST + 4,
	QUEUE = SECOND + 4,
	LEAF
};

#define SID   0x0018U
#define INPUT UINT64_C(0x5000)
#define HAW   46U

static const uint8_t *input;
static size_t left;
static uint64_t memory[WORDS];
static struct vtd_walk_unit unit;
static struct vtd_prq prq;

static void must(int true_of_it)
{
	if (!true_of_it)
		abort();
}

static uint64_t take(unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)(left > i ? input[i] : 0) << (8 * i);
	input += left < bytes ? left : bytes;
	left -= left < bytes ? left : bytes;
	return value;
}

static uint64_t *word(uint64_t pa)
{
	return pa % 8 == 0 && pa >= BASE && pa < PAGE(PAGES) ? &memory[(pa - BASE) / 8] : NULL;
}

static int read_words(void *opaque, uint64_t pa, uint64_t *words, unsigned count)
{
	(void)opaque;
	must(count && count <= 8);
	if (!word(pa) || !word(pa + (count - 1) * UINT64_C(8)))
		return -1;
	memcpy(words, word(pa), count * sizeof(*words));
	return 0;
}

static int cmpxchg(void *opaque, uint64_t pa, uint64_t old, uint64_t new)
{
	const uint64_t flags = VTD_FS_ACCESSED | VTD_FS_DIRTY | VTD_FS_EXT_ACCESSED | VTD_SS_ACCESSED | VTD_SS_DIRTY;

	(void)opaque;
	must((old & new) == old && ((old ^ new) & ~flags) == 0 && old != new);
	if (!word(pa))
		return -1;
	if (*word(pa) != old)
		return 1;
	*word(pa) = new;
	return 0;
}

static const struct vtd_walk_memory callbacks = {read_words, cmpxchg};

static unsigned written; /* page requests */

static int write_words(void *opaque, uint64_t pa, const uint64_t *words, unsigned count)
{
	const uint64_t ring = UINT64_C(4096) << (prq.address & 7);

	(void)opaque;
	must(count == 4 && pa % 32 == 0 && pa >= (prq.address & VTD_ADDRESS) &&
	     pa < (prq.address & VTD_ADDRESS) + ring);
	must((words[0] & 0xff) == 1 && !words[2] && !words[3]);
	written++;
	return word(pa) && word(pa + 24) ? 0 : -1;
}

static void map(unsigned table, uint64_t address, uint64_t leaf, uint64_t flags)
{
	for (unsigned level = 4; level > 1; level--)
		memory[(table + 4 - level) * 512 + VTD_PT_INDEX(address, level)] = PAGE(table + 5 - level) | flags;
	memory[(table + 3) * 512 + VTD_PT_INDEX(address, 1)] = leaf | flags;
}

static void set_up(void)
{
	const uint64_t user = VTD_FS_PRESENT | VTD_FS_WRITE | VTD_FS_USER, both = VTD_SS_READ | VTD_SS_WRITE;
	uint64_t *q;

	memset(memory, 0, sizeof(memory));
	unit = (struct vtd_walk_unit){
	        .cap = FIELD_PREP(VTD_CAP_ND, UINT64_C(6)) | VTD_CAP_SAGAW_39 | VTD_CAP_SAGAW_48 |
	               FIELD_PREP(VTD_CAP_MGAW, UINT64_C(47)) | VTD_CAP_SSLPS_2M | VTD_CAP_SSLPS_1G | VTD_CAP_FS1GP |
	               VTD_CAP_FS5LP | FIELD_PREP(VTD_CAP_MAMV, UINT64_C(18)),
	        .ecap = VTD_ECAP_SMTS | VTD_ECAP_FSTS | VTD_ECAP_SSTS | VTD_ECAP_NEST | VTD_ECAP_PT | VTD_ECAP_SRS |
	                VTD_ECAP_PASID | FIELD_PREP(VTD_ECAP_PSS, UINT64_C(19)) | VTD_ECAP_SMPWC | VTD_ECAP_SSADS |
	                VTD_ECAP_RPS | VTD_ECAP_DT | VTD_ECAP_PRS | VTD_ECAP_PDS | VTD_ECAP_NWFS,
	        .haw = HAW,
	        .rtaddr = PAGE(ROOT) | FIELD_PREP(VTD_RTADDR_TTM, (uint64_t)VTD_TTM_SCALABLE),
	        .memory = &callbacks,
	};
	prq = (struct vtd_prq){.address = PAGE(QUEUE)};
	memory[ROOT * 512 + VTD_ROOT_INDEX(VTD_BUS_OF(SID), VTD_DEVFN_OF(SID))] = PAGE(CONTEXT) | VTD_ROOT_PRESENT;
	memory[CONTEXT * 512 + 4 * VTD_DEVFN_OF(SID)] =
	        PAGE(DIRECTORY) | VTD_CTX_PRESENT | VTD_CTX_PASIDE | VTD_CTX_DTE | VTD_CTX_PRE;
	memory[DIRECTORY * 512] = PAGE(TABLE) | VTD_PASIDDIR_PRESENT;
	for (unsigned pasid = 0; pasid < 8; pasid++) {
		q = &memory[TABLE * 512 + 8 * pasid];
		/* First, second, nested, pass-through, and again. */
		q[0] = PAGE(SECOND) | FIELD_PREP(VTD_PASID0_AW, (uint64_t)VTD_AW_48BIT) |
		       FIELD_PREP(VTD_PASID0_PGTT, UINT64_C(1) + pasid % 4) | VTD_PASID0_PRESENT;
		q[1] = FIELD_PREP(VTD_PASID1_DID, UINT64_C(9)) | VTD_PASID1_PWSNP;
		q[2] = PAGE(FIRST) | VTD_PASID2_SRE;
	}
	map(FIRST, INPUT, PAGE(LEAF), user);
	for (unsigned page = 0; page < PAGES; page++)
		map(SECOND, PAGE(page), PAGE(page), both);
	map(SECOND, INPUT, PAGE(LEAF), both);
}

/* ---- the oracle ---- */

/* Whether some entry in memory is that of a page around there. */
static int entry_of(uint64_t address)
{
	for (unsigned i = 0; i < WORDS; i++) {
		uint64_t place = memory[i] & VTD_PT_ADDRESS, apart = place ^ address;

		if (memory[i] & 3 && (apart < 1 << 12 || (memory[i] & VTD_PT_LARGE && apart < 1 << 30)))
			return 1;
	}
	return 0;
}

static void check_page(const struct vtd_walk_entry *from, uint64_t address, uint64_t at, uint64_t output,
                       uint64_t bytes)
{
	uint64_t exact = output + (address - at);

	must(bytes == 1 << 12 || bytes == 1 << 21 || bytes == 1 << 30);
	must(output % bytes == 0 && at % bytes == 0 && address - at < bytes);
	must(output >> unit.haw == 0);
	must(exact < VTD_MSI_WINDOW_FIRST || exact > VTD_MSI_WINDOW_LAST);
	must(from->pgtt == VTD_PGTT_PASS_THROUGH ? at == output : entry_of(output));
	if (from->pgtt == VTD_PGTT_SECOND)
		must(address >> (30 + 9 * FIELD_GET(VTD_PASID0_AW, from->entry[0])) == 0);
	must(from->entry[0] & VTD_PASID0_PRESENT && from->context[0] & VTD_CTX_PRESENT);
}

static struct vtd_walk_request request(void)
{
	struct vtd_walk_request r = {.sid = SID, .address = INPUT};
	uint64_t bits = take(1);

	r.has_pasid = bits & 1;
	r.privileged = r.has_pasid && bits & 2;
	r.read = bits & 4;
	r.write = bits & 8;
	r.pasid = r.has_pasid ? (uint32_t)(bits & 16 ? take(3) & 0xfffff : 1 + (bits >> 5)) : 0;
	if (bits & 32)
		r.address = bits & 64 ? take(8) : INPUT ^ BIT64(take(1) & 63);
	if ((bits & 0xc0) == 0xc0)
		r.sid = (uint16_t)take(2);
	return r;
}

static void walk(void)
{
	struct vtd_walk_request r = request();
	struct vtd_walk_result result;

	vtd_walk(&unit, &r, &result);
	must(!result.no_record || vtd_walk_qualified(result.reason));
	if (result.reason)
		return;
	check_page(&result.from, r.address, result.input, result.output, result.bytes);
	must((!r.read || result.read) && (!r.write || result.write));
	must(!r.has_pasid || result.from.pasid == r.pasid);
}

static void translate(void)
{
	struct vtd_walk_request r = request();
	struct vtd_ats_request ask = {
	        .sid = r.sid,
	        .has_pasid = r.has_pasid,
	        .pasid = r.pasid,
	        .privileged = r.privileged,
	        .no_write = !r.write,
	        .address = r.address,
	};
	struct vtd_ats_result told;
	struct vtd_walk_result result;
	bool record;

	vtd_ats_translate(&unit, take(1) != 0, &ask, &told);
	must(told.status == VTD_ATS_SUCCESS || (!told.read && !told.write));
	if (told.untranslated)
		must(!told.read && r.address >= VTD_MSI_WINDOW_FIRST && r.address <= VTD_MSI_WINDOW_LAST);
	else if (told.read || told.write) {
		r.read = told.read;
		r.write = told.write;
		vtd_walk(&unit, &r, &result);
		must(!result.reason &&
		     result.output + (r.address - result.input) == told.output + (r.address - told.input));
		must(result.from.context[0] & VTD_CTX_DTE);
	}
	if (!vtd_ats_translated(&unit, true, r.sid, r.address, &record))
		must(r.address >> unit.haw == 0 && !record &&
		     (r.address < VTD_MSI_WINDOW_FIRST || r.address > VTD_MSI_WINDOW_LAST));
}

static void page_request(void)
{
	struct vtd_walk_request r = request();
	uint64_t bits = take(2);
	struct vtd_page_request ask = {
	        .sid = r.sid,
	        .has_pasid = r.has_pasid,
	        .pasid = r.pasid,
	        .privileged = r.privileged,
	        .read = r.read,
	        .write = r.write,
	        .last = bits & 0x8000,
	        .group = bits & 0x1ff,
	        .address = r.address,
	};
	const struct vtd_prq before = prq;
	struct vtd_prq_result result;

	written = 0;
	vtd_prq_request(&unit, bits & 0x4000, write_words, &prq, &ask, &result);
	must(written <= 1 && !(result.queued && (result.respond || result.reason || !written)));
	must(result.queued == (prq.tail != before.tail));
	must(prq.head == before.head && prq.address == before.address && (prq.status & before.status) == before.status);
	must(prq.tail < UINT64_C(4096) << (prq.address & 7) || !result.queued);
	must(!result.respond || (ask.last && (ask.read || ask.write)));
	must(!result.event || !before.status);
	must(!(ask.last && (ask.read || ask.write)) || result.queued || result.respond);
}

static void descriptor(void)
{
	uint64_t q[4] = {take(8), take(8), 0, 0}, first, bytes;
	struct vtd_page_response response;

	if (q[0] & BIT64(63))
		q[2] = take(8);
	vtd_queue_check(&unit, q[0] & BIT64(62), q);
	if (vtd_prq_response(q, &response))
		must(response.group < 512 && response.pasid < 1 << 20 && response.code < 16);
	vtd_devtlb_range(q[1], take(1) & 1, &first, &bytes);
	must(bytes >= 4096 && (bytes == UINT64_MAX || first % bytes == 0));
}

static void change(void)
{
	static const unsigned places[] = {ROOT,      CONTEXT,   DIRECTORY, TABLE,      FIRST,      FIRST + 1,
	                                  FIRST + 2, FIRST + 3, SECOND,    SECOND + 1, SECOND + 2, SECOND + 3};
	uint64_t bits = take(2), *at;
	unsigned page = places[bits % ARRAY_SIZE(places)], slot = (unsigned)(bits >> 4) & 511;

	at = &memory[page * 512 + slot];
	/* Mostly one that is used. */
	if (!(bits & 0x2000))
		for (unsigned i = 0; i < 512 && !*at; i++)
			at = &memory[page * 512 + (slot + i) % 512];
	if (bits & 0x8000)
		*at = take(8);
	else
		*at ^= BIT64(take(1) & 63);
}

static void change_unit(void)
{
	uint64_t bits = take(1);

	switch (bits & 3) {
	case 0:
		unit.ecap ^= BIT64(bits >> 2);
		break;
	case 1:
		unit.cap ^= BIT64(bits >> 2);
		break;
	case 2:
		unit.rtaddr ^= BIT64(bits >> 2);
		break;
	default:
		prq.head = take(3);
		prq.tail = take(3) & (bits & 0x80 ? ~UINT64_C(0) : 0xfe0);
		prq.address = PAGE(QUEUE) | (bits >> 2 & 7);
		prq.status = bits >> 5 & 3;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const steps[])(void) = {change,    change,       change,     walk,       walk,
	                                      translate, page_request, descriptor, change_unit};

	input = data;
	left = size;
	set_up();
	while (left)
		steps[take(1) % ARRAY_SIZE(steps)]();
	return 0;
}
