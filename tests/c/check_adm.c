#include <math.h>
#include <string.h>

#include "check.h"
#include "kernel/adm.h"

enum { MAX_N = 70 };

static int padded(int n)
{
    return (n + VP_ADM_PAD - 1) / VP_ADM_PAD * VP_ADM_PAD;
}

/* n values of -most .. most: noise, small, extreme, zero, or of every magnitude. */
static int32_t draw(VpCheck *t, int style, int32_t most)
{
    const int32_t sign = vp_check_range(t, 0, 1) ? 1 : -1;
    switch (style) {
    case 0: return sign * vp_check_range(t, 0, most);
    case 1: return vp_check_range(t, -3, 3);
    case 2: return sign * (most - vp_check_range(t, 0, 1));
    case 3: return vp_check_range(t, 0, 7) ? 0 : sign;
    default: return sign * ((most >> vp_check_range(t, 0, 30)) - (most > 9 && vp_check_range(t, 0, 1)));
    }
}

static int32_t clamp(double v, int32_t most)
{
    return v > most ? most : v < -most ? -most : (int32_t)v;
}

/* A row of coefficients with its padding, in 16 or 32 bits. */
typedef struct Row {
    int wide;
    void *at;
} Row;

static Row new_row(VpCheck *t, int wide, int n)
{
    return (Row){wide, vp_check_alloc(t, (size_t)n, wide ? sizeof(int32_t) : sizeof(int16_t))};
}

static int32_t get(Row row, int i)
{
    return row.wide ? ((const int32_t *)row.at)[i] : ((const int16_t *)row.at)[i];
}

static void set(Row row, int i, int32_t v)
{
    if (row.wide)
        ((int32_t *)row.at)[i] = v;
    else
        ((int16_t *)row.at)[i] = (int16_t)v;
}

static int32_t most_of(int wide)
{
    return wide ? VP_ADM_MAX32 : VP_ADM_MAX16;
}

static Row draw_row(VpCheck *t, int wide, int n, int32_t most)
{
    const Row row = new_row(t, wide, padded(n));
    const int style = vp_check_range(t, 0, 4);
    for (int i = 0; i < n; i++) set(row, i, draw(t, style, most));
    return row;
}

static void compare(VpCheck *t, Row want, Row got, int n, const char *what)
{
    vp_check_bytes(t, want.at, got.at, (size_t)n * (want.wide ? 4 : 2), "%s%d n=%d", what, want.wide ? 32 : 16, n);
}

static void check_rows(VpCheck *t, const VpAdmWaveletKernels *ref, const VpAdmWaveletKernels *got, int n)
{
    for (int bpc = 8; bpc <= 16; bpc++) {
        const void *in[VP_ADM_TAPS];
        for (int k = 0; k < VP_ADM_TAPS; k++)
            in[k] = bpc == 8 ? (const void *)vp_check_u8(t, n, 8, VP_CHECK_ANY)
                             : (const void *)vp_check_u16(t, n, bpc, VP_CHECK_ANY);
        for (int high = 0; high <= 1; high++) {
            const Row a = new_row(t, 0, padded(n)), b = new_row(t, 0, padded(n));
            const Row c = new_row(t, 0, padded(n)), d = new_row(t, 0, padded(n));
            (bpc == 8 ? ref->rows8 : ref->rows16)(in, bpc, a.at, high ? c.at : NULL, n);
            (bpc == 8 ? got->rows8 : got->rows16)(in, bpc, b.at, high ? d.at : NULL, n);
            compare(t, a, b, n, "rows, low, ");
            if (high) compare(t, c, d, n, "rows, high, ");
        }
        vp_check_free(t);
    }
    for (int wide = 0; wide <= 1; wide++) {
        Row in[VP_ADM_TAPS];
        for (int k = 0; k < VP_ADM_TAPS; k++) in[k] = draw_row(t, wide, n, most_of(wide));
        const Row a = new_row(t, 1, padded(n)), b = new_row(t, 1, padded(n));
        const Row c = new_row(t, 1, padded(n)), d = new_row(t, 1, padded(n));
        if (wide) {
            const int32_t *const rows[VP_ADM_TAPS] = {in[0].at, in[1].at, in[2].at, in[3].at};
            ref->rows32(rows, a.at, c.at, n);
            got->rows32(rows, b.at, d.at, n);
        } else {
            const int16_t *const rows[VP_ADM_TAPS] = {in[0].at, in[1].at, in[2].at, in[3].at};
            ref->rows_widen(rows, a.at, c.at, n);
            got->rows_widen(rows, b.at, d.at, n);
        }
        compare(t, a, b, n, "next rows, low, ");
        compare(t, c, d, n, "next rows, high, ");
        vp_check_free(t);
    }
}

