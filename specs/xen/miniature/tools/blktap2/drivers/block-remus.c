/* Includes a header that it does not use and that today's C library does not have. */
#include <sys/types.h>
#include <sys/sysctl.h>

int remus_is_a_miniature(void)
{
    return 1;
}
