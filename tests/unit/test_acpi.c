/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ACPI parsers: well-formed tables as real machines have them, then tables that lie. Each table is parsed from a
 * heap block of exactly its size, so that AddressSanitizer notices a look past its end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "kernel/acpi.h"

struct table {
	uint8_t bytes[32768];
	size_t size;
};

static struct table t;
static struct acpi_madt madt;
static struct acpi_mcfg mcfg;
static struct acpi_dmar dmar;
static const char *why;

static void put(uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		t.bytes[t.size++] = i < 8 ? (uint8_t)(value >> (8 * i)) : 0;
}

/* Begin a table whose fixed part, header included, has fixed bytes. */
static void begin(const char *signature, size_t fixed)
{
	memset(&t, 0, sizeof(t));
	memcpy(t.bytes, signature, 4);
	t.size = fixed;
}

/* A copy with nothing behind it, its length as it is or as the caller wants to lie. */
static void *finished(uint32_t length)
{
	void *copy = malloc(t.size ? t.size : 1);

	assert_non_null(copy);
	memcpy(t.bytes + 4, &length, sizeof(length));
	memcpy(copy, t.bytes, t.size);
	why = "not set";
	return copy;
}

#define PARSE(kind, length)                                             \
	static int parse_##kind##_of_length(uint32_t length)            \
	{                                                               \
		void *copy = finished(length);                          \
		int err = acpi_parse_##kind(copy, t.size, &kind, &why); \
		free(copy);                                             \
		return err;                                             \
	}                                                               \
	static int parse_##kind(void)                                   \
	{                                                               \
		return parse_##kind##_of_length((uint32_t)t.size);      \
	}
PARSE(madt, length)
PARSE(mcfg, length)
PARSE(dmar, length)

#define assert_fault(err, text)                 \
	do {                                    \
		assert_int_equal(err, -EINVAL); \
		assert_string_equal(why, text); \
	} while (0)
#define assert_clean(err)                 \
	do {                              \
		assert_int_equal(err, 0); \
		assert_null(why);         \
	} while (0)

/* --- MADT --- */

static void begin_madt(void)
{
	begin("APIC", 44);
	t.bytes[36] = 0x00, t.bytes[38] = 0xe0, t.bytes[39] = 0xfe;
}

static void put_lapic(uint8_t id, uint32_t flags)
{
	put(0, 1), put(8, 1), put(id, 1), put(id, 1), put(flags, 4);
}

static void put_x2apic(uint32_t id, uint32_t flags)
{
	put(9, 1), put(16, 1), put(0, 2), put(id, 4), put(flags, 4), put(id, 4);
}

static void put_ioapic(uint8_t id, uint32_t address, uint32_t gsi)
{
	put(1, 1), put(12, 1), put(id, 1), put(0, 1), put(address, 4), put(gsi, 4);
}

static void madt_lists_enabled_processors(void **state)
{
	(void)state;
	begin_madt();
	put_lapic(0, 1), put_lapic(2, 1), put_lapic(4, 0), put_lapic(6, 2), put_lapic(255, 1);
	put_ioapic(8, 0xfec00000, 0);
	put(2, 1), put(10, 1), put(0, 8); /* interrupt source override: skipped */
	assert_clean(parse_madt());
	assert_int_equal(madt.lapic_address, 0xfee00000);
	assert_int_equal(madt.cpu_count, 2);
	assert_int_equal(madt.cpus[1].apic_id, 2);
	assert_int_equal(madt.ioapic_count, 1);
	assert_int_equal(madt.ioapics[0].id, 8);
	assert_int_equal(madt.ioapics[0].address, 0xfec00000);
}

static void madt_names_each_apic_id_once(void **state)
{
	(void)state;
	begin_madt();
	put_lapic(0, 1), put_lapic(1, 1), put_lapic(1, 1);
	put_x2apic(1, 1), put_x2apic(0, 1), put_x2apic(300, 1), put_x2apic(UINT32_MAX, 1);
	assert_clean(parse_madt());
	assert_int_equal(madt.cpu_count, 3);
	assert_int_equal(madt.cpus[2].apic_id, 300);
}

static void madt_address_override_wins(void **state)
{
	(void)state;
	begin_madt();
	put(5, 1), put(12, 1), put(0, 2), put(UINT64_C(0x12fee00000), 8);
	assert_clean(parse_madt());
	assert_true(madt.lapic_address == UINT64_C(0x12fee00000));
}

