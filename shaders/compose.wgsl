// Warps a portrait inside its crop. Twin of src/compose/cpu.rs: change both together.

struct Params {
    // Upper left corner of the crop in picture pixels, and picture pixels per crop pixel.
    origin_px: vec2<f32>,
    scale: f32,
    // Width of the fading band inside the crop's edge, in crop pixels.
    feather_px: f32,
    // First pixel and size of the written region.
    region_first: vec2<u32>,
    region_size: vec2<u32>,
    // Flow cells along each side; crop side in crop pixels; shortest displacement that moves a pixel.
    cells: u32,
    crop_px: f32,
    still_px: f32,
    padding: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> flow: array<vec2<f32>>;
@group(0) @binding(2) var picture: texture_2d<f32>;
@group(0) @binding(3) var target_picture: texture_storage_2d<rgba8unorm, write>;

fn feather(at_px: vec2<f32>) -> f32 {
    let inside = min(at_px + 0.5, params.crop_px - 0.5 - at_px);
    let share = clamp(inside / params.feather_px, vec2<f32>(0.0), vec2<f32>(1.0));
    return share.x * share.y;
}

fn flow_at(at_px: vec2<f32>) -> vec2<f32> {
    let last = f32(params.cells - 1u);
    let position = clamp((at_px + 0.5) * f32(params.cells) / params.crop_px - 0.5, vec2<f32>(0.0), vec2<f32>(last));
    let cell = vec2<u32>(position);
    let next = min(cell + 1u, vec2<u32>(params.cells - 1u));
    let share = position - vec2<f32>(cell);
    let above = mix(flow[cell.y * params.cells + cell.x], flow[next.y * params.cells + cell.x], share.y);
    let below = mix(flow[cell.y * params.cells + next.x], flow[next.y * params.cells + next.x], share.y);
    return mix(above, below, share.x);
}

fn catmull_rom(t: f32) -> vec4<f32> {
    let t2 = t * t;
    let t3 = t2 * t;
    return vec4<f32>(-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1.0, -1.5 * t3 + 2.0 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2);
}

fn cubic(position: vec2<f32>) -> vec4<f32> {
    let first = floor(position);
    let wx = catmull_rom(position.x - first.x);
    let wy = catmull_rom(position.y - first.y);
    let last = vec2<i32>(textureDimensions(picture)) - 1;
    let corner = vec2<i32>(first) - 1;
    var sum = vec4<f32>(0.0);
    for (var j = 0; j < 4; j++) {
        for (var i = 0; i < 4; i++) {
            let tap = clamp(corner + vec2<i32>(i, j), vec2<i32>(0), last);
            sum += wx[i] * wy[j] * textureLoad(picture, tap, 0);
        }
    }
    return clamp(sum, vec4<f32>(0.0), vec4<f32>(1.0));
}

@compute @workgroup_size(8, 8)
fn compose(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.region_size.x || id.y >= params.region_size.y) {
        return;
    }
    let pixel = params.region_first + id.xy;
    let at_px = (vec2<f32>(pixel) + 0.5 - params.origin_px) / params.scale - 0.5;
    let moved = flow_at(at_px) * (params.scale * feather(at_px));
    if (abs(moved.x) < params.still_px && abs(moved.y) < params.still_px) {
        textureStore(target_picture, pixel, textureLoad(picture, pixel, 0));
    } else {
        textureStore(target_picture, pixel, cubic(vec2<f32>(pixel) + moved));
    }
}
