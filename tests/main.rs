//! All integration tests in one binary: it links once instead of once per file.

mod capture;
mod record;
mod shaders;
mod window;