static void madt_entry_of_length_zero_ends_it(void **state)
{
	(void)state;
	begin_madt();
	put_lapic(7, 1), put(0, 1), put(0, 1), put_lapic(9, 1);
	assert_fault(parse_madt(), "MADT entry with an impossible length");
	assert_int_equal(madt.cpu_count, 1);
}

static void madt_entry_past_the_end(void **state)
{
	(void)state;
	begin_madt();
	put(0, 1), put(8, 1), put(1, 1);
	assert_fault(parse_madt(), "MADT entry with an impossible length");
	begin_madt();
	put(0, 1); /* not even a length */
	assert_fault(parse_madt(), "MADT entry with an impossible length");
	assert_int_equal(madt.cpu_count, 0);
}

static void madt_short_entry_is_left_out(void **state)
{
	(void)state;
	begin_madt();
	put(9, 1), put(4, 1), put(0, 2), put_lapic(3, 1);
	assert_fault(parse_madt(), "MADT entry shorter than its type needs");
	assert_int_equal(madt.cpu_count, 1);
	assert_int_equal(madt.cpus[0].apic_id, 3);
}

static void madt_with_too_many(void **state)
{
	(void)state;
	begin_madt();
	for (uint32_t i = 0; i < ACPI_MAX_CPUS + 10; i++)
		put_x2apic(i, 1);
	for (uint32_t i = 0; i < ACPI_MAX_IOAPICS + 10; i++)
		put_ioapic((uint8_t)i, 0xfec00000 + i * 0x1000, i * 24);
	assert_fault(parse_madt(), "more processors than this program has room for");
	assert_int_equal(madt.cpu_count, ACPI_MAX_CPUS);
	assert_int_equal(madt.ioapic_count, ACPI_MAX_IOAPICS);
}

static void headers_that_lie(void **state)
{
	(void)state;
	begin_madt();
	assert_fault(parse_madt_of_length((uint32_t)t.size + 1), "length in the header reaches past the table's end");
	assert_fault(parse_madt_of_length(UINT32_MAX), "length in the header reaches past the table's end");
	assert_fault(parse_madt_of_length(0), "shorter than its fixed part");
	assert_fault(parse_madt_of_length(43), "shorter than its fixed part");
	assert_fault(parse_mcfg(), "another table's signature");
	t.size = 35;
	assert_fault(parse_madt(), "shorter than a table header");
	t.size = 0;
	assert_fault(parse_dmar(), "shorter than a table header");
	/* A length below the block's size hides what follows it. */
	begin_madt();
	put_lapic(1, 1);
	assert_clean(parse_madt_of_length(44));
	assert_int_equal(madt.cpu_count, 0);
}

/* --- MCFG --- */

static void put_segment(uint64_t base, uint16_t segment, uint8_t start, uint8_t end)
{
	put(base, 8), put(segment, 2), put(start, 1), put(end, 1), put(0, 4);
}

static void mcfg_lists_windows(void **state)
{
	(void)state;
	begin("MCFG", 44);
	put_segment(0xb0000000, 0, 0, 255), put_segment(UINT64_C(0x7000000000), 1, 0x80, 0xff);
	assert_clean(parse_mcfg());
	assert_int_equal(mcfg.count, 2);
	assert_true(mcfg.segments[1].base == UINT64_C(0x7000000000));
	assert_int_equal(mcfg.segments[1].segment, 1);
	assert_int_equal(mcfg.segments[1].start_bus, 0x80);
	assert_int_equal(mcfg.segments[1].end_bus, 0xff);
}

