// How the head moves in the crop's reach, and where it was and is no more. On the CPU: reach.rs, `MovingHead` of
// clean_plate.rs and `MovedContour` of contour.rs in src/generate.

@group(0) @binding(0) var<storage, read> frame: FrameParams;
@group(0) @binding(1) var<storage, read> flows: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> candidates: array<vec4<f32>>;
// Share of head, whether the head may come to the cell, and share of face.
@group(0) @binding(3) var<storage, read> matte: array<vec4<f32>>;
// Share of head with its rim and without the body, for every pixel of the reach.
@group(0) @binding(4) var<storage, read> covered: array<f32>;
@group(0) @binding(5) var<storage, read_write> spread_flow: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read_write> uncovered: array<f32>;

fn near_at(x: u32, y: u32) -> vec2<f32> {
    return candidates[2u * (y * INPUT_CELLS + x)].zw;
}

// Backward flow of the head with the landmarks' own motion near them, in the crop or beyond.
fn head_at(point: vec2<f32>) -> vec2<f32> {
    if (min(point.x, point.y) < 0.0 || max(point.x, point.y) > CROP_PX - 1.0) {
        return whole_head(frame.head, point);
    }
    let last = f32(INPUT_CELLS - 1u);
    let place = clamp((point + 0.5) * (f32(INPUT_CELLS) / CROP_PX) - 0.5, vec2<f32>(0.0), vec2<f32>(last));
    let low = vec2<u32>(place);
    let high = min(low + 1u, vec2<u32>(INPUT_CELLS - 1u));
    let share = place - vec2<f32>(low);
    let above = mix(near_at(low.x, low.y), near_at(high.x, low.y), share.x);
    let below = mix(near_at(low.x, high.y), near_at(high.x, high.y), share.x);
    return mix(above, below, share.y);
}

// What is known of the head at a place of the reach.
fn matte_at(at: vec2<f32>) -> vec4<f32> {
    let place = clamp((at + 0.5) * (f32(MATTE_CELLS) / CROP_PX) - 0.5, vec2<f32>(0.0), vec2<f32>(f32(MATTE_CELLS - 1u)));
    let low = vec2<u32>(place);
    let high = min(low + 1u, vec2<u32>(MATTE_CELLS - 1u));
    let share = place - vec2<f32>(low);
    let above = mix(matte[low.y * MATTE_CELLS + low.x], matte[low.y * MATTE_CELLS + high.x], share.x);
    let below = mix(matte[high.y * MATTE_CELLS + low.x], matte[high.y * MATTE_CELLS + high.x], share.x);
    return mix(above, below, share.y);
}

fn head_share(at: vec2<f32>) -> f32 {
    return matte_at(at).x;
}

fn may_come(point: vec2<f32>) -> bool {
    let cell = vec2<u32>(clamp((reach_from_crop(point) + 0.5) * (f32(MATTE_CELLS) / CROP_PX), vec2<f32>(0.0), vec2<f32>(f32(MATTE_CELLS - 1u))));
    return matte[cell.y * MATTE_CELLS + cell.x].y > 0.5;
}

fn above_chin(point: vec2<f32>) -> f32 {
    return smooth_step(ABOVE_CHIN, dot(point - frame.chin, frame.up) / frame.unit_px);
}

// The head's own flow where it comes to be, and none elsewhere.
fn beyond(point: vec2<f32>) -> vec2<f32> {
    let above = above_chin(point);
    if (frame.has_plate == 0u || above <= 0.0 || !may_come(point)) {
        return vec2<f32>(0.0);
    }
    let flow = head_at(point);
    return flow * (above * smooth_step(COMES, head_share(reach_from_crop(point + flow))));
}

fn net_share(point: vec2<f32>) -> f32 {
    let distances = vec4<f32>(point, CROP_PX - 1.0 - point);
    // An edge with which the picture ends is no edge.
    let edges = select(vec4<f32>(CROP_PX), distances, frame.sides > vec4<f32>(0.5));
    let beside = min(min(edges.x, edges.y), edges.z);
    return min(smooth_step(TAKES_OVER_PX, beside), smooth_step(AT_BODY_PX, edges.w));
}