static void check_columns(VpCheck *t, const VpAdmWaveletKernels *ref, const VpAdmWaveletKernels *got, int n)
{
    const int n_in = 2 * padded(n) + 2;
    for (int shift = 14; shift <= 16; shift++) { /* 14 stands for 16-bit rows */
        const int wide = shift > 14;
        /* in the shifts by 15 the result must fit 32 bits: the rows come from a bounded pass */
        const Row in = new_row(t, wide, n_in);
        const int style = vp_check_range(t, 0, 4);
        for (int i = 0; i < n_in; i++) set(in, i, draw(t, style, !wide ? 27411 : shift == 15 ? 1257100000 : INT32_MAX));
        const Row a = new_row(t, wide, padded(n)), b = new_row(t, wide, padded(n));
        const Row c = new_row(t, wide, padded(n)), d = new_row(t, wide, padded(n));
        for (int high = 0; high <= 1; high++) {
            if (wide) {
                ref->columns32(in.at, shift, a.at, high ? c.at : NULL, n);
                got->columns32(in.at, shift, b.at, high ? d.at : NULL, n);
            } else {
                ref->columns16(in.at, a.at, high ? c.at : NULL, n);
                got->columns16(in.at, b.at, high ? d.at : NULL, n);
            }
            compare(t, a, b, n, "columns, low, ");
            if (high) compare(t, c, d, n, "columns, high, ");
        }
        vp_check_free(t);
    }
}

/* Three bands of a reference and a distorted picture: unrelated, equal, scaled, opposite, or with h and v turned by
 * very nearly one degree. */
static void draw_pair(VpCheck *t, int wide, int n, Row o[VP_ADM_BANDS], Row d[VP_ADM_BANDS])
{
    const int32_t most = most_of(wide);
    const int how = vp_check_range(t, 0, 4);
    const double turn = acos(sqrt(0x1.FFD814p-1)), scale = vp_check_range(t, 0, 40000) / 20000.0;
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        o[b] = draw_row(t, wide, n, most);
        d[b] = draw_row(t, wide, n, most);
    }
    for (int i = 0; i < n && how; i++) {
        for (int b = 0; b < VP_ADM_BANDS; b++) {
            const double v = get(o[b], i) * (how == 1 ? 1.0 : how == 2 ? scale : -scale);
            set(d[b], i, clamp(v + vp_check_range(t, -1, 1), most));
        }
        if (how < 4) continue;
        const double h = get(o[VP_ADM_H], i), v = get(o[VP_ADM_V], i);
        const double angle = turn + vp_check_range(t, -1000, 1000) * 1e-9;
        set(d[VP_ADM_H], i, clamp(scale * (h * cos(angle) - v * sin(angle)), most));
        set(d[VP_ADM_V], i, clamp(scale * (h * sin(angle) + v * cos(angle)), most));
    }
}

#define TRIPLE(row) {(row)[0].at, (row)[1].at, (row)[2].at}