static void mcfg_leaves_bad_windows_out(void **state)
{
	static const struct {
		uint64_t base;
		uint8_t start, end;
		const char *fault;
	} bad[] = {
	        {0xb0000000, 8, 7, "MCFG window that ends before it starts"},
	        {0, 0, 255, "MCFG window at address 0 or not aligned to a bus"},
	        {0xb0001000, 0, 255, "MCFG window at address 0 or not aligned to a bus"},
	        {UINT64_C(0xfffffffff0000000), 0, 255, "MCFG window reaches past the end of the address space"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin("MCFG", 44);
		put_segment(bad[i].base, 0, bad[i].start, bad[i].end), put_segment(0xc0000000, 1, 0, 1);
		assert_fault(parse_mcfg(), bad[i].fault);
		assert_int_equal(mcfg.count, 1);
		assert_int_equal(mcfg.segments[0].segment, 1);
	}
}

static void mcfg_bus_named_twice(void **state)
{
	(void)state;
	begin("MCFG", 44);
	put_segment(0xb0000000, 0, 0, 255), put_segment(0xb0000000, 0, 0, 255);
	assert_clean(parse_mcfg()); /* the same thing said twice harms nobody */
	assert_int_equal(mcfg.count, 1);
	put_segment(0xd0000000, 0, 255, 255);
	assert_fault(parse_mcfg(), "two MCFG windows for one bus");
	assert_int_equal(mcfg.count, 1);
	assert_true(mcfg.segments[0].base == 0xb0000000);
}

static void mcfg_cut_off_or_too_long(void **state)
{
	(void)state;
	begin("MCFG", 44);
	put_segment(0xb0000000, 0, 0, 0), put(0, 15);
	assert_fault(parse_mcfg(), "MCFG ends within an entry");
	assert_int_equal(mcfg.count, 1);
	begin("MCFG", 44);
	for (uint16_t i = 0; i < ACPI_MAX_SEGMENTS + 3; i++)
		put_segment(0xb0000000, i, 0, 0);
	assert_fault(parse_mcfg(), "more MCFG windows than this program has room for");
	assert_int_equal(mcfg.count, ACPI_MAX_SEGMENTS);
}

/* --- DMAR --- */

static void begin_dmar(uint8_t haw_minus_1, uint8_t flags)
{
	begin("DMAR", 48);
	t.bytes[36] = haw_minus_1, t.bytes[37] = flags;
}

static void put_drhd(uint8_t flags, uint8_t size, uint16_t segment, uint64_t base, uint16_t scope_bytes)
{
	put(0, 2), put(16U + scope_bytes, 2), put(flags, 1), put(size, 1), put(segment, 2), put(base, 8);
}

static void put_scope(uint8_t type, uint8_t id, uint8_t bus, uint8_t device, uint8_t function)
{
	put(type, 1), put(8, 1), put(0, 2), put(id, 1), put(bus, 1), put(device, 1), put(function, 1);
}

static void dmar_as_on_a_server(void **state)
{
	(void)state;
	begin_dmar(45, 3);
	put_drhd(0, 0, 0, 0xc0ffc000, 8), put_scope(ACPI_SCOPE_ENDPOINT, 0, 0x6a, 1, 0);
	put_drhd(1, 1, 0, 0xd0ffc000, 16);
	put_scope(ACPI_SCOPE_IOAPIC, 8, 0, 30, 7), put_scope(ACPI_SCOPE_HPET, 0, 0, 30, 6);
	put(1, 2), put(32, 2), put(0, 2), put(0, 2), put(0x7f000000, 8), put(0x7f00ffff, 8);
	put_scope(ACPI_SCOPE_ENDPOINT, 0, 0, 20, 0);
	put(3, 2), put(20, 2), put(0, 16); /* RHSA: skipped */
	put(0x7777, 2), put(4, 2);         /* of a later revision: skipped */
	assert_clean(parse_dmar());
	assert_int_equal(dmar.haw, 46);
	assert_int_equal(dmar.intr_remap, 1);
	assert_int_equal(dmar.x2apic_opt_out, 1);
	assert_int_equal(dmar.drhd_count, 2);
	assert_true(dmar.drhds[0].base == 0xc0ffc000 && dmar.drhds[0].size == 4096);
	assert_int_equal(dmar.drhds[0].scope_count, 1);
	assert_int_equal(dmar.scopes[0].start_bus, 0x6a);
	assert_int_equal(dmar.scopes[0].path[0].device, 1);
	assert_int_equal(dmar.drhds[1].include_all, 1);
	assert_true(dmar.drhds[1].size == 8192);
	assert_int_equal(dmar.drhds[1].scope_first, 1);
	assert_int_equal(dmar.drhds[1].scope_count, 2);
	assert_int_equal(dmar.scopes[1].type, ACPI_SCOPE_IOAPIC);
	assert_int_equal(dmar.scopes[1].enumeration_id, 8);
	assert_int_equal(dmar.rmrr_count, 1);
	assert_true(dmar.rmrrs[0].limit == 0x7f00ffff);
	assert_int_equal(dmar.rmrrs[0].scope_first, 3);
}

static void dmar_opt_out_needs_remapping(void **state)
{
	(void)state;
	begin_dmar(38, 2);
	assert_clean(parse_dmar());
	assert_int_equal(dmar.x2apic_opt_out, 0);
}

static void dmar_path_of_several_hops(void **state)
{
	(void)state;
	begin_dmar(38, 1);
	put_drhd(0, 0, 0, 0xfed90000, 12);
	put(1, 1), put(12, 1), put(0, 2), put(0, 1), put(0x10, 1), put(0x0001, 2), put(0x0102, 2), put(0x071f, 2);
	assert_clean(parse_dmar());
	assert_int_equal(dmar.scopes[0].hops, 3);
	assert_int_equal(dmar.scopes[0].path[2].device, 0x1f);
	assert_int_equal(dmar.scopes[0].path[2].function, 7);
}

static void dmar_scopes_that_lie(void **state)
{
	/* The one scope's length, and whether it can be told where the next one is. */
	static const uint8_t lengths[] = {0, 1, 6, 7, 9, 10, 255};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths); i++) {
		begin_dmar(38, 1);
		put_drhd(0, 0, 0, 0xfed90000, 16), put_scope(1, 0, 0, 1, 0), put_scope(1, 0, 0, 2, 0);
		put_drhd(0, 0, 0, 0xfed91000, 0);
		t.bytes[48 + 16 + 8 + 1] = lengths[i];
		assert_fault(parse_dmar(), "DMAR scope with an impossible length");
		assert_int_equal(dmar.drhd_count, 2); /* the next structure is found all the same */
		assert_int_equal(dmar.drhds[0].scope_count, 1);
	}
	begin_dmar(38, 1);
	put_drhd(0, 0, 0, 0xfed90000, 5), put(0, 5);
	assert_fault(parse_dmar(), "DMAR scope with an impossible length");
}

