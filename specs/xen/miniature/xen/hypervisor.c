/* The hypervisor's double. It holds the words by which the packaging knows a hypervisor, and stops at once. */
#include "compile.h"
#include "xlat.h"

const char banner[] = "miniature of Xen version " FULL_VERSION " (" COMPILE_BY ") (" COMPILER ") " COMPILE_DATE " " COMPILE_TIME;
const char extra_version[16] = EXTRA_VERSION;
const unsigned compat_fields = COMPAT_FIELDS;

/* Two words at once: what a compiler may use vector registers for. */
struct pair { unsigned first, second; };

void copy_pair(struct pair *to, const struct pair *from)
{
    *to = *from;
}

void start(void)
{
    for (;;)
        ;
}
