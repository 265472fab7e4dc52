//! Leaf v1 three times: the specification's vectors, a naive implementation written from the specification alone, and
//! the crate itself. All three must agree.

mod naive;
mod specification;
mod tree;