@compute @workgroup_size(GROUP, GROUP)
fn spread(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= REACH_CELLS || id.y >= REACH_CELLS) {
        return;
    }
    let point = crop_from_reach((vec2<f32>(id.xy) + 0.5) * (CROP_PX / f32(REACH_CELLS)) - 0.5);
    // Cells of the reach are as large as those of the crop, so that the crop's lie on some of them.
    let cell = vec2<i32>(id.xy) - vec2<i32>(BEFORE_REACH * (f32(FLOW_CELLS) / CROP_PX));
    var flow: vec2<f32>;
    if (all(cell >= vec2<i32>(0)) && all(cell < vec2<i32>(i32(FLOW_CELLS)))) {
        flow = flows[u32(cell.y) * FLOW_CELLS + u32(cell.x)].xy;
        let share = net_share(point);
        if (share < 1.0) {
            flow = mix(beyond(point), flow, share);
        }
    } else {
        flow = beyond(point);
    }
    spread_flow[id.y * REACH_CELLS + id.x] = flow;
}

// How surely head is shown at a place of the reach that moves by `flow` with the head.
fn head_shown(at: vec2<f32>, point: vec2<f32>, flow: vec2<f32>) -> f32 {
    let place = clamp((at + 0.5) * (f32(REACH_CELLS) / CROP_PX) - 0.5, vec2<f32>(0.0), vec2<f32>(f32(REACH_CELLS - 1u)));
    let low = vec2<u32>(place);
    let high = min(low + 1u, vec2<u32>(REACH_CELLS - 1u));
    let share = place - vec2<f32>(low);
    let above = mix(spread_flow[low.y * REACH_CELLS + low.x], spread_flow[low.y * REACH_CELLS + high.x], share.x);
    let below = mix(spread_flow[high.y * REACH_CELLS + low.x], spread_flow[high.y * REACH_CELLS + high.x], share.x);
    let shown = mix(above, below, share.y);
    let along = dot(shown, flow) / max(dot(flow, flow), 1.0);
    return smooth_step(MOVES_ALONG, along) * smooth_step(GONE, head_share(reach_from_crop(point + shown)));
}

// How surely nothing of the head comes to a point that moves by `flow`.
fn left_by(point: vec2<f32>, flow: vec2<f32>) -> f32 {
    return smooth_step(MOVED_PX, length(flow)) * (1.0 - smooth_step(GONE, head_share(reach_from_crop(point + flow))));
}

// How far the head has gone from a place of the reach by its motion as a whole.
fn gone_with_head(at: vec2<f32>, point: vec2<f32>) -> f32 {
    let flow = head_at(point);
    return left_by(point, flow) * (1.0 - head_shown(at, point, flow));
}

// How far the face has gone from a place of the reach by the motion of its edge.
fn gone_with_edge(at: vec2<f32>, point: vec2<f32>) -> f32 {
    let face = matte_at(at).z;
    if (face <= 0.0) {
        return 0.0;
    }
    var nearest = 0.0;
    var sum = vec2<f32>(0.0);
    var of_edge = 0.0;
    var mass = 0.0;
    for (var k = 0u; k < frame.contour_count; k++) {
        let edge = frame.contour[k];
        let away = point - edge.at;
        let near = 1.0 - dot(away, away) / (frame.radius_px * frame.radius_px);
        if (near > 0.0) {
            nearest = max(nearest, edge.share * near);
            let squared = near * near;
            let fourth = squared * squared;
            let weight = fourth * fourth;
            sum += edge.share * weight * edge.flow;
            of_edge += edge.share * weight;
            mass += weight;
        }
    }
    if (of_edge <= LEAST_MASS) {
        return 0.0;
    }
    return face * of_edge / mass * smooth_step(vec2<f32>(0.0, SURE_NEARNESS), nearest) * left_by(point, sum / of_edge);
}

// After `spread`.
@compute @workgroup_size(GROUP, GROUP)
fn uncover(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= UNCOVERED_CELLS || id.y >= UNCOVERED_CELLS) {
        return;
    }
    let cell = id.y * UNCOVERED_CELLS + id.x;
    let head = covered[cell];
    var share = 0.0;
    if (head >= LEAST_HEAD) {
        let at = vec2<f32>(id.xy);
        let point = crop_from_reach(at);
        let above = above_chin(point);
        if (above > 0.0) {
            share = head * above * max(gone_with_head(at, point), gone_with_edge(at, point));
        }
    }
    uncovered[cell] = share;
}
