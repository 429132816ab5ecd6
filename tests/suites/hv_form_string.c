/* SPDX-License-Identifier: BSD-2-Clause */
/* String instructions between a device and memory, once and repeated, up and down. */
#include "tests/suites/hv_form.h"
#include "tests/test.h"

TEST(form_stos, "hv.mmio.form.stos", NEEDS_HV, "SDM 2B STOS")
{
	static const struct form forms[] = {
	        FORM("stosb", 1, 0, 0, 0xaa),           FORM("stosw", 2, 0, 0, 0x66, 0xab),
	        FORM("stosd", 4, 0, 0, 0xab),           FORM("stosq", 8, 0, 0, 0x48, 0xab),
	        FORM("rep stosb", 1, 0, 0, 0xf3, 0xaa), FORM("rep stosw", 2, 0, 0, 0x66, 0xf3, 0xab),
	        FORM("rep stosd", 4, 0, 0, 0xf3, 0xab), FORM("rep stosq", 8, 0, 0, 0xf3, 0x48, 0xab),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_lods, "hv.mmio.form.lods", NEEDS_HV, "SDM 2A LODS")
{
	static const struct form forms[] = {
	        FORM("lodsb", 1, 0, 0, 0xac),           FORM("lodsw", 2, 0, 0, 0x66, 0xad),
	        FORM("lodsd", 4, 0, 0, 0xad),           FORM("lodsq", 8, 0, 0, 0x48, 0xad),
	        FORM("rep lodsd", 4, 0, 0, 0xf3, 0xad),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_movs_to, "hv.mmio.form.movs_to_device", NEEDS_HV, "SDM 2B MOVS")
{
	static const struct form forms[] = {
	        FORM("movsb", 1, 0, FORM_SI_RAM, 0xa4),
	        FORM("movsw", 2, 0, FORM_SI_RAM, 0x66, 0xa5),
	        FORM("movsd", 4, 0, FORM_SI_RAM, 0xa5),
	        FORM("movsq", 8, 0, FORM_SI_RAM, 0x48, 0xa5),
	        FORM("rep movsb", 1, 0, FORM_SI_RAM, 0xf3, 0xa4),
	        FORM("rep movsq", 8, 0, FORM_SI_RAM, 0xf3, 0x48, 0xa5),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_movs_from, "hv.mmio.form.movs_from_device", NEEDS_HV, "SDM 2B MOVS")
{
	static const struct form forms[] = {
	        FORM("movsb", 1, 0, FORM_DI_RAM, 0xa4),
	        FORM("movsw", 2, 0, FORM_DI_RAM, 0x66, 0xa5),
	        FORM("movsd", 4, 0, FORM_DI_RAM, 0xa5),
	        FORM("movsq", 8, 0, FORM_DI_RAM, 0x48, 0xa5),
	        FORM("rep movsd", 4, 0, FORM_DI_RAM, 0xf3, 0xa5),
	        FORM("rep movsq", 8, 0, FORM_DI_RAM, 0xf3, 0x48, 0xa5),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_movs_within, "hv.mmio.form.movs_within_device", NEEDS_HV, "SDM 2B MOVS")
{
	static const struct form forms[] = {
	        FORM("movsd", 4, 0, 0, 0xa5),
	        FORM("rep movsb", 1, 0, 0, 0xf3, 0xa4),
	        FORM("rep movsd, 32-bit addresses", 4, 0, 0, 0x67, 0xf3, 0xa5),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_scas, "hv.mmio.form.scas", NEEDS_HV, "SDM 2B SCAS")
{
	static const struct form forms[] = {
	        FORM("scasb", 1, 0, 0, 0xae),
	        FORM("scasw", 2, 0, 0, 0x66, 0xaf),
	        FORM("scasd", 4, 0, 0, 0xaf),
	        FORM("scasq", 8, 0, 0, 0x48, 0xaf),
	        FORM("repe scasb", 1, 0, 0, 0xf3, 0xae),
	        FORM("repne scasb", 1, 0, 0, 0xf2, 0xae),
	        FORM("repne scasd", 4, 0, 0, 0xf2, 0xaf),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_cmps, "hv.mmio.form.cmps", NEEDS_HV, "SDM 2A CMPS")
{
	static const struct form forms[] = {
	        FORM("cmpsb", 1, 0, FORM_SI_RAM, 0xa6),
	        FORM("cmpsw", 2, 0, FORM_DI_RAM, 0x66, 0xa7),
	        FORM("cmpsd", 4, 0, 0, 0xa7),
	        FORM("cmpsq", 8, 0, FORM_SI_RAM, 0x48, 0xa7),
	        FORM("repe cmpsb", 1, 0, 0, 0xf3, 0xa6),
	        FORM("repne cmpsd", 4, 0, FORM_DI_RAM, 0xf2, 0xa7),
	};

	FORM_CHECK(FORM_64, 0, forms);
}
