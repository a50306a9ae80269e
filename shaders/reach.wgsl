// How the head moves in the crop's reach, and where it was and is no more. Twin of src/generate/reach.rs and of MovingHead in
// src/generate/clean_plate.rs, with MovedContour in src/generate/contour.rs.
// Needs frame.wgsl.

@group(0) @binding(0) var<storage, read> frame: Frame;
@group(0) @binding(1) var<storage, read> flows: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> candidates: array<vec4<f32>>;
// Share of head, whether the head may come to the cell, and share of face.
@group(0) @binding(3) var<storage, read> matte: array<vec4<f32>>;
// Share of head with its rim and without the body, for every pixel of the reach.
@group(0) @binding(4) var<storage, read> covered: array<f32>;
@group(0) @binding(5) var<storage, read_write> spread_flow: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read_write> uncovered: array<f32>;

fn reach_from_crop(point: vec2<f32>) -> vec2<f32> {
    return (point + 0.5 + frame.before_reach) / frame.reach - 0.5;
}

fn crop_from_reach(point: vec2<f32>) -> vec2<f32> {
    return (point + 0.5) * frame.reach - frame.before_reach - 0.5;
}

fn near_at(x: u32, y: u32) -> vec2<f32> {
    return candidates[2u * (y * INPUT + x)].zw;
}

// Backward flow of the head with the landmarks' own motion near them, in the crop or beyond.
fn head_at(point: vec2<f32>) -> vec2<f32> {
    if (min(point.x, point.y) < 0.0 || max(point.x, point.y) > CROP_PX - 1.0) {
        return whole_head(frame.head, point);
    }
    let last = f32(INPUT - 1u);
    let place = clamp((point + 0.5) * (f32(INPUT) / CROP_PX) - 0.5, vec2<f32>(0.0), vec2<f32>(last));
    let low = vec2<u32>(place);
    let high = min(low + 1u, vec2<u32>(INPUT - 1u));
    let share = place - vec2<f32>(low);
    let above = mix(near_at(low.x, low.y), near_at(high.x, low.y), share.x);
    let below = mix(near_at(low.x, high.y), near_at(high.x, high.y), share.x);
    return mix(above, below, share.y);
}

// What is known of the head at a place of the reach.
fn matte_at(at: vec2<f32>) -> vec4<f32> {
    let place = clamp((at + 0.5) * (f32(MATTE) / CROP_PX) - 0.5, vec2<f32>(0.0), vec2<f32>(f32(MATTE - 1u)));
    let low = vec2<u32>(place);
    let high = min(low + 1u, vec2<u32>(MATTE - 1u));
    let share = place - vec2<f32>(low);
    let above = mix(matte[low.y * MATTE + low.x], matte[low.y * MATTE + high.x], share.x);
    let below = mix(matte[high.y * MATTE + low.x], matte[high.y * MATTE + high.x], share.x);
    return mix(above, below, share.y);
}

fn head_share(at: vec2<f32>) -> f32 {
    return matte_at(at).x;
}

fn may_come(point: vec2<f32>) -> bool {
    let cell = vec2<u32>(clamp((reach_from_crop(point) + 0.5) * (f32(MATTE) / CROP_PX), vec2<f32>(0.0), vec2<f32>(f32(MATTE - 1u))));
    return matte[cell.y * MATTE + cell.x].y > 0.5;
}

fn above_chin(point: vec2<f32>) -> f32 {
    return smooth_step(frame.above_chin, dot(point - frame.chin, frame.up) / frame.unit_px);
}

// The head's own flow where it comes to be, and none elsewhere.
fn beyond(point: vec2<f32>) -> vec2<f32> {
    let above = above_chin(point);
    if (frame.has_plate == 0u || above <= 0.0 || !may_come(point)) {
        return vec2<f32>(0.0);
    }
    let flow = head_at(point);
    return flow * (above * smooth_step(frame.comes, head_share(reach_from_crop(point + flow))));
}

fn net_share(point: vec2<f32>) -> f32 {
    let distances = vec4<f32>(point, CROP_PX - 1.0 - point);
    // An edge with which the picture ends is no edge.
    let edges = select(vec4<f32>(CROP_PX), distances, frame.sides > vec4<f32>(0.5));
    let beside = min(min(edges.x, edges.y), edges.z);
    return min(smooth_step(frame.takes_over_px, beside), smooth_step(frame.at_body_px, edges.w));
}

@compute @workgroup_size(8, 8)
fn spread(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= REACH_FLOW || id.y >= REACH_FLOW) {
        return;
    }
    let point = crop_from_reach((vec2<f32>(id.xy) + 0.5) * (CROP_PX / f32(REACH_FLOW)) - 0.5);
    // Cells of the reach are as large as those of the crop, so that the crop's lie on some of them.
    let cell = vec2<i32>(id.xy) - vec2<i32>(frame.before_reach * (f32(FLOW) / CROP_PX));
    var flow: vec2<f32>;
    if (all(cell >= vec2<i32>(0)) && all(cell < vec2<i32>(i32(FLOW)))) {
        flow = flows[u32(cell.y) * FLOW + u32(cell.x)].xy;
        let share = net_share(point);
        if (share < 1.0) {
            flow = mix(beyond(point), flow, share);
        }
    } else {
        flow = beyond(point);
    }
    spread_flow[id.y * REACH_FLOW + id.x] = flow;
}

// How surely head is shown at a place of the reach that moves by `flow` with the head.
fn head_shown(at: vec2<f32>, point: vec2<f32>, flow: vec2<f32>) -> f32 {
    let place = clamp((at + 0.5) * (f32(REACH_FLOW) / CROP_PX) - 0.5, vec2<f32>(0.0), vec2<f32>(f32(REACH_FLOW - 1u)));
    let low = vec2<u32>(place);
    let high = min(low + 1u, vec2<u32>(REACH_FLOW - 1u));
    let share = place - vec2<f32>(low);
    let above = mix(spread_flow[low.y * REACH_FLOW + low.x], spread_flow[low.y * REACH_FLOW + high.x], share.x);
    let below = mix(spread_flow[high.y * REACH_FLOW + low.x], spread_flow[high.y * REACH_FLOW + high.x], share.x);
    let shown = mix(above, below, share.y);
    let along = dot(shown, flow) / max(dot(flow, flow), 1.0);
    return smooth_step(frame.moves_along, along) * smooth_step(frame.gone, head_share(reach_from_crop(point + shown)));
}

// How surely nothing of the head comes to a point that moves by `flow`.
fn left_by(point: vec2<f32>, flow: vec2<f32>) -> f32 {
    return smooth_step(frame.moved_px, length(flow)) * (1.0 - smooth_step(frame.gone, head_share(reach_from_crop(point + flow))));
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
        let near = 1.0 - dot(away, away) / (frame.heard_px * frame.heard_px);
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
    if (of_edge <= 1e-9) {
        return 0.0;
    }
    return face * of_edge / mass * smooth_step(vec2<f32>(0.0, frame.believed), nearest) * left_by(point, sum / of_edge);
}

// After `spread`.
@compute @workgroup_size(8, 8)
fn uncover(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= CROP || id.y >= CROP) {
        return;
    }
    let cell = id.y * CROP + id.x;
    let head = covered[cell];
    var share = 0.0;
    if (head >= 1e-3) {
        let at = vec2<f32>(id.xy);
        let point = crop_from_reach(at);
        let above = above_chin(point);
        if (above > 0.0) {
            share = head * above * max(gone_with_head(at, point), gone_with_edge(at, point));
        }
    }
    uncovered[cell] = share;
}
