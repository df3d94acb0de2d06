//! The networks of the zoo.

mod entries;
mod parity;
mod rows;
