/* The integer transform of PSNR-HVS in terms of a type I and its operations, which the including file defines:
 *     I                     an integer, or a vector of them
 *     DCT_HALF(a)           a / 2 rounded toward zero
 *     DCT_MUL(v, c, s)      (v * c + 2^(s - 1)) >> s, for a constant c and 13 <= s <= 15
 * and + and -. */
#define DCT_ADD_MUL(y, v, c, s) ((y) + DCT_MUL(v, c, s))
#define DCT_SUB_MUL(y, v, c, s) ((y) - DCT_MUL(v, c, s))

/* x[0], x[step], .. x[7 * step] to their eight coefficients, in place. */
DCT_FUNCTION(I *x, int step)
{
    const I d0 = x[0] - x[7 * step], e0 = x[0] - DCT_HALF(d0);
    const I s1 = x[step] + x[6 * step], d1 = x[6 * step] - DCT_HALF(s1);
    const I d2 = x[2 * step] - x[5 * step], e2 = x[2 * step] - DCT_HALF(d2);
    const I s3 = x[3 * step] + x[4 * step], d3 = DCT_HALF(s3) - x[4 * step];

    I y0 = e0 + DCT_HALF(s3), y6 = y0 - s3;
    I y2 = DCT_HALF(s1) - e2, y4 = y2 - s1;
    y0 = DCT_SUB_MUL(y0, y4, 13573, 15);
    y4 = DCT_ADD_MUL(y4, y0, 11585, 14);
    y0 = DCT_SUB_MUL(y0, y4, 13573, 15);
    y6 = DCT_SUB_MUL(y6, y2, 21895, 15);
    y2 = DCT_ADD_MUL(y2, y6, 15137, 14);
    y6 = DCT_SUB_MUL(y6, y2, 21895, 15);

    I y3 = DCT_ADD_MUL(d2, d1, 19195, 15);
    I y5 = DCT_ADD_MUL(d1, y3, 11585, 14);
    y3 = DCT_SUB_MUL(y3, y5, 7489, 13);
    I y7 = DCT_HALF(y5) - d3;
    y5 = y5 - y7;
    y3 = DCT_HALF(d0) - y3;
    I y1 = d0 - y3;
    y7 = DCT_ADD_MUL(y7, y1, 3227, 15);
    y1 = DCT_SUB_MUL(y1, y7, 6393, 15);
    y7 = DCT_ADD_MUL(y7, y1, 3227, 15);
    y5 = DCT_ADD_MUL(y5, y3, 2485, 13);
    y3 = DCT_SUB_MUL(y3, y5, 18205, 15);
    y5 = DCT_ADD_MUL(y5, y3, 2485, 13);

    x[0] = y0;
    x[step] = y1;
    x[2 * step] = y2;
    x[3 * step] = y3;
    x[4 * step] = y4;
    x[5 * step] = y5;
    x[6 * step] = y6;
    x[7 * step] = y7;
}

#undef DCT_ADD_MUL
#undef DCT_SUB_MUL
