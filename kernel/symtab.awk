# SPDX-License-Identifier: BSD-2-Clause
#
# Turns `llvm-nm --numeric-sort` of a linked kernel into the table that backtraces read (kernel/symbols.c): the offset of
# each function from the start of the kernel, ascending, and the names in the same order, each ended by a NUL.
function low32(hex,    i, n)
{
	n = 0
	for (i = length(hex) - 7; i <= length(hex); i++)
		n = n * 16 + index("0123456789abcdef", tolower(substr(hex, i, 1))) - 1
	return n
}

BEGIN {
	count = 0
}

$2 ~ /^[tT]$/ && $3 !~ /^(\.L|__text_end|__kernel_start)/ && $1 != last {
	last = $1
	offset[count] = low32($1) - 2147483648
	name[count++] = $3
}

END {
	print "\t.section .symtab_compact, \"a\", @progbits"
	print "\t.balign 4"
	print "\t.globl symtab_count, symtab_offsets, symtab_names"
	print "symtab_count:\n\t.long " count
	print "symtab_offsets:"
	for (i = 0; i < count; i++)
		print "\t.long " offset[i]
	print "symtab_names:"
	for (i = 0; i < count; i++)
		print "\t.asciz \"" name[i] "\""
	print "\t.section .note.GNU-stack, \"\", @progbits"
}
