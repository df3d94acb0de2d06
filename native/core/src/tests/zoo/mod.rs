//! The networks of the zoo.

mod entries;
mod labels;
mod parity;
mod rows;
