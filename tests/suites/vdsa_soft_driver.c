/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real driver in a real guest, on a vDSA without a device: the payload that runs on a vDSA of a physical DSA, with
 * those of its suites that ask for no more than No-op and Memory Move. Its submissions need MOVDIR64B; on a processor
 * without, what is left is discovery, registers and commands, and the payload's own skips say so.
 */
#include <stdio.h>

#include "tests/runner/run.h"
#include "tests/suites/vdsa_soft.h"
#include "tests/tap.h"

#define DRIVER_RAM_MIB 32U
#define DRIVER_MS      120000U

extern const char payload_conformance_start[], payload_conformance_end[];

static struct tap_reader reader;
static struct tap subtest;
static char first_failed[TAP_NAME_MAX];

/* As in runner/host_guest.c: nothing of a guest's goes through that a subtest may not have. */
static void console_line(void *arg, const char *text)
{
	struct tap_line line;

	(void)arg;
	tap_read(&reader, text, strlen(text), &line);
	if (line.kind == TAP_RESULT && !line.ok && !first_failed[0])
		snprintf(first_failed, sizeof(first_failed), "%s", line.name);
	if (line.kind == TAP_BAIL_OUT || line.kind == TAP_OTHER)
		tap_comment(&subtest, "%s", text);
	else
		tap_pass(&subtest, text);
}

static void destroy(void *vm)
{
	hv_vm_destroy(vm);
}

/* The payload with those tests on a vDSA whose engine runs on the other processor. */
static void run_payload(const char *patterns)
{
	const struct config *config = &run_current()->config;
	char text[512];
	struct hv_result end;
	struct hv_vm *vm;
	const char *why;

	reader = (struct tap_reader){0};
	first_failed[0] = '\0';
	test_limit(DRIVER_MS + 10000);
	EXPECT_OK(hv_vm_create(&vm));
	test_cleanup(destroy, vm);
	EXPECT_OK(hv_ram_add(vm, 0, (uint64_t)DRIVER_RAM_MIB << 20));
	soft_engine_start(soft_attach(vm));
	hv_set_console(vm, console_line, NULL);
	/* Each submission waits for the other processor, which the machine may be busy with something else on. */
	snprintf(text, sizeof(text), "tests=%s seed=%llu timeout=%llu\n", patterns, (unsigned long long)config->seed,
	         4 * (unsigned long long)config->timeout_ms);
	EXPECT_OK(hv_load(vm, payload_conformance_start, (size_t)(payload_conformance_end - payload_conformance_start),
	                  text));
	tap_subtest(&subtest, run_tap(), "guest");
	EXPECT_OK(hv_run(vm, DRIVER_MS, &end));
	if (end.end != HV_END_EXIT)
		FAIL("the guest did not end by itself: %s: %s", hv_end_name(end.end), end.text);
	if (!tap_complete(&reader, &why))
		FAIL("the guest's TAP stream is not whole: %s", why);
	if (reader.failed)
		FAIL("%u of the guest's %u tests failed, %s first", reader.failed, reader.results, first_failed);
	EXPECT_NE(0, reader.passed);
}

TEST(soft_driver_control, "vdsa.soft.driver.control_path", NEEDS_HV | NEEDS_SMP, "DSA 7.5")
{
	run_payload("guest.vdsa.*,guest.portal.exits*,dsa.regs.version,dsa.regs.*sane,dsa.regs.read*,dsa.regs.un*,"
	            "dsa.regs.tables*,dsa.regs.genctrl,dsa.regs.intcause*,dsa.regs.*locked*,dsa.cmd.*");
}

TEST(soft_driver_work, "vdsa.soft.driver.work", NEEDS_HV | NEEDS_SMP | NEEDS_MOVDIR64B, "DSA 7.5.2")
{
	run_payload("guest.portal.exits*,dsa.op.noop,dsa.op.memmove.sizes,dsa.irq.msix,"
	            "dsa.irq.*pending,dsa.portal.all*");
}
