// What goes into the generator for a part of the face: two by two pixels of the source from -1 to 1, and the landmarks. On the CPU: `take_in` of
// the model's generator/frozen.rs, and its landmark_image.rs.

@group(0) @binding(0) var<storage, read> frame: FrameParams;
@group(0) @binding(1) var<uniform> which: PartNumber;
@group(0) @binding(2) var<storage, read> shown: array<vec4<f32>>;
// `GENERATOR_FOURS` groups of four for each two by two pixels.
@group(0) @binding(3) var<storage, read_write> result: array<vec4<real>>;

@compute @workgroup_size(GROUP, GROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let part = frame.parts[which.part];
    let size = part.size / 2u;
    if (id.x >= size.x || id.y >= size.y) {
        return;
    }
    let out = (id.y * size.x + id.x) * GENERATOR_FOURS;
    let first = part.corner - frame.corner + 2u * id.xy;
    for (var k = 0u; k < 4u; k++) {
        let at = first + vec2<u32>(k % 2u, k / 2u);
        let seen = shown[3u * (at.y * frame.size.x + at.x) + 1u];
        result[out + k] = vec4<real>(2.0 * seen - 1.0);
    }
    var lines: array<f32, LANDMARK_CHANNELS>;
    let pixel = vec2<f32>(part.corner / 2u + id.xy);
    for (var k = 0u; k < frame.line_count; k++) {
        let line = frame.lines[k];
        lines[line.channel] = max(lines[line.channel], line_at(line, pixel, 0.5, LINE_RADIUS));
    }
    result[out + 4u] = vec4<real>(vec4<f32>(lines[0], lines[1], lines[2], lines[3]));
    result[out + 5u] = vec4<real>(vec4<f32>(lines[4], lines[5], lines[6], 0.0));
}
