/* In C, because Rust has no weak symbols: this one is there only where libtorch came with OpenBLAS. */
#ifdef __linux__
extern void openblas_set_num_threads(int threads) __attribute__((weak));
#endif

void firesteel_openblas_one_thread(void) {
#ifdef __linux__
    if (openblas_set_num_threads) {
        openblas_set_num_threads(1);
    }
#endif
}
