/* Test double: a header by the compiler's major number, as Linux 3.4 has them. 4 and 5 are known. */
#ifndef MINIATURE_COMPILER_H
#define MINIATURE_COMPILER_H

#define compiler_header_text(path) #path
#define compiler_header_path(major) compiler_header_text(linux/compiler-gcc##major.h)
#define compiler_header(major) compiler_header_path(major)
#include compiler_header(__GNUC__)

#define __section(name) __attribute__((__section__(name)))
#define __init __section(".init.text")
#define __initdata __section(".init.data")

#endif
