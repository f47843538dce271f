/* Makes the image that a boot loader takes: a copy that ends on a boundary. What the copy ends with is what was on the
 * stack, unless somebody sees to that. */
#include <stdio.h>

int main(int argc, char **argv)
{
    char       buffer[1024];
    size_t     bytes;
    FILE      *in, *out;

    if ( argc != 3 || !(in = fopen(argv[1], "rb")) || !(out = fopen(argv[2], "wb")) )
        return 1;
    while ( (bytes = fread(buffer, 1, sizeof(buffer), in)) == sizeof(buffer) )
        fwrite(buffer, 1, bytes, out);
    fwrite(buffer, 1, sizeof(buffer), out);
    return fclose(out) != 0;
}
