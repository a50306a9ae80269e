// From the motion net's numbers to a flow that carries every landmark where it belongs. On the CPU: mix.rs of the model, and
// ops/snap.rs of the operations.

@group(0) @binding(0) var<storage, read> motion: MotionParams;
// Of the net's last layer: `FLOW_NUMBERS` for each of four cells.
@group(0) @binding(1) var<storage, read> numbers: array<vec4<real>>;
@group(0) @binding(2) var<storage, read> candidates: array<vec4<f32>>;
// For each slot and cell: flow in crop pixels, visibility, and nothing.
@group(0) @binding(3) var<storage, read_write> flows: array<vec4<f32>>;
// What each landmark spreads, so that all get what they miss.
@group(0) @binding(4) var<storage, read_write> settled: array<vec2<f32>>;
// On a grid of half as many cells.
@group(0) @binding(5) var<storage, read_write> correction: array<vec2<f32>>;
// Not 0 once a number was none.
@group(0) @binding(6) var<storage, read_write> fault: atomic<u32>;

fn number(index: u32) -> f32 {
    return f32(numbers[index / 4u][index % 4u]);
}

// Head and near, and far, at a cell of the doubled grid.
struct Flows {
    first: vec4<f32>,
    last: vec2<f32>,
}

fn enlarged(cell: vec2<u32>) -> Flows {
    let rows = doubled(cell.y, INPUT_CELLS);
    let columns = doubled(cell.x, INPUT_CELLS);
    var sum = Flows(vec4<f32>(0.0), vec2<f32>(0.0));
    for (var y = 0u; y < 2u; y++) {
        for (var x = 0u; x < 2u; x++) {
            let weight = select(0.25, 0.75, y == 0u) * select(0.25, 0.75, x == 0u);
            let at = 2u * (motion.slot * INPUT_CELLS * INPUT_CELLS + rows[y] * INPUT_CELLS + columns[x]);
            sum.first += weight * candidates[at];
            sum.last += weight * candidates[at + 1u].xy;
        }
    }
    return sum;
}

@compute @workgroup_size(GROUP, GROUP)
fn mixed(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= FLOW_CELLS || id.y >= FLOW_CELLS) {
        return;
    }
    let first = ((id.y / 2u * INPUT_CELLS + id.x / 2u) * 4u + id.y % 2u * 2u + id.x % 2u) * FLOW_NUMBERS;
    let logits = vec4<f32>(number(first), number(first + 1u), number(first + 2u), number(first + 3u));
    let raised = exp(logits - max(max(logits.x, logits.y), max(logits.z, logits.w)));
    let weights = raised / dot(raised, vec4<f32>(1.0));
    let moving = max(weights.y + weights.z + weights.w, 1e-30);
    let shares = weights.yzw / moving;
    let candidate = enlarged(id.xy);
    let residual = RESIDUAL_PX * vec2<f32>(number(first + 4u), number(first + 5u));
    let flow = shares.x * candidate.first.xy + shares.y * candidate.first.zw + shares.z * candidate.last + residual;
    let open = max((moving - SILL) / (1.0 - SILL), LEAK * moving);
    let moved = open * flow;
    // Written so that what is no number fails, too.
    let usable = abs(moved.x) < MAX_FLOW_PX && abs(moved.y) < MAX_FLOW_PX;
    if (!usable) {
        atomicStore(&fault, 1u);
    }
    let visibility = 0.5 + 0.5 * tanh(clamp(0.5 * number(first + 6u), -9.0, 9.0));
    flows[motion.slot * FLOW_CELLS * FLOW_CELLS + id.y * FLOW_CELLS + id.x] = vec4<f32>(moved, visibility, 0.0);
}

fn flow_at(x: u32, y: u32) -> vec2<f32> {
    return flows[motion.slot * FLOW_CELLS * FLOW_CELLS + y * FLOW_CELLS + x].xy;
}

// How much a landmark's correction counts at a place, before all are divided by their sum.
fn kernel(place: vec2<f32>, landmark: u32) -> f32 {
    let away = place - motion.points[landmark].xy;
    return exp(-0.5 * dot(away, away) / (SIGMA_PX * SIGMA_PX));
}

var<workgroup> so_far: array<vec2<f32>, LANDMARKS>;

@compute @workgroup_size(LANDMARKS)
fn settle(@builtin(local_invocation_index) landmark: u32) {
    let last = f32(FLOW_CELLS - 1u);
    let place = clamp((motion.points[landmark].xy + 0.5) * (f32(FLOW_CELLS) / CROP_PX) - 0.5, vec2<f32>(0.0), vec2<f32>(last));
    let low = vec2<u32>(place);
    let high = min(low + 1u, vec2<u32>(FLOW_CELLS - 1u));
    let share = place - vec2<f32>(low);
    let above = mix(flow_at(low.x, low.y), flow_at(high.x, low.y), share.x);
    let below = mix(flow_at(low.x, high.y), flow_at(high.x, high.y), share.x);
    let misses = motion.wanted[landmark] - mix(above, below, share.y);
    so_far[landmark] = misses;
    for (var round = 1u; round < ROUNDS; round++) {
        workgroupBarrier();
        var got = vec2<f32>(0.0);
        var mass = FLOOR;
        for (var k = 0u; k < LANDMARKS; k++) {
            let weight = kernel(motion.points[landmark].xy, k);
            mass += weight;
            got += weight * so_far[k];
        }
        workgroupBarrier();
        so_far[landmark] += misses - got / mass;
    }
    settled[landmark] = so_far[landmark];
}

@compute @workgroup_size(GROUP, GROUP)
fn correct(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= INPUT_CELLS || id.y >= INPUT_CELLS) {
        return;
    }
    let centre = (vec2<f32>(id.xy) + 0.5) * (CROP_PX / f32(INPUT_CELLS)) - 0.5;
    var sum = vec2<f32>(0.0);
    var mass = FLOOR;
    for (var k = 0u; k < LANDMARKS; k++) {
        let away = centre - motion.points[k].xy;
        if (max(abs(away.x), abs(away.y)) <= FARTHEST * SIGMA_PX) {
            let weight = kernel(centre, k);
            mass += weight;
            sum += weight * settled[k];
        }
    }
    correction[id.y * INPUT_CELLS + id.x] = sum / mass;
}

@compute @workgroup_size(GROUP, GROUP)
fn snap(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= FLOW_CELLS || id.y >= FLOW_CELLS) {
        return;
    }
    let rows = doubled(id.y, INPUT_CELLS);
    let columns = doubled(id.x, INPUT_CELLS);
    let near = 0.75 * correction[rows.x * INPUT_CELLS + columns.x] + 0.25 * correction[rows.x * INPUT_CELLS + columns.y];
    let far = 0.75 * correction[rows.y * INPUT_CELLS + columns.x] + 0.25 * correction[rows.y * INPUT_CELLS + columns.y];
    let at = motion.slot * FLOW_CELLS * FLOW_CELLS + id.y * FLOW_CELLS + id.x;
    flows[at] += vec4<f32>(0.75 * near + 0.25 * far, 0.0, 0.0);
}
