/* Test double: the notes by which Xen knows a kernel that it can start. What they point at is not there. */
#include <linux/kernel.h>

#define NOTE(type, length, description) \
	".balign 4\n.long 4, " length ", " type "\n.asciz \"Xen\"\n" description "\n.balign 4\n"

__asm__(".pushsection .note.Xen, \"a\", @note\n"
	NOTE("6", "6", ".asciz \"linux\"")
	NOTE("7", "4", ".asciz \"2.6\"")
	NOTE("5", "8", ".asciz \"xen-3.0\"")
	NOTE("1", "8", ".quad start_kernel")
	NOTE("2", "8", ".quad start_kernel")
	".popsection");
