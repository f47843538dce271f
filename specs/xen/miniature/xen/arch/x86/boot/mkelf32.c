/* Makes the image that a boot loader takes: a copy behind a header of 32 bits and one of multiboot, that ends on a
 * boundary. What the copy ends with is what was on the stack, unless somebody sees to that. */
#include <stdio.h>

/* An ELF header of 32 bits for the i386, with one segment, and the header by which multiboot loaders know an image. */
static const unsigned int headers[] = {
    0x464c457f, 0x00010101, 0, 0, 0x00030002, 1, 0x00100000, 52, 0, 0, 0x00200034, 0x00280001, 0,
    1, 0, 0x00100000, 0x00100000, 0, 0, 7, 64,
    0x1badb002, 3, -(0x1badb002 + 3),
};

int main(int argc, char **argv)
{
    char       buffer[1024];
    size_t     bytes;
    FILE      *in, *out;

    if ( argc != 3 || !(in = fopen(argv[1], "rb")) || !(out = fopen(argv[2], "wb")) )
        return 1;
    fwrite(headers, 1, sizeof(headers), out);
    while ( (bytes = fread(buffer, 1, sizeof(buffer), in)) == sizeof(buffer) )
        fwrite(buffer, 1, bytes, out);
    fwrite(buffer, 1, sizeof(buffer), out);
    return fclose(out) != 0;
}
