// Convolutions of the networks with fixed weights, channels last, four channels at a time. On the CPU: ops/frozen.rs of the operations.
//
// The input comes through workgroup memory, as many channels at a time as fit.

// `real` is the number of pictures and weights: a half where the processor can. Sums of more than four products are always whole.

@group(0) @binding(0) var<uniform> layer: LayerParams;
@group(0) @binding(1) var<uniform> made: Extent;
// Four by four weights behind each other, by place in the kernel, input and output; each of four vectors belongs to one input channel.
@group(0) @binding(2) var<storage, read> weights: array<vec4<real>>;
// Bias of the output; gain and shift of the input.
@group(0) @binding(3) var<storage, read> coefficients: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> source: array<vec4<real>>;
@group(0) @binding(5) var<storage, read> addend: array<vec4<real>>;
@group(0) @binding(6) var<storage, read_write> result: array<vec4<real>>;

// The part of the input that a group of threads looks at, some channels of it at a time: what fits into the least memory that adapters have.
const TILE: u32 = 800u;
var<workgroup> tile: array<vec4<real>, TILE>;

// Threads that share a sum where pictures are small.
const SLICES: u32 = 4u;
// Sums on their way from one thread to another.
const SUMS: u32 = 2u * GROUP * GROUP;
var<workgroup> sums: array<vec4<f32>, SUMS>;

fn bent(value: vec4<f32>, slope: f32) -> vec4<f32> {
    return select(value * slope, value, value >= vec4<f32>(0.0));
}

fn store(at: vec2<u32>, size: vec2<u32>, channel: u32, sum: vec4<f32>) {
    if (at.x >= size.x || at.y >= size.y || channel >= layer.channels_out) {
        return;
    }
    let index = (at.y * size.x + at.x) * layer.channels_out + channel;
    var value = bent(sum, layer.slope);
    if (layer.adds != 0u) {
        value += vec4<f32>(addend[index]);
    }
    result[select(0u, made.first, layer.joins != 0u) + index] = vec4<real>(value);
}

// Brings channels of the input from `base` on into workgroup memory, channel by channel: those round the pixels from `first` on.
fn load(first: vec2<u32>, tile_size: vec2<u32>, base: u32, count: u32, index: u32, threads: u32) {
    let size_in = made.size / layer.share * layer.stride;
    let reach = i32(layer.kernel / 2u);
    let cells = tile_size.x * tile_size.y;
    for (var n = index; n < cells * count; n += threads) {
        let cell = n / count;
        let channel = base + n % count;
        let place = vec2<i32>(first * layer.stride + vec2<u32>(cell % tile_size.x, cell / tile_size.x)) - reach;
        var value = vec4<f32>(0.0);
        if (all(place >= vec2<i32>(0)) && all(place < vec2<i32>(size_in))) {
            value = vec4<f32>(source[(u32(place.y) * size_in.x + u32(place.x)) * layer.channels_in + channel]);
            if (layer.modulated != 0u) {
                let gain = coefficients[layer.channels_out + channel];
                let shift = coefficients[layer.channels_out + layer.channels_in + channel];
                value = bent(value * gain + shift, layer.slope_before);
            }
        }
        tile[n % count * cells + cell] = vec4<real>(value);
    }
}

// For large pictures: a group of threads makes twice as many pixels across as down, of 8 channels, each thread two of the pixels.
@compute @workgroup_size(GROUP, GROUP)
fn conv(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let size = made.size / layer.share;
    let first = group.xy * vec2<u32>(2u * GROUP, GROUP);
    let tile_size = vec2<u32>(2u * GROUP - 1u, GROUP - 1u) * layer.stride + layer.kernel;
    let cells = tile_size.x * tile_size.y;
    let chunk = min(TILE / cells, layer.channels_in);
    let low = group.z * 2u;
    // Where the number of channels is odd, the last group makes its second four twice and stores them once.
    let high = min(low + 1u, layer.channels_out - 1u);
    var near_low = coefficients[low];
    var near_high = coefficients[high];
    var far_low = near_low;
    var far_high = near_high;
    for (var base = 0u; base < layer.channels_in; base += chunk) {
        let count = min(chunk, layer.channels_in - base);
        workgroupBarrier();
        load(first, tile_size, base, count, index, GROUP * GROUP);
        workgroupBarrier();
        for (var channel = 0u; channel < count; channel++) {
            for (var y = 0u; y < layer.kernel; y++) {
                for (var x = 0u; x < layer.kernel; x++) {
                    let place = channel * cells + (local.y * layer.stride + y) * tile_size.x + local.x * layer.stride + x;
                    let near = tile[place];
                    let far = tile[place + GROUP * layer.stride];
                    let block = ((y * layer.kernel + x) * layer.channels_in + base + channel) * layer.channels_out;
                    let a = (block + low) * 4u;
                    let left = mat4x4<real>(weights[a], weights[a + 1u], weights[a + 2u], weights[a + 3u]);
                    let b = (block + high) * 4u;
                    let right = mat4x4<real>(weights[b], weights[b + 1u], weights[b + 2u], weights[b + 3u]);
                    near_low += vec4<f32>(left * near);
                    near_high += vec4<f32>(right * near);
                    far_low += vec4<f32>(left * far);
                    far_high += vec4<f32>(right * far);
                }
            }
        }
    }
    let at = first + local.xy;
    store(at, size, low, near_low);
    store(at + vec2<u32>(GROUP, 0u), size, low, far_low);
    if (low + 1u < layer.channels_out) {
        store(at, size, low + 1u, near_high);
        store(at + vec2<u32>(GROUP, 0u), size, low + 1u, far_high);
    }
}

