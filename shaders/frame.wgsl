// What several kernels of a frame do. Structs and constants come from Rust: src/generate/gpu/shaders.rs of the engine says which.

fn smooth_step(range: vec2<f32>, value: f32) -> f32 {
    let t = clamp((value - range.x) / (range.y - range.x), 0.0, 1.0);
    return t * t * (3.0 - 2.0 * t);
}

// A cell and its neighbour on the other side of a cell of a grid of twice as many: they count three quarters and one.
fn doubled(at: u32, side: u32) -> vec2<u32> {
    let near = at / 2u;
    let before = select(near - 1u, 0u, near == 0u);
    return vec2<u32>(near, select(min(near + 1u, side - 1u), before, at % 2u == 0u));
}

// Displacement from a place of the target to where the source shows it, for the head as a whole, in crop pixels.
fn whole_head(head: HeadNumbers, place: vec2<f32>) -> vec2<f32> {
    if (head.is_head == 0u) {
        let basis = vec3<f32>(place / (0.5 * CROP_PX) - 1.0, 1.0);
        return vec2<f32>(dot(head.affine[0], basis), dot(head.affine[1], basis));
    }
    let on_screen = (place - head.translation) * head.per_scale;
    let flat = head.inverse[0] * on_screen.x + head.inverse[1] * on_screen.y;
    let start = (flat - HEAD_CENTRE) / HEAD_RADII;
    let along = head.inverse[2] / HEAD_RADII;
    let squares = dot(along, along);
    let product = dot(start, along);
    let inside = max(product * product - squares * (dot(start, start) - 1.0), 0.0);
    let point = flat + head.inverse[2] * ((sqrt(inside) - product) / squares);
    let shown = vec2<f32>(dot(head.source[0].xyz, point), dot(head.source[1].xyz, point));
    return shown + vec2<f32>(head.source[0].w, head.source[1].w) - place;
}

fn reach_from_crop(point: vec2<f32>) -> vec2<f32> {
    return (point + 0.5 + BEFORE_REACH) / REACH - 0.5;
}

fn crop_from_reach(point: vec2<f32>) -> vec2<f32> {
    return (point + 0.5) * REACH - BEFORE_REACH - 0.5;
}

// How far a line of the landmark image reaches a pixel of it: 1 on the line, soft at its edges. `scale` is pixels of the image in one of the crop.
fn line_at(line: LandmarkLine, pixel: vec2<f32>, scale: f32, radius: f32) -> f32 {
    let a = (line.ends[0] + 0.5) * scale - 0.5;
    let along = (line.ends[1] - line.ends[0]) * scale;
    let t = clamp(dot(pixel - a, along) / max(dot(along, along), 1e-6), 0.0, 1.0);
    return clamp(radius + 0.5 - distance(pixel, a + along * t), 0.0, 1.0);
}
