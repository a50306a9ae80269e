// What goes into the motion net: both landmark images, the candidate flows, and the small picture. On the CPU: `fill` of the model's motion.rs, and its
// candidates.rs.

@group(0) @binding(0) var<storage, read> frame: FrameParams;
@group(0) @binding(1) var<storage, read> motion: MotionParams;
// Of each picture, for each cell: the channels of the landmark image, and red, green, blue.
@group(0) @binding(2) var<storage, read> seen: array<f32>;
// `INPUT_FOURS` groups of four for each cell.
@group(0) @binding(3) var<storage, read_write> planes: array<vec4<real>>;
// For each slot and cell: head and near; far and nothing.
@group(0) @binding(4) var<storage, read_write> candidates: array<vec4<f32>>;

fn colour(x: u32, y: u32) -> vec3<f32> {
    let first = ((motion.picture * INPUT_CELLS + y) * INPUT_CELLS + x) * SEEN + LANDMARK_CHANNELS;
    return vec3<f32>(seen[first], seen[first + 1u], seen[first + 2u]);
}

// The small picture where a flow leads to, bilinear.
fn fetched(cell: vec2<u32>, flow: vec2<f32>) -> vec3<f32> {
    let last = f32(INPUT_CELLS - 1u);
    let at = clamp(vec2<f32>(cell) + flow * (f32(INPUT_CELLS) / CROP_PX), vec2<f32>(0.0), vec2<f32>(last));
    let low = min(floor(at), vec2<f32>(last - 1.0));
    let share = at - low;
    let corner = vec2<u32>(low);
    let above = mix(colour(corner.x, corner.y), colour(corner.x + 1u, corner.y), share.x);
    let below = mix(colour(corner.x, corner.y + 1u), colour(corner.x + 1u, corner.y + 1u), share.x);
    return mix(above, below, share.y);
}

@compute @workgroup_size(GROUP, GROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= INPUT_CELLS || id.y >= INPUT_CELLS) {
        return;
    }
    let cell = id.y * INPUT_CELLS + id.x;
    let cell_px = CROP_PX / f32(INPUT_CELLS);
    let at = (vec2<f32>(id.xy) + 0.5) * cell_px - 0.5;
    let head = whole_head(motion.head, at);
    var narrow = vec3<f32>(0.0);
    var wide = vec3<f32>(0.0);
    for (var k = 0u; k < LANDMARKS; k++) {
        let point = motion.points[k];
        let away = at - point.xy;
        let squared = -0.5 * dot(away, away);
        let moved = vec3<f32>(point.zw, 1.0);
        narrow += exp(squared / (SIGMAS_PX[0] * SIGMAS_PX[0])) * moved;
        wide += exp(squared / (SIGMAS_PX[1] * SIGMAS_PX[1])) * moved;
    }
    let near = head + narrow.xy / (narrow.z + FLOOR);
    let far = head + wide.xy / (wide.z + FLOOR);
    let place = 2u * (motion.slot * INPUT_CELLS * INPUT_CELLS + cell);
    candidates[place] = vec4<f32>(head, near);
    candidates[place + 1u] = vec4<f32>(far, 0.0, 0.0);

    var target_lines: array<f32, LANDMARK_CHANNELS>;
    for (var k = 0u; k < motion.line_count; k++) {
        let line = frame.lines[k];
        target_lines[line.channel] = max(target_lines[line.channel], line_at(line, vec2<f32>(id.xy), 1.0 / cell_px, LINE_RADIUS));
    }
    let first = (motion.picture * INPUT_CELLS * INPUT_CELLS + cell) * SEEN;
    let own = colour(id.x, id.y);
    let brought = fetched(id.xy, near);
    let flows = array<vec2<f32>, 3>(head / FLOW_SCALE_PX, near / FLOW_SCALE_PX, far / FLOW_SCALE_PX);
    let out = cell * INPUT_FOURS;
    planes[out] = vec4<real>(vec4<f32>(seen[first], seen[first + 1u], seen[first + 2u], seen[first + 3u]));
    planes[out + 1u] = vec4<real>(vec4<f32>(seen[first + 4u], seen[first + 5u], seen[first + 6u], target_lines[0]));
    planes[out + 2u] = vec4<real>(vec4<f32>(target_lines[1], target_lines[2], target_lines[3], target_lines[4]));
    planes[out + 3u] = vec4<real>(vec4<f32>(target_lines[5], target_lines[6], flows[0]));
    planes[out + 4u] = vec4<real>(vec4<f32>(flows[1], flows[2]));
    planes[out + 5u] = vec4<real>(vec4<f32>(min(narrow.z, MAX_DENSITY), own));
    planes[out + 6u] = vec4<real>(vec4<f32>(brought, motion.body_follow));
}
