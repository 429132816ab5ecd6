#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A disk image with a GPT and one FAT32 EFI system partition, without mounts or root, the same bit for bit each time.
#   mkimage.sh OUTPUT BOOTX64.EFI adit.cfg
set -eu

out=$1
efi=$2
cfg=$3

# 40 MiB is about the least that FAT32 allows at one sector a cluster; the file is sparse.
disk_mib=40
first_sector=2048
sectors=$(((disk_mib - 2) * 2048))
disk_guid=41646974-0000-4000-8000-000000000001
partition_guid=41646974-0000-4000-8000-000000000002
volume_serial=41646974

# sgdisk is where an ordinary user's PATH does not look.
PATH=$PATH:/usr/sbin:/sbin
export MTOOLS_SKIP_CHECK=1
# mtools takes the files' times from here.
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1704067200}" TZ=UTC

tmp=$out.tmp
rm -f "$tmp"
trap 'rm -f "$tmp"' EXIT
truncate -s "${disk_mib}M" "$tmp"
sgdisk -a 2048 -n "1:$first_sector:+$((sectors - 1))" -t 1:EF00 -c 1:ADIT -U "$disk_guid" -u "1:$partition_guid" "$tmp" >/dev/null
volume=$tmp@@1M
mformat -i "$volume" -F -c 1 -v ADIT -N "$volume_serial" -T "$sectors" -h 64 -s 32 -H "$first_sector" ::
mmd -i "$volume" ::/EFI ::/EFI/BOOT
mcopy -i "$volume" "$efi" ::/EFI/BOOT/BOOTX64.EFI
mcopy -i "$volume" "$cfg" ::/adit.cfg
mv "$tmp" "$out"
