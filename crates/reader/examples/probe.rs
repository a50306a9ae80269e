//! temp
fn f(p: &str) -> Vec<f32> { std::fs::read(p).unwrap().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect() }
fn main() {
    let bytes = std::fs::read("/root/task/face_landmarker.task").unwrap();
    for m in ["face_detector.tflite", "face_landmarks_detector.tflite", "face_blendshapes.tflite"] {
        let out = retrato_reader::probe(&bytes, m, &f(&format!("/root/f/ref/{m}.in")));
        for (i, o) in out.iter().enumerate() {
            let r = f(&format!("/root/f/ref/{m}.out{i}"));
            assert_eq!(r.len(), o.len());
            println!("  out{i} max diff {:e}", o.iter().zip(&r).fold(0f32, |a, (x, y)| a.max((x - y).abs())));
        }
    }
}
