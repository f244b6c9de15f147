#include "kernels.h"

const Kernel KERNELS[] = {
#if defined(__x86_64__)
    {8, draw_8, sample_8, sample_axes_8, decode_8},
    {4, draw_4, sample_4, sample_axes_4, decode_2},
#endif
    {2, draw_2, sample_2, sample_axes_2, decode_2},
};
const size_t N_KERNELS = sizeof KERNELS / sizeof *KERNELS;

int runs_here(const Kernel *kernel) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (kernel->lanes == 8)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
    return kernel->lanes == 2 || __builtin_cpu_supports("avx2");
#else
    (void)kernel;
    return 1;
#endif
}

const Kernel *find_kernel(int lanes) {
    for (size_t k = 0; k < N_KERNELS; k++)
        if (KERNELS[k].lanes == lanes && runs_here(KERNELS + k))
            return KERNELS + k;
    return NULL;
}
