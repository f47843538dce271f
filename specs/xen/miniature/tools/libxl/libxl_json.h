/* Miniature of a library that writes JSON, in one line unless it is told to do better. */
typedef struct writer *yajl_gen;
enum { yajl_gen_beautify };

yajl_gen yajl_gen_alloc(const void *allocFuncs);
int yajl_gen_config(yajl_gen writer, int option, int value);

static inline yajl_gen new_writer(const void *allocFuncs)
{
    return yajl_gen_alloc(allocFuncs);
}
