# SPDX-License-Identifier: BSD-2-Clause
#
# The second machine: Debian's Bochs, which has VMX with EPT. It has no DSA, no IOMMU, no PCI Express and no ACPI tables, and
# boots build/adit.img itself through the firmware that QEMU boots it with. For tests/bochs.t and tests/harness/run-bochs.
#
#	boot_bochs(%boot)	as Image's boot(), with these of its keys: config, limit, line; and
#		cpus	=> NUMBER	processors (1)
#				the result has beside the others the key image, the disk it ran from
#	known_bugs()		name of a test => the bug of the emulator that it stumbles over, in words
#
# Those tests are left out (skip= in the configuration), and their skips name the bug; a skip= among config replaces the list,
# so that `skip=` alone runs them.
package Bochs;

use strict;
use warnings;

use Exporter qw(import);
use File::Temp qw(tempdir);
use Image qw(boot copy_image change_config $root);

our @EXPORT_OK = qw(boot_bochs known_bugs);

my $bochs = $ENV{ADIT_BOCHS} // 'bochs';
my $bugs = "$root/tests/harness/bochs.tsv";
my $left_out = 'left out by skip= in the configuration';

# The firmware's delays are counted in instructions: ips is low so that they are short. The disk is as large as its geometry
# says. What the image says goes out on file descriptor 3, so that Bochs's own words stay apart. Of the displays that Debian
# has, this one needs neither a screen nor opens a port to the network.
my $bochsrc = <<'END';
config_interface: textconfig
display_library: term
cpu: model=CPU_MODEL, count=CPUS, ips=4000000, reset_on_triple_fault=0, ignore_bad_msrs=1
memory: guest=512, host=512
romimage: file=/usr/share/ovmf/OVMF.fd
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
pci: enabled=1, chipset=i440fx
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=disk, path="IMAGE", mode=volatile, cylinders=CYLINDERS, heads=16, spt=32
boot: disk
com1: enabled=1, mode=file, dev=/proc/self/fd/3
log: FOLDER/log
clock: sync=none, time0=1704067200
panic: action=fatal
END

# One a line: the test's name, a tab, the bug.
sub known_bugs {
	my %known;
	open my $in, '<', $bugs or die "$bugs: $!\n";
	while (<$in>) {
		next if /^\s*(#|$)/;
		/^(\S+)\t+(\S.*\S)$/ or die "$bugs, line $.: not \"name, tab, bug\"\n";
		$known{$1} = $2;
	}
	return \%known;
}

sub write_file {
	my ($name, $text) = @_;
	open my $out, '>', $name or die "$name: $!\n";
	print $out $text;
	close $out or die "$name: $!\n";
}

# Bochs in a folder of its own, which goes away with us.
sub machine {
	my (%boot) = @_;
	my $folder = tempdir(CLEANUP => 1);
	my $image = copy_image("$root/build/adit.img");
	my $known = known_bugs();
	change_config($image, join "\n", 'skip=' . join(',', sort keys %$known), @{ $boot{config} // [] });
	my %value = (
		CPU_MODEL => $ENV{ADIT_BOCHS_CPU} // 'tigerlake',
		CPUS => $boot{cpus} // 1,
		IMAGE => $image,
		CYLINDERS => (-s $image) / (512 * 16 * 32),
		FOLDER => $folder,
	);
	write_file("$folder/bochsrc", $bochsrc =~ s/\b([A-Z_]{4,})\b/$value{$1} \/\/ $1/ger);
	# Debian's Bochs starts in its debugger, which is told to let go.
	write_file("$folder/rc", "c\n");
	return ($folder, $image, 'sh', '-c', 'exec 3>&1 >"$0" 2>&1 && TERM=dumb exec "$@"', "$folder/display", $bochs, '-q',
		'-f', "$folder/bochsrc", '-rc', "$folder/rc");
}

# What Bochs calls a panic, from its log: the reason when it ended by itself.
sub panics {
	my ($folder) = @_;
	open my $log, '<', "$folder/log" or return '';
	return join '', grep { /^\d+p\[/ } <$log>;
}

sub boot_bochs {
	my (%boot) = @_;
	my $known = known_bugs();
	my ($folder, $image, @command) = machine(%boot);
	my $line = $boot{line};
	my $run = boot(
		limit => $boot{limit} // 300, command => \@command,
		line => sub {
			my ($text) = @_;
			$text =~ s/^(ok \d+ - (\S+) # SKIP )\Q$left_out\E$/$1 . ($known->{$2} \/\/ $left_out)/e;
			$line->($text) if $line;
		},
	);
	for my $name (keys %{ $run->{tests} }) {
		my $test = $run->{tests}{$name};
		$test->{skip} = $known->{$name} if ($test->{skip} // '') eq $left_out && $known->{$name};
	}
	$run->{stderr} = panics($folder) || $run->{stderr} if $run->{trouble};
	$run->{image} = $image;
	return $run;
}

1;
