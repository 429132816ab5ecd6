/* SPDX-License-Identifier: BSD-2-Clause */
/* What of the VMX backend no emulator has: the tables of PASID translation. And its words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/hv/vmx.h"
#include "kernel/mem.h"

struct vmx_caps vmx_caps;
static unsigned pages, pages_left;

void *page_alloc(size_t count)
{
	void *page;

	assert_int_equal(count, 1);
	if (!pages_left)
		return NULL;
	page = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
	memset(page, 0, PAGE_SIZE);
	pages_left--;
	pages++;
	return page;
}

void page_free(void *va, size_t count)
{
	(void)count;
	if (va)
		pages--;
	free(va);
}

uint64_t phys_of(const void *va)
{
	return (uint64_t)(uintptr_t)va;
}

void *virt_of(uint64_t phys)
{
	return (void *)(uintptr_t)phys;
}

static const uint32_t *table_of(const struct vmx_vcpu *v, unsigned directory, unsigned entry)
{
	uint64_t value = v->pasids[directory][entry];

	assert_int_equal(value & 0xfff, 1); /* present, nothing else */
	return virt_of(value & ~UINT64_C(0xfff));
}

static void pasid_tables(void **state)
{
	struct vmx_vcpu v = {0};

	(void)state;
	vmx_caps.proc2 = PROC2_PASID_TRANSLATION;
	pages_left = 100;
	assert_int_equal(vmx_pasid_init(&v), 0);
	assert_int_equal(pages, 2);
	assert_int_equal(vmx_set_pasid(&v, 0x12345, 0x54321, true), 0);
	assert_int_equal(table_of(&v, 0, 0x12345 >> 10)[0x345], 0x80054321);
	assert_int_equal(vmx_set_pasid(&v, 0x12346, 1, true), 0); /* the same table */
	assert_int_equal(pages, 3);
	assert_int_equal(vmx_set_pasid(&v, 0xfffff, 0, true),
	                 0); /* the high directory's last; a host's 0 is one, too */
	assert_int_equal(table_of(&v, 1, 511)[1023], 0x80000000);
	assert_int_equal(vmx_set_pasid(&v, 0x80000, 2, true), 0);
	assert_int_equal(table_of(&v, 1, 0)[0], 0x80000002);
	assert_int_equal(v.pasids[0][0], 0);
	assert_int_equal(vmx_set_pasid(&v, 0x12345, 0, false), 0);
	assert_int_equal(table_of(&v, 0, 0x12345 >> 10)[0x345], 0);
	assert_int_equal(table_of(&v, 0, 0x12345 >> 10)[0x346], 0x80000001);
	pages_left = 0;
	assert_int_equal(vmx_set_pasid(&v, 0x400, 3, true), -12); /* ENOMEM */
	assert_int_equal(v.pasids[0][1], 0);
	vmx_pasid_destroy(&v);
	assert_int_equal(pages, 0);
}

static void pasid_absent(void **state)
{
	struct vmx_vcpu v = {0};

	(void)state;
	vmx_caps.proc2 = 0;
	pages_left = 0;
	assert_int_equal(vmx_pasid_init(&v), 0);
	vmx_pasid_destroy(&v);
	vmx_caps.proc2 = PROC2_PASID_TRANSLATION;
	pages_left = 1;
	assert_int_equal(vmx_pasid_init(&v), -12);
	vmx_pasid_destroy(&v);
	assert_int_equal(pages, 0);
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(vmx_reason_name(48), "EPT violation");
	assert_string_equal(vmx_reason_name(33), "the guest's state is not valid");
	assert_string_equal(vmx_reason_name(72), "ENQCMD: PASID translation");
	assert_string_equal(vmx_instruction_error(7), "a control field is not valid");
	for (uint32_t i = 0; i < 70000; i++) {
		assert_non_null(vmx_reason_name(i));
		assert_non_null(vmx_instruction_error(i));
	}
	assert_string_equal(vmx_reason_name(UINT32_MAX), "unknown exit reason");
	assert_string_equal(vmx_instruction_error(UINT64_MAX), "unknown VM-instruction error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(pasid_tables),
	        cmocka_unit_test(pasid_absent),
	        cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
