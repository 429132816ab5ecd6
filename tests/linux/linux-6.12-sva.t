#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# One of Debian's kernels on the platform: tests/linux/build.sh says which.
exec "$(dirname "$0")/run" 6.12-sva
