#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every test in the image, on the whole platform: what the image says is what prove sees.
exec "$(dirname "$0")/harness/run-image" -t 600
