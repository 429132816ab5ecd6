/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other end of the scale from the guests of a few instructions: a payload with this image's own kernel in it, which
 * finds its boot_info, its ACPI tables, its PCI bus and its x2APIC where the hypervisor has put them, and says so.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/boot_info.h"
#include "tests/suites/hv.h"
#include "tests/test.h"

extern const uint8_t payload_conformance_start[], payload_conformance_end[];

static struct {
	unsigned count;
	bool tap;
	char last[80];
} heard;

static void hear(void *arg, const char *line)
{
	(void)arg;
	heard.count++;
	heard.tap |= strcmp(line, "TAP version 14") == 0;
	snprintf(heard.last, sizeof(heard.last), "%s", line);
}

static void destroy(void *arg)
{
	hv_vm_destroy(arg);
}

TEST(hv_load_payload, "hv.load.payload_starts_and_ends", NEEDS_HV, "kernel/boot_info.h")
{
	const size_t size = (size_t)(payload_conformance_end - payload_conformance_start);
	struct hv_result result;
	struct hv_stats stats;
	struct hv_vm *vm;

	memset(&heard, 0, sizeof(heard));
	EXPECT_OK(hv_vm_create(&vm));
	test_cleanup(destroy, vm);
	hv_set_console(vm, hear, NULL);
	EXPECT_OK(hv_load(vm, payload_conformance_start, size, "list=1\n"));
	EXPECT_OK(hv_run(vm, 4000, &result));
	hv_stats_get(vm, &stats);
	test_context("guest: %s; last line: %s", result.text, heard.last);
	EXPECT_STR_EQ(hv_end_name(HV_END_EXIT), hv_end_name(result.end));
	EXPECT_TRUE(heard.tap);
	EXPECT_EQ(0, stats.exits[HV_CAUSE_FORBIDDEN] + stats.exits[HV_CAUSE_OTHER]);
}

TEST(hv_load_damaged, "hv.load.damaged_files_refused", NEEDS_HV, "System V ABI 4")
{
	static uint8_t copy[4096];
	static char config[BOOT_CONFIG_MAX + 2];
	const size_t size = (size_t)(payload_conformance_end - payload_conformance_start);
	struct hv_vm *vm;

	EXPECT_OK(hv_vm_create(&vm));
	test_cleanup(destroy, vm);
	EXPECT_ERRNO(ENOEXEC, hv_load(vm, payload_conformance_start, 100, NULL));
	memcpy(copy, payload_conformance_start, sizeof(copy));
	EXPECT_ERRNO(ENOEXEC, hv_load(vm, copy, sizeof(copy), NULL)); /* segments beyond the end */
	memset(copy + 64, 0xff, 56);                                  /* the first program header */
	EXPECT_ERRNO(ENOEXEC, hv_load(vm, copy, sizeof(copy), NULL));
	memset(config, 'x', sizeof(config) - 1);
	EXPECT_ERRNO(E2BIG, hv_load(vm, payload_conformance_start, size, config));
	EXPECT_OK(hv_ram_add(vm, 0, GUEST_RAM));
	EXPECT_ERRNO(ENOSPC, hv_load(vm, payload_conformance_start, size, NULL));
}
