/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of every unit that runs: what is promised fits together, and the state is what the driver left. A
 * capability that contradicts another is a unit that no driver can trust.
 */
#include "tests/suites/vtd.h"

/* The n-th unit that runs, or NULL. */
static struct vtd_unit *running(unsigned n, struct vtd_unit_info *info)
{
	struct vtd_unit *unit;

	for (unsigned i = 0; (unit = vtd_unit_at(i)) != NULL; i++) {
		vtd_unit_info(unit, info);
		if (info->running && n-- == 0)
			break;
	}
	if (unit)
		test_context("the unit at 0x%llx: CAP 0x%llx, ECAP 0x%llx", (unsigned long long)info->base,
		             (unsigned long long)info->cap, (unsigned long long)info->ecap);
	return unit;
}

#define FOR_EACH_UNIT(unit, info) for (unsigned n_ = 0; (unit = running(n_, &info)) != NULL; n_++)

TEST(vtd_regs_version, "vtd.regs.version", NEEDS_IOMMU, "VT-d 11.4.1")
{
	struct vtd_unit_info info;
	struct vtd_unit *unit;

	FOR_EACH_UNIT(unit, info)
	{
		uint32_t ver = mmio_read32(vtd_unit_registers(unit), VTD_VER);

		EXPECT_EQ(0, ver & ~(VTD_VER_MAJOR | VTD_VER_MINOR));
		EXPECT_GE(1, FIELD_GET(VTD_VER_MAJOR, ver));
		EXPECT_EQ(info.version_major, FIELD_GET(VTD_VER_MAJOR, ver));
		EXPECT_EQ(info.version_minor, FIELD_GET(VTD_VER_MINOR, ver));
	}
}

TEST(vtd_regs_cap, "vtd.regs.capabilities", NEEDS_IOMMU, "VT-d 11.4.2")
{
	struct vtd_unit_info info;
	struct vtd_unit *unit;

	FOR_EACH_UNIT(unit, info)
	{
		uint64_t sagaw = FIELD_GET(VTD_CAP_SAGAW, info.cap), mgaw = FIELD_GET(VTD_CAP_MGAW, info.cap) + 1;
		uint64_t records = FIELD_GET(VTD_CAP_FRO, info.cap) * VTD_OFFSET_UNIT;

		EXPECT_LE(6, FIELD_GET(VTD_CAP_ND, info.cap));
		/* 39, 48 and 57 bits have a bit each; the others are reserved. */
		EXPECT_EQ(0, sagaw & ~UINT64_C(0xe));
		if (info.second_level)
			EXPECT_NE(0, sagaw);
		/* The largest address is not beyond the widest table. */
		EXPECT_GE(30, mgaw);
		EXPECT_LE(57, mgaw);
		if (sagaw)
			EXPECT_LE(sagaw & 8 ? 57 : sagaw & 4 ? 48 : 39, mgaw);
		/* The fault records lie behind the fixed registers, within what is mapped. */
		EXPECT_GE(0x100, records);
		EXPECT_GE(1, info.fault_records);
		if (info.cap & VTD_CAP_SSLPS_1G)
			EXPECT_NE(0, info.cap & VTD_CAP_SSLPS_2M);
		if (info.cap & VTD_CAP_FS5LP)
			EXPECT_TRUE(info.first_level);
	}
}

