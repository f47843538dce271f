/* Every program of the double: it says that it is one. */
#include <stdio.h>

int main(void)
{
    puts(NAME ": a miniature, which does nothing");
    return 0;
}
