# SPDX-License-Identifier: BSD-2-Clause
# The screen font that kernel/font.S takes in: a PSF1 header of 4 bytes and the 128 glyphs of ASCII, 16 bytes each.
# fbcon.c checks the header. From Debian's console-setup-linux.
FONT ?= /usr/share/consolefonts/Lat15-Terminus16.psf.gz
FONT_BYTES := 2052

build/font.psf: $(FONT) kernel/font.mk
	@mkdir -p $(@D)
	gzip -dc $(FONT) | head -c $(FONT_BYTES) > $@.tmp
	@test "$$(wc -c < $@.tmp)" -eq $(FONT_BYTES) || { echo "$(FONT): shorter than $(FONT_BYTES) bytes" >&2; exit 1; }
	@mv $@.tmp $@
