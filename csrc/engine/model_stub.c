#include <errno.h>
#include "engine/context.h"
int vmaf_use_features_from_model(VmafContext *vmaf, VmafModel *model) {(void)vmaf;(void)model; return -ENOSYS;}
int vmaf_use_features_from_model_collection(VmafContext *vmaf, VmafModelCollection *c) {(void)vmaf;(void)c; return -ENOSYS;}
int vmaf_feature_score_pooled(VmafContext *vmaf, const char *feature_name, enum VmafPoolingMethod pool_method,
                              double *score, unsigned index_low, unsigned index_high)
{ (void)vmaf;(void)feature_name;(void)pool_method;(void)score;(void)index_low;(void)index_high;return -ENOSYS;}
int vmaf_score_at_index(VmafContext *vmaf, VmafModel *model, double *score, unsigned index)
{ (void)vmaf;(void)model;(void)score;(void)index;return -ENOSYS;}
int vmaf_score_pooled(VmafContext *vmaf, VmafModel *model, enum VmafPoolingMethod pool_method, double *score,
                      unsigned index_low, unsigned index_high)
{ (void)vmaf;(void)model;(void)pool_method;(void)score;(void)index_low;(void)index_high;return -ENOSYS;}
int vmaf_score_at_index_model_collection(VmafContext *vmaf, VmafModelCollection *model_collection,
                                         VmafModelCollectionScore *score, unsigned index)
{ (void)vmaf;(void)model_collection;(void)score;(void)index;return -ENOSYS;}
int vmaf_score_pooled_model_collection(VmafContext *vmaf, VmafModelCollection *model_collection,
                                       enum VmafPoolingMethod pool_method, VmafModelCollectionScore *score,
                                       unsigned index_low, unsigned index_high)
{ (void)vmaf;(void)model_collection;(void)pool_method;(void)score;(void)index_low;(void)index_high;return -ENOSYS;}
int vmaf_model_load_from_path(VmafModel **model, VmafModelConfig *cfg, const char *path)
{ (void)model;(void)cfg;(void)path;return -ENOSYS;}
int vmaf_model_feature_overload(VmafModel *model, const char *feature_name, VmafFeatureDictionary *opts_dict)
{ (void)model;(void)feature_name;(void)opts_dict;return -ENOSYS;}
void vmaf_model_destroy(VmafModel *model){(void)model;}
int vmaf_model_collection_load_from_path(VmafModel **model, VmafModelCollection **model_collection,
                                         VmafModelConfig *cfg, const char *path)
{ (void)model;(void)model_collection;(void)cfg;(void)path;return -ENOSYS;}
int vmaf_model_collection_feature_overload(VmafModel *model, VmafModelCollection **model_collection,
                                           const char *feature_name, VmafFeatureDictionary *opts_dict)
{ (void)model;(void)model_collection;(void)feature_name;(void)opts_dict;return -ENOSYS;}
void vmaf_model_collection_destroy(VmafModelCollection *model_collection){(void)model_collection;}
