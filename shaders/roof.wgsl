// What a graphics processor can do at most: multiply and add without touching memory, and move memory without calculating. `real` is the number that is calculated with.

@group(0) @binding(0) var<storage, read> given: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> result: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn multiply(@builtin(global_invocation_id) id: vec3<u32>) {
    let gain = vec4<real>(given[id.x % THREADS]);
    let shift = vec4<real>(given[THREADS + id.x % THREADS]);
    var a = gain;
    var b = gain + shift;
    var c = gain - shift;
    var d = shift;
    var e = shift * gain;
    var f = shift - gain;
    var g = gain * gain;
    var h = shift * shift;
    for (var n = 0u; n < ROUNDS; n++) {
        a = fma(a, gain, shift);
        b = fma(b, gain, shift);
        c = fma(c, gain, shift);
        d = fma(d, gain, shift);
        e = fma(e, gain, shift);
        f = fma(f, gain, shift);
        g = fma(g, gain, shift);
        h = fma(h, gain, shift);
    }
    result[id.x] = vec4<f32>(a + b + c + d + e + f + g + h);
}

@compute @workgroup_size(THREADS)
fn transfer(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let threads = groups.x * THREADS;
    for (var n = id.x; n < arrayLength(&given); n += threads) {
        result[n] = given[n];
    }
}
