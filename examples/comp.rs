use retrato::compose::CpuCompositor;
use retrato::data::*;
use retrato::generate::*;
use std::time::Instant;
fn main() -> anyhow::Result<()> {
    let portrait = retrato::builtin::PORTRAITS[0].portrait()?;
    let (mut g, _) = start(&GeneratorChoice::default());
    g.set_portrait(&portrait);
    let rest = portrait.landmarks_in_crop();
    let mut change = PictureChange::none(FLOW_CELLS);
    let mut lm = rest.map(|p| p + glam::Vec2::new(3.0, 5.0));
    for i in (5..12).chain(55..60).chain(65..68) {
        lm.0[i].y += 10.0;
    }
    let motion = PuppetMotion { landmarks_in_crop: lm, gaze: None, pupils_in_crop: None };
    g.generate(&motion, &mut change);
    println!("{:?} crop {:?}", portrait.pixels.dimensions(), portrait.crop);
    let moving = change.flow.displacement_px.iter().filter(|v| v.length() > 0.02).count() as f32 / (FLOW_CELLS * FLOW_CELLS) as f32;
    println!("moving {moving}");
    let mut c = CpuCompositor::new(&portrait, g.plate());
    for round in 0..2 {
        let mut v: Vec<f64> = (0..40)
            .map(|_| {
                let t = Instant::now();
                let _x = c.compose(&change);
                t.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        v.sort_by(f64::total_cmp);
        println!("compose min {:.2} p50 {:.2}", v[0], v[20]);
        let mut v: Vec<f64> = (0..40)
            .map(|_| {
                let t = Instant::now();
                g.generate(&motion, &mut change);
                t.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        v.sort_by(f64::total_cmp);
        println!("generate min {:.2} p50 {:.2}", v[0], v[20]);
        let still = PictureChange::none(FLOW_CELLS);
        if round == 1 {
            let mut v: Vec<f64> = (0..40)
                .map(|_| {
                    let t = Instant::now();
                    let _x = c.compose(&still);
                    t.elapsed().as_secs_f64() * 1e3
                })
                .collect();
            v.sort_by(f64::total_cmp);
            println!("still compose min {:.2} p50 {:.2}", v[0], v[20]);
        }
    }
    Ok(())
}