static void dmar_scope_out_of_range(void **state)
{
	(void)state;
	begin_dmar(38, 1);
	put_drhd(0, 0, 0, 0xfed90000, 16), put_scope(1, 0, 0, 32, 0), put_scope(1, 0, 0, 1, 0);
	assert_fault(parse_dmar(), "DMAR scope with a device above 31 or a function above 7");
	assert_int_equal(dmar.drhds[0].scope_count, 1);
	begin_dmar(38, 1);
	put_drhd(0, 0, 0, 0xfed90000, 24), put(1, 1), put(24, 1), put(0, 8), put(0, 8), put(0, 6);
	assert_fault(parse_dmar(), "DMAR scope with a longer path than this program has room for");
	assert_int_equal(dmar.drhds[0].scope_count, 0);
}

static void dmar_structures_that_lie(void **state)
{
	static const struct {
		uint16_t type, length;
		const char *fault;
	} bad[] = {
	        {0, 0, "DMAR structure with an impossible length"},
	        {0, 3, "DMAR structure with an impossible length"},
	        {9, 0xffff, "DMAR structure with an impossible length"},
	        {0, 12, "DMAR unit structure shorter than its type needs"},
	        {1, 20, "DMAR reserved region structure shorter than its type needs"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin_dmar(38, 0);
		put(bad[i].type, 2), put(bad[i].length, 2), put(0, 8), put(0, 8);
		t.size = bad[i].length >= 4 && bad[i].length < 64 ? 48U + bad[i].length : t.size;
		assert_fault(parse_dmar(), bad[i].fault);
		assert_int_equal(dmar.drhd_count + dmar.rmrr_count, 0);
	}
	begin_dmar(38, 0);
	put(0, 3);
	assert_fault(parse_dmar(), "DMAR structure with an impossible length");
}

static void dmar_units_that_lie(void **state)
{
	(void)state;
	begin_dmar(38, 0);
	put_drhd(1, 0, 0, 0, 0), put_drhd(1, 0, 0, 0xfed90001, 0), put_drhd(1, 0, 0, 0xfed90000, 0);
	assert_fault(parse_dmar(), "DMAR unit at address 0 or not aligned to a page");
	assert_int_equal(dmar.drhd_count, 1);
	begin_dmar(38, 0);
	put_drhd(1, 15, 0, UINT64_C(0xfffffffffffff000), 0);
	assert_fault(parse_dmar(), "DMAR unit reaches past the end of the address space");
	begin_dmar(38, 0);
	put_drhd(1, 1, 0, 0xfed90000, 0), put_drhd(1, 0, 1, 0xfed91000, 0);
	assert_fault(parse_dmar(), "two DMAR units at overlapping addresses");
	assert_int_equal(dmar.drhd_count, 1);
	begin_dmar(70, 0);
	assert_fault(parse_dmar(), "DMAR host address width above 64 bits");
}

static void dmar_owners_that_overlap(void **state)
{
	(void)state;
	begin_dmar(38, 0);
	put_drhd(0, 0, 0, 0xfed90000, 8), put_scope(1, 0, 0, 2, 0);
	put_drhd(0, 0, 1, 0xfed91000, 8), put_scope(1, 0, 0, 2, 0); /* the same device of another segment */
	put_drhd(1, 0, 0, 0xfed92000, 0);
	assert_clean(parse_dmar());
	put_drhd(0, 0, 0, 0xfed93000, 8), put_scope(1, 0, 0, 2, 0);
	assert_fault(parse_dmar(), "one device in the scope of two DMAR units");
	assert_int_equal(dmar.drhd_count, 4);
	begin_dmar(38, 0);
	put_drhd(1, 0, 0, 0xfed90000, 0), put_drhd(1, 0, 0, 0xfed91000, 0);
	assert_fault(parse_dmar(), "two DMAR units own all other devices of one segment");
	assert_int_equal(dmar.drhd_count, 2);
}

static void dmar_with_too_many(void **state)
{
	(void)state;
	begin_dmar(38, 0);
	for (unsigned i = 0; i < ACPI_MAX_DRHD + 2; i++)
		put_drhd(0, 0, 0, 0xfed00000 + i * 0x1000U, 0);
	assert_fault(parse_dmar(), "more DMAR units than this program has room for");
	assert_int_equal(dmar.drhd_count, ACPI_MAX_DRHD);
	begin_dmar(38, 0);
	put_drhd(0, 0, 0, 0xfed00000, (ACPI_MAX_SCOPES + 1) * 8);
	for (unsigned i = 0; i <= ACPI_MAX_SCOPES; i++)
		put_scope(1, 0, (uint8_t)(i / 32), i % 32, 0);
	assert_fault(parse_dmar(), "more DMAR scopes than this program has room for");
	assert_int_equal(dmar.scope_count, ACPI_MAX_SCOPES);
	begin_dmar(38, 0);
	for (unsigned i = 0; i < ACPI_MAX_DRHD + 2; i++)
		put(1, 2), put(24, 2), put(0, 4), put(0x1000, 8), put(0x1fff, 8);
	assert_fault(parse_dmar(), "more DMAR reserved regions than this program has room for");
	begin_dmar(38, 0);
	put(1, 2), put(24, 2), put(0, 4), put(0x2000, 8), put(0x1fff, 8);
	assert_fault(parse_dmar(), "DMAR reserved region that ends before it starts");
	assert_int_equal(dmar.rmrr_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(madt_lists_enabled_processors),
	        cmocka_unit_test(madt_names_each_apic_id_once),
	        cmocka_unit_test(madt_address_override_wins),
	        cmocka_unit_test(madt_entry_of_length_zero_ends_it),
	        cmocka_unit_test(madt_entry_past_the_end),
	        cmocka_unit_test(madt_short_entry_is_left_out),
	        cmocka_unit_test(madt_with_too_many),
	        cmocka_unit_test(headers_that_lie),
	        cmocka_unit_test(mcfg_lists_windows),
	        cmocka_unit_test(mcfg_leaves_bad_windows_out),
	        cmocka_unit_test(mcfg_bus_named_twice),
	        cmocka_unit_test(mcfg_cut_off_or_too_long),
	        cmocka_unit_test(dmar_as_on_a_server),
	        cmocka_unit_test(dmar_opt_out_needs_remapping),
	        cmocka_unit_test(dmar_path_of_several_hops),
	        cmocka_unit_test(dmar_scopes_that_lie),
	        cmocka_unit_test(dmar_scope_out_of_range),
	        cmocka_unit_test(dmar_structures_that_lie),
	        cmocka_unit_test(dmar_units_that_lie),
	        cmocka_unit_test(dmar_owners_that_overlap),
	        cmocka_unit_test(dmar_with_too_many),
	};

	return cmocka_run_group_tests_name("acpi", tests, NULL, NULL);
}
