//! The library `libfiresteel_torch`: training for the JVM. A file for each Java class with native methods.

#[cfg(feature = "faults")]
mod faults;
mod torch;
mod trainer;
