// Draws the portrait into its place in the window: area-averaged when it is shrunk, Catmull-Rom when it is enlarged.
// The viewport is the picture's rectangle; colours are sRGB-encoded with straight alpha, the result is premultiplied.

@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var bilinear: sampler;
// The part of the picture that is shown: left, top, width, height, from 0 to 1.
@group(0) @binding(2) var<uniform> part: vec4<f32>;

struct Corner {
    @builtin(position) position: vec4<f32>,
    @location(0) uv: vec2<f32>,
}

@vertex
fn corner(@builtin(vertex_index) index: u32) -> Corner {
    let uv = vec2<f32>(f32(index & 1u), f32(index >> 1u));
    return Corner(vec4<f32>(uv.x * 2.0 - 1.0, 1.0 - uv.y * 2.0, 0.0, 1.0), part.xy + uv * part.zw);
}

fn texel(uv: vec2<f32>) -> vec4<f32> {
    let straight = textureSampleLevel(picture, bilinear, uv, 0.0);
    return vec4<f32>(straight.rgb * straight.a, straight.a);
}

// Mean over the `footprint` (in texels) that one pixel of the window covers. One bilinear tap averages two texels each way.
fn averaged(uv: vec2<f32>, footprint: vec2<f32>, size: vec2<f32>) -> vec4<f32> {
    let taps = vec2<i32>(clamp(ceil(footprint * 0.5), vec2<f32>(1.0), vec2<f32>(8.0)));
    var sum = vec4<f32>(0.0);
    for (var y = 0; y < taps.y; y++) {
        for (var x = 0; x < taps.x; x++) {
            let place = (vec2<f32>(f32(x), f32(y)) + 0.5) / vec2<f32>(taps) - 0.5;
            sum += texel(uv + place * footprint / size);
        }
    }
    return sum / f32(taps.x * taps.y);
}

// Catmull-Rom over 4 by 4 texels in nine bilinear taps: the two inner columns and rows are fetched together.
fn sharpened(uv: vec2<f32>, size: vec2<f32>) -> vec4<f32> {
    let place = uv * size;
    let base = floor(place - 0.5) + 0.5;
    let f = place - base;
    let w0 = f * (-0.5 + f * (1.0 - 0.5 * f));
    let w1 = 1.0 + f * f * (-2.5 + 1.5 * f);
    let w2 = f * (0.5 + f * (2.0 - 1.5 * f));
    let w3 = f * f * (-0.5 + 0.5 * f);
    let inner = w1 + w2;
    let x = array<vec2<f32>, 3>((base - 1.0) / size, (base + w2 / inner) / size, (base + 2.0) / size);
    let w = array<vec2<f32>, 3>(w0, inner, w3);
    var sum = vec4<f32>(0.0);
    for (var j = 0; j < 3; j++) {
        for (var i = 0; i < 3; i++) {
            sum += texel(vec2<f32>(x[i].x, x[j].y)) * w[i].x * w[j].y;
        }
    }
    return clamp(sum, vec4<f32>(0.0), vec4<f32>(1.0));
}

fn shown(uv: vec2<f32>) -> vec4<f32> {
    let size = vec2<f32>(textureDimensions(picture));
    let footprint = vec2<f32>(abs(dpdx(uv.x)), abs(dpdy(uv.y))) * size;
    if (max(footprint.x, footprint.y) < 0.99) {
        return sharpened(uv, size);
    }
    return averaged(uv, footprint, size);
}

// For targets that take encoded values as they are.
@fragment
fn fill_encoded(in: Corner) -> @location(0) vec4<f32> {
    return shown(in.uv);
}

// For sRGB targets, which encode what they are given.
@fragment
fn fill_linear(in: Corner) -> @location(0) vec4<f32> {
    let c = shown(in.uv);
    let low = c.rgb / 12.92;
    let high = pow((c.rgb + 0.055) / 1.055, vec3<f32>(2.4));
    return vec4<f32>(select(high, low, c.rgb <= vec3<f32>(0.04045)), c.a);
}
