/* Loops that do nothing but read, or nothing but multiply and add, in vectors of LANES_BYTES.
 *
 * The includer defines LANES_NAME(x), LANES_TARGET, LANES_BYTES and LANES_PAIRS(a, b): pair products of 16-bit lanes,
 * summed to 32 bits. */

typedef uint64_t LANES_NAME(Words) __attribute__((vector_size(LANES_BYTES), may_alias));
typedef int32_t LANES_NAME(Ints) __attribute__((vector_size(LANES_BYTES)));
typedef float LANES_NAME(Singles) __attribute__((vector_size(LANES_BYTES)));
typedef double LANES_NAME(Doubles) __attribute__((vector_size(LANES_BYTES)));

LANES_TARGET static uint64_t LANES_NAME(read)(const void *from, size_t bytes)
{
    const LANES_NAME(Words) *const p = from;
    LANES_NAME(Words) s[8] = {{0}};
    for (size_t i = 0; i < bytes / LANES_BYTES; i += 8)
        for (int k = 0; k < 8; k++) s[k] ^= p[i + k];
    for (int k = 1; k < 8; k++) s[0] ^= s[k];
    return s[0][0];
}

/* The operand changes for all the compiler knows, so no product is kept from one term to the next. */
#define LANES_SUM(name, Vector, product)                                                                    \
    LANES_TARGET static double LANES_NAME(name)(void)                                                       \
    {                                                                                                       \
        Vector s[8] = {{0}}, x = {1}, y = {2};                                                              \
        for (int i = 0; i < CEILING_ROUNDS; i++)                                                            \
            for (int k = 0; k < 8; k++) {                                                                   \
                __asm__ volatile("" : OPAQUE(x));                                                           \
                s[k] += product;                                                                            \
            }                                                                                               \
        for (int k = 1; k < 8; k++) s[0] += s[k];                                                           \
        return (double)s[0][0];                                                                             \
    }
LANES_SUM(pairs, LANES_NAME(Ints), LANES_PAIRS(x, y))
LANES_SUM(singles, LANES_NAME(Singles), x *y)
LANES_SUM(doubles, LANES_NAME(Doubles), x *y)

static const Ceilings LANES_NAME(ceilings) = {
    LANES_NAME(read), {LANES_NAME(pairs), LANES_NAME(singles), LANES_NAME(doubles)}, LANES_BYTES};

#undef LANES_SUM
#undef LANES_NAME
#undef LANES_TARGET
#undef LANES_BYTES
#undef LANES_PAIRS
