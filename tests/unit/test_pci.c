/* SPDX-License-Identifier: BSD-2-Clause */
/* Enumeration and capability lists on a configuration space that lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>

#include "drivers/pci/pci.h"
#include "kernel/acpi.h"
#include "kernel/mem.h"

#define BUSES    2
#define FUNCTION 4096U

static struct {
	struct acpi_header header;
	uint64_t reserved;
	uint64_t base;
	uint16_t segment;
	uint8_t start, end;
	uint32_t reserved2;
} __attribute__((packed)) mcfg;

static uint8_t *ecam;

const struct acpi_header *acpi_find(const char *signature, unsigned n)
{
	return n == 0 && !strcmp(signature, "MCFG") ? &mcfg.header : NULL;
}

volatile void *mmio_map(uint64_t phys, size_t size)
{
	assert_int_equal(phys, 0xe0000000);
	assert_int_equal(size, BUSES << 20);
	return ecam;
}

void mmio_unmap(volatile void *va, size_t size)
{
	(void)va;
	(void)size;
}

static uint8_t *config_of(unsigned bus, unsigned slot, unsigned func)
{
	return ecam + ((size_t)bus << 20) + (slot << 3 | func) * FUNCTION;
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value & 0xffffU);
	put16(at + 2, value >> 16);
}

static uint8_t *add(unsigned bus, unsigned slot, unsigned func, unsigned header_type)
{
	uint8_t *c = config_of(bus, slot, func);

	memset(c, 0, FUNCTION);
	put16(c + PCI_VENDOR_ID, 0x8086);
	put16(c + PCI_DEVICE_ID, 0x0b25);
	put32(c + PCI_CLASS_REVISION, 0x08800003);
	c[PCI_HEADER_TYPE] = (uint8_t)header_type;
	return c;
}

static int setup(void **state)
{
	uint8_t *c;
	uint8_t sum = 0;

	(void)state;
	ecam = malloc(BUSES << 20);
	memset(ecam, 0xff, BUSES << 20);
	add(0, 0, 0, 0);
	add(0, 0, 1, 0); /* not there: function 0 does not say multi-function */
	add(0, 3, 0, 0x80);
	add(0, 3, 5, 0);
	add(0, 4, 2, 0); /* not there: no function 0 */
	c = add(0, 5, 0, PCI_HEADER_TYPE_BRIDGE);
	c[PCI_SECONDARY_BUS] = 0; /* a bridge that leads back to where it is */
	c[PCI_SUBORDINATE_BUS] = 255;
	add(1, 31, 7, 0);
	add(1, 31, 0, 0x80);

	memcpy(mcfg.header.signature, "MCFG", 4);
	mcfg.header.length = sizeof(mcfg);
	mcfg.base = 0xe0000000;
	mcfg.end = BUSES - 1;
	for (unsigned i = 0; i < sizeof(mcfg); i++)
		sum = (uint8_t)(sum + ((const uint8_t *)&mcfg)[i]);
	mcfg.header.checksum = (uint8_t)-sum;
	return pci_init();
}

static int teardown(void **state)
{
	(void)state;
	free(ecam);
	return 0;
}

static void enumeration_finds_each_function_once(void **state)
{
	static const uint16_t expected[] = {0x0000, 0x0018, 0x001d, 0x0028, 0x01f8, 0x01ff};
	char name[PCI_NAME_SIZE];

	(void)state;
	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_non_null(pci_at(i));
		assert_int_equal(pci_at(i)->sid, expected[i]);
	}
	assert_null(pci_at(6));
	assert_string_equal(pci_name(pci_at(5), name), "0000:01:1f.7");
	assert_ptr_equal(pci_lookup(0, 0x1ff), pci_at(5));
	assert_null(pci_lookup(1, 0x1ff));
	assert_ptr_equal(pci_find(0x8086, 0x0b25, 2), pci_at(2));
	assert_null(pci_find(0x8086, 0x0b25, 6));
	assert_ptr_equal(pci_find_class(0x088000, 0xffff00, 1), pci_at(1));
}

static void capability_lists_end(void **state)
{
	struct pci_function *f = pci_at(0);
	uint8_t *c = config_of(0, 0, 0);

	(void)state;
	assert_int_equal(pci_capability(f, PCI_CAP_ID_MSIX), 0); /* status says there is no list */
	put16(c + PCI_STATUS, PCI_STATUS_CAP_LIST);
	c[PCI_CAPABILITY_LIST] = 0x40;
	put16(c + 0x40, 0x8000 | PCI_CAP_ID_PM);
	put16(c + 0x80, 0x4000 | PCI_CAP_ID_EXP); /* back again */
	assert_int_equal(pci_capability(f, PCI_CAP_ID_EXP), 0x80);
	assert_int_equal(pci_capability(f, PCI_CAP_ID_MSIX), 0);
	put16(c + 0x80, 0x1000 | PCI_CAP_ID_EXP); /* into the header */
	assert_int_equal(pci_capability(f, PCI_CAP_ID_MSIX), 0);
	c[PCI_CAPABILITY_LIST] = 0xff;
	put16(c + 0xfc, 0xff00 | PCI_CAP_ID_MSIX); /* at the very end, and to itself */
	assert_int_equal(pci_capability(f, PCI_CAP_ID_MSIX), 0xfc);
	assert_int_equal(pci_capability(f, PCI_CAP_ID_EXP), 0);
}

static void extended_lists_end(void **state)
{
	struct pci_function *f = pci_at(0);
	uint8_t *c = config_of(0, 0, 0);

	(void)state;
	assert_int_equal(pci_ext_capability(f, PCI_EXT_CAP_ID_PASID), 0);
	put32(c + 0x100, 0x20010000 | PCI_EXT_CAP_ID_DVSEC);
	put32(c + 0x104, 0x8086);
	put32(c + 0x108, 3);
	put32(c + 0x200, 0xffc10000 | PCI_EXT_CAP_ID_DVSEC);
	put32(c + 0x204, 0x8086);
	put32(c + 0x208, 5);
	put32(c + 0xffc, 0x10010000 | PCI_EXT_CAP_ID_PASID); /* the end, and round again */
	assert_int_equal(pci_dvsec(f, 0x8086, 5), 0x200);
	assert_int_equal(pci_dvsec(f, 0x8086, 6), 0);
	assert_int_equal(pci_ext_capability(f, PCI_EXT_CAP_ID_PASID), 0xffc);
	assert_int_equal(pci_ext_capability(f, PCI_EXT_CAP_ID_ATS), 0);
	memset(c + 0x200, 0xff, 4);
	assert_int_equal(pci_ext_capability(f, PCI_EXT_CAP_ID_PASID), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(enumeration_finds_each_function_once),
	        cmocka_unit_test(capability_lists_end),
	        cmocka_unit_test(extended_lists_end),
	};

	return cmocka_run_group_tests_name("pci", tests, setup, teardown);
}
