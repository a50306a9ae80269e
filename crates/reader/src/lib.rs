//! Reads faces.

mod bundle;
mod error;
mod flatbuffer;
mod fusion;
mod kernels;
mod model;
mod operators;
mod plan;

pub use error::{BundleError, GeometryError, ModelError, ReaderError};

/// temp
pub fn probe(bytes: &[u8], member: &'static str, input: &[f32]) -> Vec<Vec<f32>> {
    let data = if member.is_empty() { bytes } else { bundle::Bundle::parse(bytes).unwrap().member(member).unwrap() };
    let m = model::Model::parse(data).unwrap();
    let mut p = plan::Plan::new(&m, pulp::Arch::new()).unwrap();
    p.input_mut().copy_from_slice(input);
    p.run();
    let n = m.outputs.len();
    let mut best: Vec<(String, std::time::Duration)> = p.profile();
    for _ in 0..50 {
        for (b, n) in best.iter_mut().zip(p.profile()) { b.1 = b.1.min(n.1); }
    }
    for (n, t) in &best { println!("{:8.1} us {n}", t.as_secs_f64() * 1e6); }
    let mut t: Vec<f64> = (0..100).map(|_| { let s = std::time::Instant::now(); p.run(); s.elapsed().as_secs_f64() * 1e3 }).collect();
    t.sort_by(f64::total_cmp);
    println!("{member}: {} steps, sum {:.2} ms, run min {:.2} p50 {:.2} p95 {:.2}", best.len(), best.iter().map(|b| b.1.as_secs_f64() * 1e3).sum::<f64>(), t[0], t[50], t[95]);
    p.input_mut().copy_from_slice(input);
    p.run();
    (0..n).map(|i| p.output(i).to_vec()).collect()
}
