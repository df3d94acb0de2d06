//! One thread for libtorch: Spark gives each task a core.

use std::cell::Cell;
use std::sync::Once;

// SAFETY: it takes nothing and gives nothing, and OpenBLAS guards its setting by a lock.
#[allow(unsafe_code)] // A declaration of C: see openblas.c.
unsafe extern "C" {
    safe fn firesteel_openblas_one_thread();
}

/// Sees to it that libtorch computes on the calling thread alone.
pub(crate) fn single() {
    static OPENBLAS: Once = Once::new();
    thread_local! {
        static DONE: Cell<bool> = const { Cell::new(false) };
    }
    if !DONE.replace(true) {
        // libtorch's own setting counts for the thread that makes it.
        tch::set_num_threads(1);
        // OpenBLAS has threads of its own, which libtorch does not tell of its setting.
        OPENBLAS.call_once(|| firesteel_openblas_one_thread());
    }
}
