// What the few-shot generator paints over the warped portrait. Twin of src/generate/painter.rs and src/generate/patches.rs.
// Needs frame.wgsl.

// Numbers of the last layer: halves where the processor can.
alias real = f32;

@group(0) @binding(0) var<storage, read> frame: Frame;
// For each cell of the square: the portrait's warped colour and the share of the paint; what the generator saw and how visible it is; how far the generator is
// listened to since the place is hidden, and how far nothing of the portrait may shine through.
@group(0) @binding(1) var<storage, read> shown: array<vec4<f32>>;
// What the generator's last layer gave: four squares of colour and mask for each two by two pixels.
@group(0) @binding(2) var<storage, read> heads: array<vec4<real>>;
// Red, green, blue, and how much of the warped picture is kept.
@group(0) @binding(3) var<storage, read_write> paint: array<vec4<f32>>;
// Not 0 once a number was none.
@group(0) @binding(4) var<storage, read_write> fault: atomic<u32>;

fn opened(at: vec2<f32>) -> f32 {
    var open = 0.0;
    for (var n = 0u; n < 3u; n++) {
        let gate = frame.gates[n];
        if (gate.open > 0.0) {
            open = max(open, gate.open * (1.0 - smooth_step(vec2<f32>(gate.near, gate.far), distance(at, gate.middle))));
        }
    }
    return open;
}

fn is_number(value: vec4<f32>) -> bool {
    let bits = bitcast<vec4<u32>>(value) & vec4<u32>(0x7f800000u);
    return all(bits != vec4<u32>(0x7f800000u));
}

// What a part shows at a cell, from the colour that the generator saw there, and how deep inside the part the cell lies; 0 outside.
fn made(part: Part, cell: vec2<u32>, saw: vec3<f32>) -> vec4<f32> {
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
    let mask = frame.mask_floor + (1.0 - frame.mask_floor) * open;
    return vec4<f32>(saw + mask * change, f32(min(min(edge.x, edge.y), frame.rim)));
}

fn stroke(before: vec3<f32>, after: vec3<f32>, share: f32, covered: f32) -> vec4<f32> {
    let change = share * (after - before);
    let size = abs(change);
    let largest = max(size.r, max(size.g, size.b));
    let gives_way = max(smooth_step(frame.gives_way, largest), covered);
    if (largest < frame.noticed && gives_way <= 0.0) {
        return vec4<f32>(0.0, 0.0, 0.0, 1.0);
    }
    let cover = share * gives_way;
    return vec4<f32>(change + cover * before, 1.0 - cover);
}

fn painted(cell: vec2<u32>) -> vec4<f32> {
    let nothing = vec4<f32>(0.0, 0.0, 0.0, 1.0);
    if (any(cell < frame.corner) || any(cell >= frame.corner + frame.size)) {
        return nothing;
    }
    let at = cell - frame.corner;
    let n = 3u * (at.y * frame.size.x + at.x);
    let own = shown[n];
    let saw = shown[n + 1u].rgb;
    if (own.a <= 0.0) {
        return nothing;
    }
    let open = max(shown[n + 2u].x, opened(vec2<f32>(cell)));
    var sum = vec3<f32>(0.0);
    var total = 0.0;
    if (open > 0.0) {
        for (var k = 0u; k < frame.part_count; k++) {
            let colour = made(frame.parts[k], cell, saw);
            sum += colour.a * colour.rgb;
            total += colour.a;
        }
    }
    var wanted = saw;
    if (total > 0.0) {
        wanted += open * (sum / total - saw);
    }
    return stroke(own.rgb, wanted, own.a, shown[n + 2u].y);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x < CROP && id.y < CROP) {
        paint[id.y * CROP + id.x] = painted(id.xy);
    }
}
