// What the warp shows of a face, and what the generator sees of it. On the CPU: `fetch_part` of the model's warped.rs, and
// `find_shares` of src/generate/painter.rs.

@group(0) @binding(0) var<storage, read> frame: FrameParams;
// Red, green, blue of every picture of the person, each of the crop's size.
@group(0) @binding(1) var<storage, read> pictures: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> flows: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> candidates: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> matte: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> uncovered: array<f32>;
// What is drawn into the source, two for each cell: a colour and how much of it, less than nothing where that counts as far as the place is hidden; how far
// nothing of what was there may shine through, and nothing else.
@group(0) @binding(6) var<storage, read> drawn: array<vec4<f32>>;
// For each cell of the square: the portrait's colour and the share of the paint; what the generator sees and how visible it is; the same without what is drawn,
// and the weight of the generator for the place being hidden.
@group(0) @binding(7) var<storage, read_write> shown: array<vec4<f32>>;

fn flow_cell(slot: u32, x: u32, y: u32) -> vec3<f32> {
    return flows[(slot * FLOW_CELLS + y) * FLOW_CELLS + x].xyz;
}

// A picture as its flow fetches it, and how surely the picture shows the place.
fn fetched(picture: u32, slot: u32, at: vec2<u32>) -> vec4<f32> {
    let rows = doubled(at.y, FLOW_CELLS);
    let columns = doubled(at.x, FLOW_CELLS);
    let near = 0.75 * flow_cell(slot, columns.x, rows.x) + 0.25 * flow_cell(slot, columns.y, rows.x);
    let far = 0.75 * flow_cell(slot, columns.x, rows.y) + 0.25 * flow_cell(slot, columns.y, rows.y);
    let moved = 0.75 * near + 0.25 * far;
    let place = clamp(vec2<f32>(at) + moved.xy, vec2<f32>(0.0), vec2<f32>(CROP_PX - 1.0));
    let low = vec2<u32>(place);
    let high = min(low + 1u, vec2<u32>(CROP_CELLS - 1u));
    let share = place - vec2<f32>(low);
    let first = picture * CROP_CELLS * CROP_CELLS;
    let above = mix(pictures[first + low.y * CROP_CELLS + low.x].rgb, pictures[first + low.y * CROP_CELLS + high.x].rgb, share.x);
    let below = mix(pictures[first + high.y * CROP_CELLS + low.x].rgb, pictures[first + high.y * CROP_CELLS + high.x].rgb, share.x);
    return vec4<f32>(mix(above, below, share.y), moved.z);
}

// How much of the paint shows at a place: 1 on the face, 0 away from it.
fn paint_share(at: vec2<f32>) -> f32 {
    var outside = false;
    var nearest = 1e9;
    for (var k = 0u; k < frame.hull_count; k++) {
        let a = frame.hull[k];
        let along = frame.hull[select(k + 1u, 0u, k + 1u == frame.hull_count)] - a;
        let away = at - a;
        outside = outside || along.x * away.y - along.y * away.x < 0.0;
        let t = clamp(dot(away, along) / max(dot(along, along), 1e-6), 0.0, 1.0);
        nearest = min(nearest, distance(away, t * along));
    }
    return 1.0 - smooth_step(FADE, select(0.0, nearest, outside) / frame.unit_px);
}

// The same, known at one pixel of `KNOT_STEP`: it changes slowly, and the distance to the face's outline takes long to find.
fn paint_share_between(cell: vec2<u32>) -> f32 {
    let knot = frame.corner + (cell - frame.corner) / KNOT_STEP * KNOT_STEP;
    let spacing = f32(KNOT_STEP);
    let share = vec2<f32>(cell - knot) / spacing;
    let low = vec2<f32>(knot);
    let above = mix(paint_share(low), paint_share(low + vec2<f32>(spacing, 0.0)), share.x);
    let below = mix(paint_share(low + vec2<f32>(0.0, spacing)), paint_share(low + spacing), share.x);
    return mix(above, below, share.y);
}

