/* Every library of the double: one function, named after it. */
#define PASTE(name) name##_is_a_miniature
#define FUNCTION(name) PASTE(name)

int FUNCTION(NAME)(void)
{
    return 1;
}
