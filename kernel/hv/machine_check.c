/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/hv/machine_check.h"

#include <inttypes.h>
#include <stdio.h>

#include "kernel/bits.h"

#define MSR_MCG_CAP    0x179U
#define MCG_CAP_COUNT  GENMASK64(7, 0)
#define MSR_MCG_STATUS 0x17aU
#define MSR_MC_STATUS  0x401U /* and four MSRs on for each further bank: the address follows */
#define MC_VALID       BIT64(63)
#define MC_UNCORRECTED BIT64(61)
#define MC_ENABLED     BIT64(60)
#define MC_ADDRESS     BIT64(58)
#define MC_CORRUPT     BIT64(57) /* processor context corrupt */
#define MC_FATAL       (MC_VALID | MC_UNCORRECTED | MC_ENABLED)

/* What was corrected is in its banks before and after: only what raises the exception is taken (SDM vol. 3, 15.10.4).
 */
bool hv_machine_check(char *text, size_t size, uint64_t (*read)(uint32_t msr),
                      void (*write)(uint32_t msr, uint64_t value))
{
	uint32_t banks = (uint32_t)FIELD_GET(MCG_CAP_COUNT, read(MSR_MCG_CAP)), found = 0;
	bool corrupt = false;

	snprintf(text, size, "no bank says why, MCG_STATUS 0x%" PRIx64, read(MSR_MCG_STATUS));
	for (uint32_t bank = 0; bank < banks; bank++) {
		uint32_t msr = MSR_MC_STATUS + 4 * bank;
		uint64_t status = read(msr);

		if ((status & MC_FATAL) != MC_FATAL)
			continue;
		if (!found++)
			snprintf(text, size, "bank %u, status 0x%" PRIx64 ", address 0x%" PRIx64, bank, status,
			         status & MC_ADDRESS ? read(msr + 1) : 0);
		corrupt |= status & MC_CORRUPT;
		write(msr, 0);
	}
	write(MSR_MCG_STATUS, 0);
	return corrupt;
}
