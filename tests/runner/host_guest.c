/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/runner/host_guest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel/bits.h"
#include "kernel/time.h"
#include "tests/runner/fixture.h"
#include "tests/test.h"

#define GUEST_WQ         0U
#define GUEST_TIMEOUT_MS 120000U
/* What the guest may take beyond its own time limits, to start and to end. */
#define GUEST_SLACK_MS   10000U

extern const char payload_conformance_start[], payload_conformance_end[];

struct guest_record guest_record;

/* One guest at a time; static, so that the clean-up after a crash finds it. */
static struct {
	struct hv_vm *vm;
	struct vdsa_binding *binding;
	struct guest_record *record;
	struct tap tap;
} guest;

/* The report behind a failed result becomes one sentence. */
static void take_why(struct guest_record *r, const struct tap_line *line)
{
	static const struct {
		const char *key, *before;
	} parts[] = {{"message", ""}, {"expected", ": expected "}, {"got", ", got "}};
	char *why;
	size_t used;

	/* Of a result that there was no room for, nothing is kept. */
	if (r->count == 0 || r->count != r->reader.results || r->results[r->count - 1].outcome != OUTCOME_FAIL)
		return;
	why = r->results[r->count - 1].why;
	used = strlen(why);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strcmp(line->name, parts[i].key) == 0)
			snprintf(why + used, RESULT_WHY_MAX - used, "%s%s", parts[i].before, line->reason);
}

/* The guest is not trusted: only the kinds of lines that a subtest may have go through as they are. */
static void console_line(void *arg, const char *text)
{
	struct guest_record *r = guest.record;
	struct tap_line line;

	(void)arg;
	tap_read(&r->reader, text, strlen(text), &line);
	switch (line.kind) {
	case TAP_BAIL_OUT:
		tap_comment(&guest.tap, "the guest bails out: %s", line.reason);
		return;
	case TAP_OTHER:
		if (text[0])
			tap_comment(&guest.tap, "%s", text);
		return;
	case TAP_RESULT:
		if (r->count < GUEST_RESULTS_MAX) {
			snprintf(r->results[r->count].name, TAP_NAME_MAX, "%s", line.name);
			r->results[r->count++].outcome = !line.ok    ? OUTCOME_FAIL
			                                 : line.skip ? OUTCOME_SKIP
			                                             : OUTCOME_PASS;
		}
		break;
	case TAP_YAML:
		take_why(r, &line);
		break;
	default:
		break;
	}
	tap_pass(&guest.tap, text);
}

static int take_away(void)
{
	int rc = guest.binding ? vdsa_bind_destroy(guest.binding) : 0;

	guest.binding = NULL;
	if (rc == 0) /* else the device may still write to its memory */
		hv_vm_destroy(guest.vm);
	guest.vm = NULL;
	return rc;
}

static void clean_up(void *arg)
{
	(void)arg;
	if (guest.vm && take_away() < 0)
		tap_comment(run_tap(), "the guest's vDSA could not be taken away");
}

static void make(const char *patterns)
{
	const struct config *config = &run_current()->config;
	size_t size = (size_t)(payload_conformance_end - payload_conformance_start);
	char text[sizeof(config->guest_tests) + sizeof(config->skip) + 128];
	const char *why = "";
	int rc;

	EXPECT_DSA(vdsa_bind_prepare(test_dsa(), GUEST_WQ));
	EXPECT_OK(hv_vm_create(&guest.vm));
	test_cleanup(clean_up, NULL);
	EXPECT_OK(hv_ram_add(guest.vm, 0, config->guest_mem_mib << 20));
	hv_mmio_open_bus(guest.vm);
	rc = vdsa_bind_create(guest.vm, test_dsa(), GUEST_WQ, &guest.binding, &why);
	if (rc < 0)
		FAIL("vdsa_bind_create: -%s: %s", test_errno_name(rc), why);
	hv_set_console(guest.vm, console_line, NULL);
	snprintf(text, sizeof(text), "tests=%s skip=%s seed=%" PRIu64 " timeout=%" PRIu64 " loglevel=%" PRIu64 "\n",
	         patterns, config->skip, config->seed, config->timeout_ms, config->loglevel);
	EXPECT_OK(hv_load(guest.vm, payload_conformance_start, size, text));
}

static void report_end(const struct hv_result *end)
{
	if (end->end == HV_END_EXIT)
		return;
	tap_comment(&guest.tap, "the guest's end: %s: %s", hv_end_name(end->end), end->text);
	tap_comment(&guest.tap, "rip 0x%" PRIx64 " rsp 0x%" PRIx64 " cr2 0x%" PRIx64, end->regs.rip,
	            end->regs.gpr[HV_RSP], end->regs.cr2);
	for (unsigned i = 0; i < end->backtrace_count; i++)
		tap_comment(&guest.tap, "called by 0x%" PRIx64, end->backtrace[i]);
}

static void collect(struct guest_record *r)
{
	const struct pci_function *f = test_dsa()->pci;

	vdsa_bind_poll(guest.binding);
	vdsa_bind_info(guest.binding, &r->vdsa);
	hv_stats_get(guest.vm, &r->stats);
	while (r->fault_count < GUEST_FAULTS_MAX &&
	       vtd_fault_next_of(f->segment, f->sid, &r->faults[r->fault_count]) == 0)
		r->fault_count++;
}

void host_guest_run(const char *patterns, struct guest_record *record)
{
	struct run *run = run_current();
	uint64_t start;
	const char *why;
	char first[TAP_NAME_MAX] = "";

	memset(record, 0, sizeof(*record));
	memset(&guest, 0, sizeof(guest));
	guest.record = record;
	test_limit(GUEST_TIMEOUT_MS + GUEST_SLACK_MS);
	make(patterns);
	tap_subtest(&guest.tap, &run->tap, "guest");
	start = time_ns();
	EXPECT_OK(hv_run(guest.vm, GUEST_TIMEOUT_MS, &record->end));
	record->duration_ns = time_ns() - start;
	record->ran = true;
	collect(record);
	report_end(&record->end);
	EXPECT_OK(take_away());

	if (record->end.end != HV_END_EXIT)
		FAIL("the guest did not end by itself: %s: %s", hv_end_name(record->end.end), record->end.text);
	if (!tap_complete(&record->reader, &why))
		FAIL("the guest's TAP stream is not whole: %s", why);
	for (unsigned i = 0; i < record->count && !first[0]; i++) {
		if (record->results[i].outcome == OUTCOME_FAIL)
			snprintf(first, sizeof(first), "%s", record->results[i].name);
	}
	if (record->reader.failed)
		FAIL("%u of the guest's %u tests failed, %s first", record->reader.failed, record->reader.results,
		     first);
	EXPECT_LE(RUN_STATUS_SKIPPED, record->end.status);
}
