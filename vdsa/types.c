/* SPDX-License-Identifier: BSD-2-Clause */
/* The kinds of vDSA. */
#include "vdsa/internal.h"

/* Commands 1 to 14: the guest must get its interrupt handles by command whatever the physical device has (DSA 7.5). */
#define ALL_COMMANDS GENMASK32(14, 1)

/* A dedicated WQ of its own, configured by the host. */
const struct vdsa_type vdsa_type_1dwq_v1 = {
        .name = "1DWQ_v1",
        .dedicated = true,
        .exclusive = true,
        .wqcap = DSA_WQCAP_DEDICATED,
        .cmdcap = ALL_COMMANDS,
        .wqcfg2_rw = 0,
        .wqcfg_mode = 0,
        /* What the guest takes for MSI-X portals are IMS portals: MSI-X stays with the host (DSA 7.5.2). */
        .portal = {DSA_PORTAL_IMS + DSA_PORTAL_UNLIMITED, DSA_PORTAL_IMS + DSA_PORTAL_LIMITED},
};

const char *vdsa_type_name(const struct vdsa_type *type)
{
	return type->name;
}
