//! Leaf v1 three times: the specification's vectors, a naive implementation written from the specification alone, and
//! the crate itself. All three must agree.

mod event;
mod naive;
mod random;
mod specification;
mod tree;
mod withheld;
