// Warps a portrait inside its crop's reach, shows what is behind its head where that came to light, and paints over both. On the CPU: src/compose/cpu.rs.

@group(0) @binding(0) var<uniform> params: ComposeParams;
@group(0) @binding(1) var<storage, read> flow: array<vec2<f32>>;
@group(0) @binding(2) var picture: texture_2d<f32>;
@group(0) @binding(3) var target_picture: texture_storage_2d<rgba8unorm, write>;
// Red, green, blue of the paint, and how much of the warped picture is kept.
@group(0) @binding(4) var<storage, read> paint: array<vec4<f32>>;

// Share of the clean plate.
@group(0) @binding(5) var<storage, read> uncovered: array<f32>;
@group(0) @binding(6) var plate: texture_2d<f32>;

fn feather(at_px: vec2<f32>) -> f32 {
    let inside = min(at_px + 0.5, CROP_PX - 0.5 - at_px);
    let share = clamp(inside / FEATHER_PX, vec2<f32>(0.0), vec2<f32>(1.0));
    return share.x * share.y;
}

// The cells around a place in a field of `cells` along each side, and the share of the second in both directions.
struct Place {
    cell: vec2<u32>,
    next: vec2<u32>,
    share: vec2<f32>,
}

fn place_in(cells: u32, at_px: vec2<f32>) -> Place {
    let last = f32(cells - 1u);
    let position = clamp((at_px + 0.5) * f32(cells) / CROP_PX - 0.5, vec2<f32>(0.0), vec2<f32>(last));
    let cell = vec2<u32>(position);
    return Place(cell, min(cell + 1u, vec2<u32>(cells - 1u)), position - vec2<f32>(cell));
}

fn flow_at(at_px: vec2<f32>) -> vec2<f32> {
    let at = place_in(params.cells, at_px);
    let cell = at.cell;
    let next = at.next;
    let share = at.share;
    let above = mix(flow[cell.y * params.cells + cell.x], flow[next.y * params.cells + cell.x], share.y);
    let below = mix(flow[cell.y * params.cells + next.x], flow[next.y * params.cells + next.x], share.y);
    return mix(above, below, share.x);
}

fn paint_at(at_px: vec2<f32>) -> vec4<f32> {
    let at = place_in(params.paint_cells, at_px);
    let above = at.cell.y * params.paint_cells;
    let below = at.next.y * params.paint_cells;
    let left = mix(paint[above + at.cell.x], paint[below + at.cell.x], at.share.y);
    let right = mix(paint[above + at.next.x], paint[below + at.next.x], at.share.y);
    return mix(left, right, at.share.x);
}

fn uncovered_at(at_px: vec2<f32>) -> f32 {
    let at = place_in(params.uncovered_cells, at_px);
    let above = at.cell.y * params.uncovered_cells;
    let below = at.next.y * params.uncovered_cells;
    let left = mix(uncovered[above + at.cell.x], uncovered[below + at.cell.x], at.share.y);
    let right = mix(uncovered[above + at.next.x], uncovered[below + at.next.x], at.share.y);
    return mix(left, right, at.share.x);
}

// Rounded as a picture in memory is, so that paint falls on the same numbers as on the CPU.
fn rounded(colour: vec4<f32>) -> vec4<f32> {
    return floor(colour * 255.0 + 0.5) / 255.0;
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

@compute @workgroup_size(GROUP, GROUP)
fn compose(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.region_size.x || id.y >= params.region_size.y) {
        return;
    }
    let pixel = params.region_first + id.xy;
    let at_px = (vec2<f32>(pixel) + 0.5 - params.origin_px) / params.scale - 0.5;
    let edge = feather(at_px);
    let moved = flow_at(at_px) * (params.crop_scale * edge);
    var colour: vec4<f32>;
    if (abs(moved.x) < STILL_PX && abs(moved.y) < STILL_PX) {
        colour = textureLoad(picture, pixel, 0);
    } else {
        colour = cubic(vec2<f32>(pixel) + moved);
    }
    if (params.uncovered_cells > 0u) {
        let share = edge * uncovered_at(at_px);
        colour = mix(rounded(colour), textureLoad(plate, pixel, 0), share);
    }
    if (params.paint_cells > 0u) {
        let in_crop_px = (vec2<f32>(pixel) + 0.5 - params.crop_origin_px) / params.crop_scale - 0.5;
        let strength = feather(in_crop_px);
        let over = paint_at(in_crop_px);
        let keep = 1.0 + strength * (over.a - 1.0);
        colour = vec4<f32>(clamp(keep * rounded(colour).rgb + strength * over.rgb, vec3<f32>(0.0), vec3<f32>(1.0)), colour.a);
    }
    textureStore(target_picture, pixel, colour);
}
