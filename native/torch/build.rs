//! Compiles the one piece of C.

fn main() {
    println!("cargo:rerun-if-changed=src/openblas.c");
    cc::Build::new().file("src/openblas.c").warnings_into_errors(true).compile("firesteel_openblas");
}
