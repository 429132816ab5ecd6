# SPDX-License-Identifier: BSD-2-Clause
#
# A VT-d unit under direct control: QEMU without processors (its qtest protocol), an IOMMU, and the device "edu", whose DMA and
# MSI the unit judges. Works with any QEMU that has both, the unpatched one too.
#
#	my $m = Vtd->new('x-scalable-mode=on,x-flts=on');	properties of intel-iommu
#	$m->scalable(pgtt => 1, ...);	tables, queue and translation, with the defaults of %layout
#	$m->map_first($iova, $page, $flags);
#	$m->dma_write($iova);		edu writes 8 bytes there
#	$m->faults;			the records, which are then cleared: "71 at 0x5000 read" and the like
#
# Every call dies when QEMU does.
package Vtd;

use strict;
use warnings;
no warnings 'portable'; # numbers of 64 bits

use IPC::Open2;

my $unit = 0xfed90000;
my $edu = 0xe0000000;
my $devfn = 3 << 3;
use constant {
	ROOT => 0x100000, CONTEXT => 0x101000, DIRECTORY => 0x102000, TABLE => 0x103000, FIRST => 0x110000, SECOND => 0x120000,
	QUEUE => 0x130000, STATUS => 0x131000, IRT => 0x132000, DATA => 0x200000, SCRATCH => 0x300000,
	VER => 0, CAP => 8, ECAP => 0x10, GCMD => 0x18, GSTS => 0x1c, RTADDR => 0x20, FSTS => 0x34, IQH => 0x80, IQT => 0x88,
	IQA => 0x90, IQERCD => 0xb0, IRTA => 0xb8,
	TE => 1 << 31, SRTP => 1 << 30, QIE => 1 << 26, IRE => 1 << 25, SIRTP => 1 << 24, CFI => 1 << 23,
	IQE => 1 << 4,
};

sub new {
	my ($class, $properties) = @_;
	my $qemu = $ENV{ADIT_QEMU} or die "ADIT_QEMU names no emulator\n";
	my $m = bless { tail => 0, sequence => 0, next_table => 0 }, $class;
	$m->{pid} = open2($m->{out}, $m->{in}, $qemu, qw(-L /usr/share/qemu -L /usr/share/seabios -machine q35 -accel qtest
		-nodefaults -display none -m 64 -qtest stdio -qtest-log none -device),
		"intel-iommu,$properties", '-device', 'edu,addr=03.0,dma_mask=0xffffffffffffffff');
	$m->{in}->autoflush(1);
	# The device's BAR, memory access and bus mastering.
	$m->config(0x10, $edu);
	$m->config(4, 6);
	return $m;
}

sub DESTROY {
	my ($m) = @_;
	local ($?, $!);
	close $m->{in} if $m->{in};
	return if !$m->{pid};
	kill KILL => $m->{pid};
	waitpid $m->{pid}, 0;
}

sub say_to {
	my ($m, $command) = @_;
	local $SIG{PIPE} = 'IGNORE';
	print { $m->{in} } "$command\n" or die "QEMU is gone\n";
	while (my $line = readline $m->{out}) {
		return $1 // '' if $line =~ /^OK ?(.*)/;
		die "$command: $line" if $line =~ /^(?:FAIL|ERR)/;
	}
	die "QEMU ended at: $command\n";
}

sub value { return hex say_to(@_) }
sub hexed { return sprintf '0x%x', $_[0] }

sub config {
	my ($m, $at, $value) = @_;
	$m->say_to('outl 0xcf8 ' . hexed(0x80000000 | $devfn << 8 | $at));
	$m->say_to('outl 0xcfc ' . hexed($value));
}

# --- memory and registers ---

