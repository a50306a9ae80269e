// The ground behind the portrait in one pass: a faint glow that falls off to the edges, the soft shadow of the picture, and a
// dither that keeps the dark gradient free of bands. The viewport is the stage; colours are sRGB-encoded and opaque.

@group(0) @binding(0) var<uniform> stage: Stage;

@vertex
fn corner(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    let uv = vec2<f32>(f32(index & 1u), f32(index >> 1u));
    return vec4<f32>(uv * 2.0 - 1.0, 0.0, 1.0);
}

fn ground(at: vec2<f32>) -> vec3<f32> {
    let away = (at - stage.centre) / stage.reach;
    let t = min(dot(away, away), 1.0);
    let light = (1.0 - t) * (1.0 - t);
    let low = smoothstep(stage.shadow.xy - stage.blur, stage.shadow.xy + stage.blur, at);
    let high = smoothstep(stage.shadow.zw - stage.blur, stage.shadow.zw + stage.blur, at);
    let within = low * (1.0 - high);
    let shade = 1.0 - stage.darkness * within.x * within.y;
    // Interleaved gradient noise, one step of 8 bits wide.
    let noise = fract(52.9829189 * fract(dot(at, vec2<f32>(0.06711056, 0.00583715)))) - 0.5;
    return mix(stage.edge.rgb, stage.glow.rgb, light) * shade + noise / 255.0;
}

// For targets that take encoded values as they are.
@fragment
fn fill_encoded(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    return vec4<f32>(ground(position.xy), 1.0);
}

// For sRGB targets, which encode what they are given.
@fragment
fn fill_linear(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let c = max(ground(position.xy), vec3<f32>(0.0));
    let low = c / 12.92;
    let high = pow((c + 0.055) / 1.055, vec3<f32>(2.4));
    return vec4<f32>(select(high, low, c <= vec3<f32>(0.04045)), 1.0);
}
