// What the few-shot generator paints over the warped portrait. On the CPU: painter.rs, patches.rs and fine_paint.rs of
// src/generate.

@group(0) @binding(0) var<storage, read> frame: FrameParams;
// For each cell of the square: the portrait's warped colour and the share of the paint; what the generator saw, from `settle` on what it changes, and how visible
// that is; what is seen without anything drawn, and the weight of the generator for the place being hidden.
@group(0) @binding(1) var<storage, read_write> shown: array<vec4<f32>>;
// What the generator's last layer gave: four squares of colour and mask for each two by two pixels.
@group(0) @binding(2) var<storage, read> heads: array<vec4<real>>;
// What is drawn in cells of the paint, two for each: a colour and how much of it, less than nothing where that counts as far as the place is hidden; how far
// nothing of what was there may shine through, and nothing else.
@group(0) @binding(3) var<storage, read> drawn_fine: array<vec4<f32>>;
// Red, green, blue, and how much of the warped picture is kept.
@group(0) @binding(4) var<storage, read_write> paint: array<vec4<f32>>;
// Not 0 once a number was none.
@group(0) @binding(5) var<storage, read_write> fault: atomic<u32>;

fn opened(at: vec2<f32>) -> f32 {
    var open = 0.0;
    for (var n = 0u; n < GATES; n++) {
        let gate = frame.gates[n];
        if (gate.open > 0.0) {
            open = max(open, gate.open * (1.0 - smooth_step(gate.near_px, distance(at, gate.middle))));
        }
    }
    return open;
}

fn is_number(value: vec4<f32>) -> bool {
    let bits = bitcast<vec4<u32>>(value) & vec4<u32>(0x7f800000u);
    return all(bits != vec4<u32>(0x7f800000u));
}

// What a part shows at a cell, from the colour that the generator saw there, and how deep inside the part the cell lies; 0 outside.
fn made(part: GeneratedPart, cell: vec2<u32>, saw: vec3<f32>) -> vec4<f32> {
    let inside = all(cell >= part.corner) && all(cell < part.corner + part.size);
    if (!inside) {
        return vec4<f32>(0.0);
    }
    let at = cell - part.corner;
    let edge = min(at + 1u, part.size - at);
    let pixel = (at.y / 2u) * (part.size.x / 2u) + at.x / 2u;
    let result = vec4<f32>(heads[part.first + pixel * 4u + (at.y % 2u) * 2u + at.x % 2u]);
    if (!is_number(result)) {
        atomicStore(&fault, 1u);
    }
    // Far out the tangent is 1, and some processors make it none.
    let change = tanh(clamp(result.rgb, vec3<f32>(-9.0), vec3<f32>(9.0)));
    let open = 1.0 / (1.0 + exp(-clamp(result.a, -60.0, 60.0)));
    let mask = MASK_FLOOR + (1.0 - MASK_FLOOR) * open;
    return vec4<f32>(saw + mask * change, f32(min(min(edge.x, edge.y), RIM)));
}

fn stroke(before: vec3<f32>, after: vec3<f32>, share: f32, covered: f32) -> vec4<f32> {
    let change = share * (after - before);
    let size = abs(change);
    let largest = max(size.r, max(size.g, size.b));
    let gives_way = max(smooth_step(GIVES_WAY, largest), covered);
    if (largest < NOTICED && gives_way <= 0.0) {
        return vec4<f32>(0.0, 0.0, 0.0, 1.0);
    }
    let cover = share * gives_way;
    return vec4<f32>(change + cover * before, 1.0 - cover);
}

// What the generator changes of each cell of the square.
@compute @workgroup_size(GROUP, GROUP)
fn settle(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= frame.size.x || id.y >= frame.size.y) {
        return;
    }
    let cell = frame.corner + id.xy;
    let n = 3u * (id.y * frame.size.x + id.x);
    let saw = shown[n + 1u];
    let open = max(shown[n + 2u].a, opened(vec2<f32>(cell)));
    var sum = vec3<f32>(0.0);
    var total = 0.0;
    if (shown[n].a > 0.0 && open > 0.0) {
        for (var k = 0u; k < frame.part_count; k++) {
            let colour = made(frame.parts[k], cell, saw.rgb);
            sum += colour.a * colour.rgb;
            total += colour.a;
        }
    }
    var change = vec3<f32>(0.0);
    if (total > 0.0) {
        change = open * (sum / total - saw.rgb);
    }
    shown[n + 1u] = vec4<f32>(change, saw.a);
}

// One of the three fours of a cell of the square.
fn known(x: u32, y: u32, which: u32) -> vec4<f32> {
    return shown[3u * (y * frame.size.x + x) + which];
}

// The same between the pixels of the crop, at a cell of the paint.
fn known_between(columns: vec2<u32>, rows: vec2<u32>, which: u32) -> vec4<f32> {
    let near = 0.75 * known(columns.x, rows.x, which) + 0.25 * known(columns.x, rows.y, which);
    let next = 0.75 * known(columns.y, rows.x, which) + 0.25 * known(columns.y, rows.y, which);
    return 0.75 * near + 0.25 * next;
}

fn painted(cell: vec2<u32>) -> vec4<f32> {
    let nothing = vec4<f32>(0.0, 0.0, 0.0, 1.0);
    if (any(cell < 2u * frame.corner) || any(cell >= 2u * (frame.corner + frame.size))) {
        return nothing;
    }
    let at = cell - 2u * frame.corner;
    let columns = doubled(at.x, frame.size.x);
    let rows = doubled(at.y, frame.size.y);
    let own = known_between(columns, rows, 0u);
    if (own.a <= 0.0) {
        return nothing;
    }
    let change = known_between(columns, rows, 1u);
    var wanted = known_between(columns, rows, 2u).rgb;
    var covered = 0.0;
    if (all(cell >= frame.fine_corner) && all(cell < frame.fine_corner + frame.fine_size)) {
        let inside = cell - frame.fine_corner;
        let k = 2u * (inside.y * frame.fine_size.x + inside.x);
        let over = drawn_fine[k];
        let hidden = -over.a * (1.0 - change.a);
        wanted = mix(wanted, over.rgb, select(over.a, hidden, over.a < 0.0));
        covered = max(drawn_fine[k + 1u].x, select(0.0, hidden, over.a < 0.0));
    }
    return stroke(own.rgb, wanted + change.rgb, own.a, covered);
}

// After `settle`.
@compute @workgroup_size(GROUP, GROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x < PAINT_CELLS && id.y < PAINT_CELLS) {
        paint[id.y * PAINT_CELLS + id.x] = painted(id.xy);
    }
}
