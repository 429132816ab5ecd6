#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Debian trixie's Linux on the platform.
exec "$(dirname "$0")/run" trixie