TEST(vtd_regs_ecap, "vtd.regs.extended_capabilities", NEEDS_IOMMU, "VT-d 11.4.3")
{
	struct vtd_unit_info info;
	struct vtd_unit *unit;

	FOR_EACH_UNIT(unit, info)
	{
		uint64_t e = info.ecap;

		EXPECT_NE(0, e & VTD_ECAP_QI);
		EXPECT_NE(0, e & VTD_ECAP_SMTS);
		EXPECT_NE(0, e & (VTD_ECAP_FSTS | VTD_ECAP_SSTS));
		if (e & VTD_ECAP_EIM)
			EXPECT_NE(0, e & VTD_ECAP_IR);
		if (e & VTD_ECAP_NEST)
			EXPECT_EQ(VTD_ECAP_FSTS | VTD_ECAP_SSTS, e & (VTD_ECAP_FSTS | VTD_ECAP_SSTS));
		if (e & VTD_ECAP_PRS)
			EXPECT_NE(0, e & VTD_ECAP_DT);
		if (info.pasids) {
			EXPECT_NE(0, e & VTD_ECAP_PASID);
			EXPECT_LE(20, FIELD_GET(VTD_ECAP_PSS, e) + 1);
		}
		/* The IOTLB registers lie behind the fixed ones. */
		EXPECT_GE(0xf0, FIELD_GET(VTD_ECAP_IRO, e) * VTD_OFFSET_UNIT);
	}
}

TEST(vtd_regs_status, "vtd.regs.status", NEEDS_IOMMU, "VT-d 11.4.4")
{
	struct vtd_unit_info info;
	struct vtd_unit *unit;

	FOR_EACH_UNIT(unit, info)
	{
		volatile void *regs = vtd_unit_registers(unit);
		uint32_t gsts = mmio_read32(regs, VTD_GSTS), on = VTD_GSTS_TES | VTD_GSTS_RTPS | VTD_GSTS_QIES;

		EXPECT_EQ(on, gsts & on);
		EXPECT_EQ(VTD_TTM_SCALABLE, FIELD_GET(VTD_RTADDR_TTM, mmio_read64(regs, VTD_RTADDR)));
		EXPECT_EQ(VTD_IQA_DW, mmio_read64(regs, VTD_IQA) & VTD_IQA_DW);
		if (info.interrupts) {
			EXPECT_EQ(VTD_GSTS_IRES | VTD_GSTS_IRTPS, gsts & (VTD_GSTS_IRES | VTD_GSTS_IRTPS));
			EXPECT_EQ(0, gsts & VTD_GSTS_CFIS);
		}
		EXPECT_EQ(0, mmio_read32(regs, VTD_FSTS) & (VTD_FSTS_PFO | VTD_FSTS_IQE | VTD_FSTS_ITE | VTD_FSTS_ICE));
		EXPECT_EQ(0, mmio_read32(regs, VTD_PMEN) & VTD_PMEN_STATUS);
	}
}

/* 64-bit registers may be read in halves (11.2). */
TEST(vtd_regs_halves, "vtd.regs.halves", NEEDS_IOMMU, "VT-d 11.2")
{
	static const uint16_t offsets[] = {VTD_CAP, VTD_ECAP, VTD_RTADDR, VTD_IQA, VTD_IRTA};
	struct vtd_unit_info info;
	struct vtd_unit *unit;

	FOR_EACH_UNIT(unit, info)
	{
		volatile void *regs = vtd_unit_registers(unit);

		for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
			uint64_t whole = mmio_read64(regs, offsets[i]);

			EXPECT_EQ((uint32_t)whole, mmio_read32(regs, offsets[i]));
			EXPECT_EQ(whole >> 32, mmio_read32(regs, offsets[i] + 4));
		}
	}
}

TEST(vtd_regs_read_only, "vtd.regs.read_only", NEEDS_IOMMU, "VT-d 11.4.1 to 11.4.3")
{
	struct vtd_unit_info info;
	struct vtd_unit *unit;

	FOR_EACH_UNIT(unit, info)
	{
		volatile void *regs = vtd_unit_registers(unit);

		mmio_write64(regs, VTD_CAP, ~info.cap);
		mmio_write64(regs, VTD_ECAP, ~info.ecap);
		mmio_write32(regs, VTD_VER, UINT32_MAX);
		EXPECT_EQ(info.cap, mmio_read64(regs, VTD_CAP));
		EXPECT_EQ(info.ecap, mmio_read64(regs, VTD_ECAP));
		EXPECT_EQ(info.version_major, FIELD_GET(VTD_VER_MAJOR, mmio_read32(regs, VTD_VER)));
	}
}
