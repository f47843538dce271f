/* Test double: where Linux relocates a module. The spec adds a case beside that of calls relative to the program counter. */
#include <linux/kernel.h>

#define R_X86_64_64	1
#define R_X86_64_PC32	2
#define R_X86_64_PLT32	4

int apply_relocation(unsigned int type, unsigned long value, unsigned long place, unsigned long *result);

int apply_relocation(unsigned int type, unsigned long value, unsigned long place, unsigned long *result)
{
	switch (type) {
		case R_X86_64_64:
			*result = value;
			return 0;
		case R_X86_64_PC32:
			*result = value - place;
			return 0;
	}
	return -1;
}
