/* Test double: the strings by which a kernel image is known. */
#include <linux/kernel.h>
#include <generated/compile.h>

const char linux_banner[] = "Linux version " UTS_RELEASE " (" LINUX_COMPILE_BY "@" LINUX_COMPILE_HOST ") " UTS_VERSION " miniature\n";