fn near_at(x: u32, y: u32) -> vec2<f32> {
    return candidates[2u * (y * INPUT_CELLS + x)].zw;
}

// How surely the head comes to be at a point of the crop.
fn on_head(point: vec2<f32>) -> f32 {
    if (frame.has_plate == 0u) {
        return 1.0;
    }
    let place = clamp((point + 0.5) * (f32(INPUT_CELLS) / CROP_PX) - 0.5, vec2<f32>(0.0), vec2<f32>(f32(INPUT_CELLS - 1u)));
    let low = vec2<u32>(place);
    let high = min(low + 1u, vec2<u32>(INPUT_CELLS - 1u));
    let share = place - vec2<f32>(low);
    let flow = mix(
        mix(near_at(low.x, low.y), near_at(high.x, low.y), share.x),
        mix(near_at(low.x, high.y), near_at(high.x, high.y), share.x),
        share.y,
    );
    let at = clamp((reach_from_crop(point + flow) + 0.5) * (f32(MATTE_CELLS) / CROP_PX) - 0.5, vec2<f32>(0.0), vec2<f32>(f32(MATTE_CELLS - 1u)));
    let first = vec2<u32>(at);
    let last = min(first + 1u, vec2<u32>(MATTE_CELLS - 1u));
    let part = at - vec2<f32>(first);
    let above = mix(matte[first.y * MATTE_CELLS + first.x].x, matte[first.y * MATTE_CELLS + last.x].x, part.x);
    let below = mix(matte[last.y * MATTE_CELLS + first.x].x, matte[last.y * MATTE_CELLS + last.x].x, part.x);
    return smooth_step(COMES, mix(above, below, part.y));
}

// Share of the plate in the nearest cell of the reach.
fn plate_share(point: vec2<f32>) -> f32 {
    if (frame.has_plate == 0u) {
        return 0.0;
    }
    let cell = vec2<u32>(max(reach_from_crop(point) + 0.5, vec2<f32>(0.0)));
    return uncovered[cell.y * UNCOVERED_CELLS + cell.x];
}

@compute @workgroup_size(GROUP, GROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= frame.size.x || id.y >= frame.size.y) {
        return;
    }
    let cell = frame.corner + id.xy;
    let point = vec2<f32>(cell);
    let own = fetched(0u, 0u, cell);
    var seen = own;
    if (frame.near_flow != 0u) {
        seen = fetched(frame.near_picture, frame.near_flow, cell);
    }
    if (frame.has_next != 0u) {
        let behind = fetched(frame.next_picture, frame.next_flow, cell);
        let share = (1.0 - seen.a) * behind.a;
        seen = vec4<f32>(mix(seen.rgb, behind.rgb, share), seen.a + share);
    }
    let visible = seen.a;
    let undrawn = seen.rgb;
    var covered = 0.0;
    if (all(cell >= frame.drawn_corner) && all(cell < frame.drawn_corner + frame.drawn_size)) {
        let at = cell - frame.drawn_corner;
        let k = 2u * (at.y * frame.drawn_size.x + at.x);
        let over = drawn[k];
        let share = select(over.a, -over.a * (1.0 - visible), over.a < 0.0);
        covered = select(drawn[k + 1u].x, max(drawn[k + 1u].x, share), over.a < 0.0);
        seen = vec4<f32>(mix(seen.rgb, over.rgb, share), visible);
    }
    let share = paint_share_between(cell) * (1.0 - plate_share(point));
    var hidden = 0.0;
    if (share > 0.0) {
        hidden = WHERE_HIDDEN * smooth_step(HIDDEN, 1.0 - visible) * (1.0 - covered);
        if (hidden > 0.0) {
            hidden *= on_head(point);
        }
    }
    let n = 3u * (id.y * frame.size.x + id.x);
    shown[n] = vec4<f32>(own.rgb, share);
    shown[n + 1u] = seen;
    shown[n + 2u] = vec4<f32>(undrawn, hidden);
}