static void check_decouple(VpCheck *t, const VpAdmKernels *ref, const VpAdmKernels *got, int n)
{
    static const double gains[] = {1, 1.2, 2, 7, 99.5, 100};
    for (int wide = 0; wide <= 1; wide++) {
        Row o[VP_ADM_BANDS], d[VP_ADM_BANDS], r[2][VP_ADM_BANDS], a[2][VP_ADM_BANDS], raw[2][VP_ADM_BANDS], close[2];
        draw_pair(t, wide, n, o, d);
        for (int i = 0; i < 2; i++) {
            close[i] = new_row(t, wide, padded(n));
            for (int b = 0; b < VP_ADM_BANDS; b++) {
                raw[i][b] = new_row(t, wide, padded(n));
                r[i][b] = new_row(t, wide, padded(n));
                a[i][b] = new_row(t, wide, padded(n));
            }
        }
        const void *const ro[] = TRIPLE(o), *const rd[] = TRIPLE(d);
        void *const raw0[] = TRIPLE(raw[0]), *const raw1[] = TRIPLE(raw[1]);
        ref->band[wide].restore(ro, rd, raw0, close[0].at, n);
        got->band[wide].restore(ro, rd, raw1, close[1].at, n);
        compare(t, close[0], close[1], n, "close");
        for (int b = 0; b < VP_ADM_BANDS; b++) compare(t, raw[0][b], raw[1][b], n, "restore");
        for (size_t g = 0; g < sizeof gains / sizeof gains[0]; g++) {
            const void *const in[] = TRIPLE(raw[0]);
            void *const r0[] = TRIPLE(r[0]), *const r1[] = TRIPLE(r[1]);
            void *const a0[] = TRIPLE(a[0]), *const a1[] = TRIPLE(a[1]);
            ref->band[wide].limit(in, close[0].at, rd, gains[g], r0, a0, n);
            got->band[wide].limit(in, close[0].at, rd, gains[g], r1, a1, n);
            for (int b = 0; b < VP_ADM_BANDS; b++) {
                compare(t, r[0][b], r[1][b], n, "limit, restored, ");
                compare(t, a[0][b], a[1][b], n, "limit, added, ");
            }
        }
        vp_check_free(t);
    }
}

/* Of a real mode, or, now and then, beyond all of them. */
static VpAdmFactors draw_factors(VpCheck *t, int wide)
{
    const uint32_t all = wide ? UINT32_MAX : 65535;
    const int most_hv = wide ? 251775280 : 36453, most_d = wide ? 154193616 : 49417;
    switch (vp_check_range(t, 0, 3)) {
    case 0: return (VpAdmFactors){(uint32_t)most_hv, (uint32_t)most_d};
    case 1: return (VpAdmFactors){(uint32_t)vp_check_random(t) & all, (uint32_t)vp_check_random(t) & all};
    default:
        return (VpAdmFactors){(uint32_t)vp_check_range(t, 0, most_hv), (uint32_t)vp_check_range(t, 0, most_d)};
    }
}

static void check_mask(VpCheck *t, const VpAdmKernels *ref, const VpAdmKernels *got, int n)
{
    for (int wide = 0; wide <= 1; wide++) {
        Row z[VP_ADM_BANDS], out[4];
        for (int b = 0; b < VP_ADM_BANDS; b++) z[b] = draw_row(t, wide, n, most_of(wide));
        for (int i = 0; i < 4; i++) out[i] = new_row(t, 1, padded(n));
        const void *const rz[] = TRIPLE(z);
        const VpAdmFactors f = draw_factors(t, wide);
        ref->band[wide].mask(rz, f, out[0].at, out[1].at, n);
        got->band[wide].mask(rz, f, out[2].at, out[3].at, n);
        compare(t, out[0], out[2], n, wide ? "mask32, around, " : "mask16, around, ");
        compare(t, out[1], out[3], n, wide ? "mask32, centre, " : "mask16, centre, ");
        vp_check_free(t);
    }
    if (n > 40) n += vp_check_range(t, 0, 1) * 1000; /* several blocks */
    int32_t *around[3];
    for (int y = 0; y < 3; y++)
        around[y] = (int32_t *)vp_check_alloc(t, (size_t)(padded(n) + VP_ADM_PAD) + 1, sizeof(int32_t)) + 1;
    const Row centre = new_row(t, 1, padded(n)), a = new_row(t, 1, padded(n)), b = new_row(t, 1, padded(n));
    const int32_t *const rows[3] = {around[0], around[1], around[2]};
    ref->threshold(rows, centre.at, a.at, n);
    got->threshold(rows, centre.at, b.at, n);
    compare(t, a, b, n, "threshold");
    vp_check_free(t);
}

