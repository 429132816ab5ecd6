#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Debian 13's kernel with a DSA of version 2.0. It uses the event log, and so can disable a device, which it cannot without.
ADIT_DSA=on,version=2.0
export ADIT_DSA
exec "$(dirname "$0")/run" 6.12