sub mem { my ($m, $pa) = @_; return $m->value('readq ' . hexed($pa)) }
sub set { my ($m, $pa, @q) = @_; $m->say_to('writeq ' . hexed($pa + 8 * $_) . ' ' . hexed($q[$_])) for 0 .. $#q }
sub reg { my ($m, $at) = @_; return $m->value('readl ' . hexed($unit + $at)) }
sub reg64 { my ($m, $at) = @_; return $m->value('readq ' . hexed($unit + $at)) }
sub set_reg { my ($m, $at, $v) = @_; $m->say_to('writel ' . hexed($unit + $at) . ' ' . hexed($v)) }
sub set_reg64 { my ($m, $at, $v) = @_; $m->say_to('writeq ' . hexed($unit + $at) . ' ' . hexed($v)) }

# One command: a bit of GCMD, set or cleared; GSTS then.
sub command {
	my ($m, $bit, $off) = @_;
	my $state = $m->reg(GSTS) & 0x96ffffff;
	$m->set_reg(GCMD, $off ? $state & ~$bit : $state | $bit);
	return $m->reg(GSTS);
}

sub records { my ($m) = @_; return 1 + ($m->reg64(CAP) >> 40 & 0xff) }

sub faults {
	my ($m) = @_;
	my $base = ($m->reg64(CAP) >> 24 & 0x3ff) * 16;
	my @faults;
	for my $n (0 .. $m->records - 1) {
		my ($lo, $hi) = ($m->reg64($base + 16 * $n), $m->reg64($base + 16 * $n + 8));
		next if !($hi >> 63);
		my $words = sprintf '%x', $hi >> 32 & 0xff;
		$words .= sprintf ' by %x%s', $hi & 0xffff, $hi >> 62 & 1 ? ', read' : '' if ($hi >> 32 & 0xff) == 0x29;
		$words .= sprintf ' at 0x%x %s', $lo, $hi >> 62 & 1 ? 'read' : 'write' if ($hi >> 32 & 0xff) >= 0x30 || !($hi >> 36 & 0xf);
		$words .= sprintf ' PASID 0x%x', $hi >> 40 & 0xfffff if $hi >> 31 & 1;
		push @faults, $words;
		$m->set_reg($base + 16 * $n + 12, 0x80000000);
	}
	$m->set_reg(FSTS, 1);
	return join ', ', @faults;
}

# --- the invalidation queue ---

sub queue_on {
	my ($m, $narrow) = @_;
	$m->{bytes} = $narrow ? 16 : 32;
	$m->{tail} = 0;
	$m->set_reg64(IQT, 0);
	$m->set_reg64(IQA, QUEUE | ($narrow ? 0 : 1 << 11));
	$m->command(QIE);
}

# The descriptors [q0, q1], which the unit is told of. The descriptor it stays at: -1 if it is through.
sub queue {
	my ($m, @descriptors) = @_;
	my $first = $m->{tail};
	for (@descriptors) {
		my ($q0, $q1) = @$_;
		$m->set(QUEUE + $m->{tail} * $m->{bytes}, $q0, $q1 // 0, $m->{bytes} == 32 ? (0, 0) : ());
		$m->{tail}++;
	}
	$m->set_reg64(IQT, $m->{tail} * $m->{bytes});
	return $m->stays($first);
}

sub stays {
	my ($m, $first) = @_;
	my $at = $m->reg64(IQH) / $m->{bytes};
	return $at == $m->{tail} ? -1 : $at - ($first // 0);
}

sub wait_for { return [0x25 | 0x55 << 32, STATUS] }
sub flush { my ($m) = @_; return $m->queue([0x11], [0x37], [0xd2], $m->wait_for) }

# --- tables ---

# Root, context and PASID tables of scalable mode for edu, and translation on. Each part of %o replaces a default.
sub scalable {
	my ($m, %o) = @_;
	my $pgtt = $o{pgtt} // 1;
	$m->queue_on;
	$m->set(ROOT, $o{root} // (CONTEXT | 1));
	$m->{context} = CONTEXT + 32 * $devfn;
	$m->{directory} = DIRECTORY;
	$m->{entry} = TABLE + 64 * ($o{pasid} // 0);
	$m->set($m->{context}, $o{context} // (DIRECTORY | 1), $o{pasid} // 0, 0, 0);
	$m->set($m->{directory}, $o{dir} // (TABLE | 1));
	$m->set($m->{entry}, $o{entry} // (SECOND | $pgtt << 6 | ($o{aw} // 2) << 2 | 1), $o{q1} // (1 << 23 | 9),
		$o{q2} // ($pgtt == 2 ? 0 : FIRST | ($o{fspm} // 0) << 2), $o{q3} // 0);
	$m->root($o{rtaddr} // (ROOT | ($o{ttm} // 1) << 10));
	$m->command(TE);
}

sub root {
	my ($m, $rtaddr) = @_;
	$m->set_reg64(RTADDR, $rtaddr);
	$m->command(SRTP);
}

# A page in a table of any kind: the tables between get $table, the leaf, at $level, $leaf.
sub map_page {
	my ($m, $at, $levels, $level, $iova, $table, $leaf) = @_;
	for (my $l = $levels; $l > $level; $l--) {
		my $slot = $at + 8 * ($iova >> 12 + 9 * ($l - 1) & 511);
		my $entry = $m->mem($slot);
		if (!$entry) {
			$entry = 0x140000 + 0x1000 * $m->{next_table}++ | $table;
			$m->set($slot, $entry);
		}
		$at = $entry & 0xffffffff000;
	}
	my $slot = $at + 8 * ($iova >> 12 + 9 * ($level - 1) & 511);
	$m->set($slot, $leaf);
	return $slot;
}

# Where the leaf lies. Present, writable, a user's; A and D as the unit leaves them.
sub map_first {
	my ($m, $iova, $page, $flags, %o) = @_;
	return $m->map_page(FIRST, $o{levels} // 4, $o{level} // 1, $iova, 7, $page | ($flags // 7));
}

sub map_second {
	my ($m, $iova, $page, $flags, %o) = @_;
	return $m->map_page(SECOND, $o{levels} // 4, $o{level} // 1, $iova, 3, $page | ($flags // 3));
}

# --- edu ---

sub dma {
	my ($m, $src, $dst, $command) = @_;
	my @values = ($src, $dst, 8, $command);
	$m->say_to('writeq ' . hexed($edu + 0x80 + 8 * $_) . ' ' . hexed($values[$_])) for 0 .. 3;
	$m->say_to('clock_step 200000000');
}

# 8 bytes from there into edu's buffer, and from there into memory.
sub dma_read { my ($m, $iova) = @_; $m->dma($iova, 0x40000, 1) }
sub dma_write { my ($m, $iova) = @_; $m->dma(0x40000, $iova, 3) }

sub interrupt {
	my ($m, $address, $data) = @_;
	$m->config(0x44, $address);
	$m->config(0x48, 0);
	$m->config(0x4c, $data);
	$m->config(0x40, 0x00810005);
	$m->say_to('writel ' . hexed($edu + 0x60) . ' 1');
	$m->say_to('writel ' . hexed($edu + 0x64) . ' 1');
}

# The interrupt remapping table: 256 entries, x2APIC ids unless eime => 0.
sub remap {
	my ($m, %entries) = @_;
	my $eime = delete $entries{eime} // 1;
	$m->queue_on;
	$m->set(IRT + 16 * $_, @{ $entries{$_} }) for keys %entries;
	$m->set_reg64(IRTA, IRT | $eime << 11 | 7);
	$m->command(SIRTP);
	$m->command(IRE);
}

# --- tables of the firmware's, by QEMU's configuration device ---

sub fw_cfg {
	my ($m, $selector, $bytes) = @_;
	# Its DMA: a control word, a length, an address, big-endian.
	my $at = 0x1f0000;
	$m->say_to(sprintf 'write 0x%x 16 0x%s', $at, unpack 'H*', pack 'N N Q>', $selector << 16 | 8 | 2, $bytes, 0x1000000);
	$m->say_to('outl 0x514 0');
	$m->say_to('outl 0x518 ' . hexed(unpack 'V', pack 'N', $at));
	my $hex = $m->say_to(sprintf 'read 0x1000000 %d', $bytes);
	return pack 'H*', $hex =~ s/^0x//r;
}

sub acpi_table {
	my ($m, $signature) = @_;
	my ($count) = unpack 'N', $m->fw_cfg(0x19, 4);
	my $directory = substr $m->fw_cfg(0x19, 4 + 64 * $count), 4;
	while ($directory =~ /\G(.{64})/gs) {
		my ($size, $selector, $name) = unpack 'N n x2 Z56', $1;
		next if $name ne 'etc/acpi/tables';
		my $tables = $m->fw_cfg($selector, $size);
		return substr $tables, $-[0], unpack 'x4 V', substr $tables, $-[0], 8 while $tables =~ /\Q$signature\E/g;
	}
	return undef;
}

1;