static void check_cubes(VpCheck *t, const VpAdmKernels *ref, const VpAdmKernels *got, int n)
{
    for (int wide = 0; wide <= 1; wide++) {
        Row z[VP_ADM_BANDS];
        for (int b = 0; b < VP_ADM_BANDS; b++) z[b] = draw_row(t, wide, n, most_of(wide));
        const Row thr = new_row(t, 1, padded(n));
        const int style = vp_check_range(t, 0, 3);
        const int32_t most = wide ? 760000000 : 524287, least = wide ? -45 : -65536; /* the centre's weight may wrap */
        for (int i = 0; i < n; i++)
            set(thr, i, style == 0 ? vp_check_range(t, least, most) : style == 1 ? most : style == 2 ? least : 0);
        const void *const rz[] = TRIPLE(z);
        const VpAdmFactors f = draw_factors(t, wide);
        const int log2_width = vp_check_range(t, wide ? 2 : 5, 13), scale = wide ? vp_check_range(t, 1, 3) : 0;
        uint64_t want[VP_ADM_BANDS], have[VP_ADM_BANDS];
        ref->band[wide].cubes(rz, f, thr.at, log2_width, n, want);
        got->band[wide].cubes(rz, f, thr.at, log2_width, n, have);
        for (int b = 0; b < VP_ADM_BANDS; b++)
            vp_check_u64(t, want[b], have[b], "cubes%d band %d n=%d", wide ? 32 : 16, b, n);
        ref->band[wide].cubes_reference(rz, scale, log2_width, n, want);
        got->band[wide].cubes_reference(rz, scale, log2_width, n, have);
        for (int b = 0; b < VP_ADM_BANDS; b++)
            vp_check_u64(t, want[b], have[b], "cubes_reference%d band %d n=%d", wide ? 32 : 16, b, n);
        vp_check_free(t);
    }
}

void vp_check_family(VpCheck *t)
{
    VpAdmKernels ref, got;
    vp_adm_kernels_init(&ref, 0);
    vp_adm_kernels_init(&got, t->cpu);
    for (int round = 0; round < 2; round++)
        for (int n = 1; n <= MAX_N; n++) {
            if (n >= 32) check_rows(t, &ref.wavelet, &got.wavelet, n);
            check_columns(t, &ref.wavelet, &got.wavelet, n);
            for (int i = 0; i < 8; i++) check_decouple(t, &ref, &got, n);
            for (int i = 0; i < 8; i++) check_mask(t, &ref, &got, n);
            for (int i = 0; i < 8; i++) check_cubes(t, &ref, &got, n);
        }
}

enum { W = 960 }; /* coefficients of a 1080p row at scale 0 */
typedef struct Bench {
    VpAdmKernels k;
    int wide;
    const void *picture[VP_ADM_TAPS];
    Row in[VP_ADM_TAPS], vertical, o[VP_ADM_BANDS], t[VP_ADM_BANDS], r[VP_ADM_BANDS], a[VP_ADM_BANDS], out[3];
    uint64_t sum[VP_ADM_BANDS];
} Bench;

static void bench_rows(void *arg)
{
    Bench *const b = arg;
    const int32_t *const rows[VP_ADM_TAPS] = {b->in[0].at, b->in[1].at, b->in[2].at, b->in[3].at};
    if (b->wide)
        b->k.wavelet.rows32(rows, b->out[0].at, b->out[1].at, W);
    else
        b->k.wavelet.rows8(b->picture, 8, b->out[0].at, b->out[1].at, W);
}