// For small pictures, which would leave most of a processor idle: a group makes a square of pixels of 8 channels, and several threads share the sum of each.
@compute @workgroup_size(GROUP, GROUP, SLICES)
fn conv_split(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let size = made.size / layer.share;
    let first = group.xy * GROUP;
    let side = (GROUP - 1u) * layer.stride + layer.kernel;
    let cells = side * side;
    let taps = layer.kernel * layer.kernel;
    let chunk = min(TILE / cells, layer.channels_in);
    let low = group.z * 2u;
    let high = min(low + 1u, layer.channels_out - 1u);
    let own = local.y * GROUP + local.x;
    var sum_low = vec4<f32>(0.0);
    var sum_high = vec4<f32>(0.0);
    for (var base = 0u; base < layer.channels_in; base += chunk) {
        let count = min(chunk, layer.channels_in - base);
        workgroupBarrier();
        load(first, vec2<u32>(side), base, count, index, SLICES * GROUP * GROUP);
        workgroupBarrier();
        for (var n = local.z; n < count * taps; n += SLICES) {
            let channel = n / taps;
            let tap = n % taps;
            let corner = local.xy * layer.stride + vec2<u32>(tap % layer.kernel, tap / layer.kernel);
            let value = tile[channel * cells + corner.y * side + corner.x];
            let block = (tap * layer.channels_in + base + channel) * layer.channels_out;
            let a = (block + low) * 4u;
            let left = mat4x4<real>(weights[a], weights[a + 1u], weights[a + 2u], weights[a + 3u]);
            let b = (block + high) * 4u;
            let right = mat4x4<real>(weights[b], weights[b + 1u], weights[b + 2u], weights[b + 3u]);
            sum_low += vec4<f32>(left * value);
            sum_high += vec4<f32>(right * value);
        }
    }
    for (var slice = 1u; slice < SLICES; slice++) {
        workgroupBarrier();
        if (local.z == slice) {
            sums[2u * own] = sum_low;
            sums[2u * own + 1u] = sum_high;
        }
        workgroupBarrier();
        if (local.z == 0u) {
            sum_low += sums[2u * own];
            sum_high += sums[2u * own + 1u];
        }
    }
    if (local.z == 0u) {
        store(first + local.xy, size, low, sum_low + coefficients[low]);
        if (low + 1u < layer.channels_out) {
            store(first + local.xy, size, low + 1u, sum_high + coefficients[high]);
        }
    }
}

// Every pixel of a smaller picture twice in both directions, plus another picture.
@compute @workgroup_size(GROUP, GROUP)
fn enlarge(@builtin(global_invocation_id) id: vec3<u32>) {
    let size = made.size / layer.share;
    if (id.x >= size.x || id.y >= size.y || id.z >= layer.channels_out) {
        return;
    }
    let index = (id.y * size.x + id.x) * layer.channels_out + id.z;
    let small = (id.y / 2u * (size.x / 2u) + id.x / 2u) * layer.channels_out + id.z;
    result[index] = source[small] + addend[index];
}

// Every pixel of a smaller picture twice in both directions, and beside its channels those of another picture.
@compute @workgroup_size(GROUP, GROUP)
fn beside(@builtin(global_invocation_id) id: vec3<u32>) {
    let size = made.size / layer.share;
    if (id.x >= size.x || id.y >= size.y || id.z >= layer.channels_out) {
        return;
    }
    let index = (id.y * size.x + id.x) * layer.channels_out + id.z;
    if (id.z < layer.channels_in) {
        result[index] = source[(id.y / 2u * (size.x / 2u) + id.x / 2u) * layer.channels_in + id.z];
    } else {
        let others = layer.channels_out - layer.channels_in;
        result[index] = addend[(id.y * size.x + id.x) * others + id.z - layer.channels_in];
    }
}
