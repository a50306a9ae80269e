//! Smoothing of landmarks over time.

mod one_euro;

pub(crate) use one_euro::OneEuro;