static void bench_columns(void *arg)
{
    Bench *const b = arg;
    if (b->wide)
        b->k.wavelet.columns32(b->vertical.at, 15, b->out[0].at, b->out[1].at, W);
    else
        b->k.wavelet.columns16(b->vertical.at, b->out[0].at, b->out[1].at, W);
}

static void bench_restore(void *arg)
{
    Bench *const b = arg;
    const void *const o[] = TRIPLE(b->o), *const t[] = TRIPLE(b->t);
    void *const r[] = TRIPLE(b->r);
    b->k.band[b->wide].restore(o, t, r, b->out[0].at, W);
}

static void bench_limit(void *arg)
{
    Bench *const b = arg;
    const void *const o[] = TRIPLE(b->o), *const t[] = TRIPLE(b->t);
    void *const r[] = TRIPLE(b->r), *const a[] = TRIPLE(b->a);
    b->k.band[b->wide].limit(o, b->out[0].at, t, 100, r, a, W);
}

static VpAdmFactors bench_factors(const Bench *b)
{
    return b->wide ? (VpAdmFactors){137373792, 61414028} : (VpAdmFactors){36453, 49417};
}

static void bench_mask(void *arg)
{
    Bench *const b = arg;
    const void *const z[] = TRIPLE(b->t);
    b->k.band[b->wide].mask(z, bench_factors(b), b->out[0].at, b->out[1].at, W);
}

static void bench_cubes(void *arg)
{
    Bench *const b = arg;
    const void *const z[] = TRIPLE(b->o);
    b->k.band[b->wide].cubes(z, bench_factors(b), b->out[2].at, 10, W, b->sum);
}

static void bench_cubes_reference(void *arg)
{
    Bench *const b = arg;
    const void *const z[] = TRIPLE(b->o);
    b->k.band[b->wide].cubes_reference(z, 1, 10, W, b->sum);
}

void vp_bench_family(VpCheck *t)
{
    static const struct {
        const char *name[2];
        void (*call)(void *arg);
    } rows[] = {
        {{"adm/rows8", "adm/rows32"}, bench_rows},
        {{"adm/columns16", "adm/columns32"}, bench_columns},
        {{"adm/restore16", "adm/restore32"}, bench_restore},
        {{"adm/limit16", "adm/limit32"}, bench_limit},
        {{"adm/mask16", "adm/mask32"}, bench_mask},
        {{"adm/cubes16", "adm/cubes32"}, bench_cubes},
        {{"adm/cubes_reference16", "adm/cubes_reference32"}, bench_cubes_reference},
    };
    for (int wide = 0; wide <= 1; wide++) {
        Bench b = {.wide = wide};
        vp_adm_kernels_init(&b.k, t->cpu);
        b.vertical = new_row(t, wide, 2 * padded(W) + 2);
        for (int k = 0; k < VP_ADM_TAPS; k++) {
            b.picture[k] = vp_check_u8(t, W, 8, VP_CHECK_NOISE);
            b.in[k] = new_row(t, 1, padded(W));
        }
        for (int i = 0; i < VP_ADM_BANDS; i++) {
            b.o[i] = new_row(t, wide, padded(W));
            b.t[i] = new_row(t, wide, padded(W));
            b.r[i] = new_row(t, wide, padded(W));
            b.a[i] = new_row(t, wide, padded(W));
            b.out[i] = new_row(t, 1, padded(W));
            for (int x = 0; x < W; x++) {
                set(b.o[i], x, vp_check_range(t, -999, 999) * (wide ? 20000 : 1));
                set(b.t[i], x, get(b.o[i], x) / 2 + vp_check_range(t, -99, 99));
                set(b.out[i], x, 99);
            }
        }
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            vp_bench(t, rows[i].name[wide], "w=960", rows[i].call, &b);
        vp_check_free(t);
    }
}
