/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a machine whose run was cut off: taken off its processor first, or kept if that does not answer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/bits.h"
#include "kernel/console.h"
#include "kernel/hv/vm.h"
#include "kernel/mem.h"
#include "kernel/smp.h"

#define RAM_PAGES 4U

static size_t pages;
static bool answers;
static unsigned asked, detached, destroyed;
static char said[256];

/* ---- what stands below vm.c ---- */

void *page_alloc(size_t count)
{
	pages += count;
	return calloc(count, PAGE_SIZE);
}

void page_free(void *va, size_t count)
{
	pages -= va ? count : 0;
	free(va);
}

uint64_t phys_of(const void *va)
{
	return (uint64_t)(uintptr_t)va;
}

int smp_run(unsigned cpu, void (*fn)(void *), void *arg, unsigned timeout_ms)
{
	(void)timeout_ms;
	asked = cpu;
	if (!answers)
		return -ETIMEDOUT;
	fn(arg);
	return 0;
}

void console_printf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
}

static int probe(const char **why)
{
	(void)why;
	return 0;
}

static uint32_t offers(void)
{
	return 0;
}

static int create(void **vcpu, const struct hv_stage2 *stage2)
{
	(void)stage2;
	*vcpu = page_alloc(1);
	return 0;
}

static void detach(void *vcpu)
{
	(void)vcpu;
	assert_int_equal(destroyed, 0);
	detached++;
}

static void destroy(void *vcpu)
{
	page_free(vcpu, 1);
	destroyed++;
}

const struct hv_ops hv_vmx = {
        .name = "none",
        .probe = probe,
        .offers = offers,
        .create = create,
        .detach = detach,
        .destroy = destroy,
};
const struct hv_ops hv_svm;

void hv_state_init(uint32_t has)
{
	(void)has;
}

void hv_state_forget(const struct hv_state *s)
{
	(void)s;
}

int hv_stage2_init(struct hv_stage2 *s, const struct hv_stage2_format *format)
{
	*s = (struct hv_stage2){.format = format, .root = page_alloc(1)};
	return 0;
}

int hv_stage2_reserve(struct hv_stage2 *s, unsigned count)
{
	(void)s, (void)count;
	return 0;
}

void hv_stage2_destroy(struct hv_stage2 *s)
{
	page_free(s->root, 1);
}

void hv_apic_reset(struct hv_apic *apic)
{
	(void)apic;
}

int hv_pci_init(struct hv_vm *vm)
{
	(void)vm;
	return 0;
}

unsigned hv_posted_count(const struct hv_posted *d)
{
	(void)d;
	return 0;
}

/* ---- the tests ---- */

/* A machine with RAM that was running on that processor when its run was cut off; 0: no run was. */
static struct hv_vm *machine(uint32_t running)
{
	struct hv_vm *vm;
	const char *why;

	pages = asked = detached = destroyed = 0;
	said[0] = '\0';
	assert_int_equal(hv_init(&why), 0);
	assert_int_equal(hv_vm_create(&vm), 0);
	vm->ram[0] = (struct hv_ram){.size = RAM_PAGES * PAGE_SIZE, .host = page_alloc(RAM_PAGES)};
	vm->ram_count = 1;
	vm->running = running;
	return vm;
}

static void not_running(void **state)
{
	(void)state;
	answers = false;
	assert_int_equal(hv_vm_destroy(machine(0)), 0);
	assert_int_equal(detached, 0);
	assert_int_equal(destroyed, 1);
	assert_int_equal(pages, 0);
	assert_string_equal(said, "");
	assert_int_equal(hv_vm_destroy(NULL), 0);
}

static void cut_off(void **state)
{
	(void)state;
	answers = true;
	assert_int_equal(hv_vm_destroy(machine(3)), 0);
	assert_int_equal(asked, 2);
	assert_int_equal(detached, 1);
	assert_int_equal(destroyed, 1);
	assert_int_equal(pages, 0);
	assert_string_equal(said, "");
}

/* Whoever runs it may still do so: not a page of it goes to somebody else. */
static void not_reached(void **state)
{
	struct hv_vm *vm = machine(6);
	size_t before = pages;

	(void)state;
	answers = false;
	assert_int_equal(hv_vm_destroy(vm), -ETIMEDOUT);
	assert_int_equal(asked, 5);
	assert_int_equal(destroyed, 0);
	assert_int_equal(pages, before);
	assert_string_equal(
	        said, "# processor 5 does not answer and may still run a guest: its 16 KiB of RAM stay allocated\n");
	answers = true; /* for the leak checker's sake */
	assert_int_equal(hv_vm_destroy(vm), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(not_running),
	        cmocka_unit_test(cut_off),
	        cmocka_unit_test(not_reached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
