#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Debian bookworm's Linux on the platform.
exec "$(dirname "$0")/run" bookworm
