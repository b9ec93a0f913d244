/* Support vector regression: libsvm's text models. */
#ifndef VP_PREDICT_SVM_H
#define VP_PREDICT_SVM_H

#include <stddef.h>

typedef enum { VP_KERNEL_LINEAR, VP_KERNEL_POLYNOMIAL, VP_KERNEL_RBF, VP_KERNEL_SIGMOID } VpKernel;

typedef struct VpSvm {
    VpKernel kernel;
    int degree;
    double gamma, coef0, rho;
    int n_inputs, n_vectors;
    /* support vectors, zeros left out: vector k has entries first[k] to first[k + 1] - 1, inputs ascending from 0 */
    double *coefficient;
    size_t *first;
    int *input;
    double *value;
} VpSvm;

/* 0; -EINVAL for text that is no complete regression model (nu_svr or epsilon_svr) of n_inputs inputs; -ENOMEM. */
int vp_svm_read(VpSvm *svm, const char *text, int n_inputs);
void vp_svm_free(VpSvm *svm);
/* The decision value for x[n_inputs]; terms are added in the order of the text. */
double vp_svm_predict(const VpSvm *svm, const double *x);

#endif
