// Draws a portrait's head in 3D over what stands behind it, in the part of the picture where the head may come to be. On the CPU: crates/head/src/paint.rs.

// Which of three depths, the first nearest, a surface lies in: each lies over the next, whatever its depth. And how much nearer it is taken to be, in pixels.
override SLOT: f32 = 0.0;
override NEARER: f32 = 0.0;

@group(0) @binding(0) var<uniform> params: HeadParams;
@group(0) @binding(1) var picture: texture_2d<f32>;
@group(0) @binding(2) var plate: texture_2d<f32>;
// The head without its background, premultiplied.
@group(0) @binding(3) var layer: texture_2d<f32>;
@group(0) @binding(4) var mouth: texture_2d<f32>;
// What is added to the colours of eyes and mouth.
@group(0) @binding(5) var changes: texture_2d<f32>;

struct Corner {
    @builtin(position) @invariant place: vec4<f32>,
    @location(0) source: vec2<f32>,
    @location(1) cover: f32,
}

// A point in pixels of the picture, the centre of pixel i at i, with its depth.
fn placed(at: vec3<f32>) -> vec4<f32> {
    let across = (at.xy + 0.5 - params.corner) / params.size;
    let depth = clamp((at.z - NEARER - params.nearest) * params.per_depth, 0.0, 1.0);
    return vec4<f32>(2.0 * across.x - 1.0, 1.0 - 2.0 * across.y, (SLOT + depth) / 3.0, 1.0);
}

@vertex
fn surface(@location(0) at: vec4<f32>, @location(1) source: vec2<f32>) -> Corner {
    return Corner(placed(at.xyz), source, at.w);
}

@vertex
fn whole(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    let corner = vec2<f32>(f32(index & 1u), f32(index >> 1u));
    return vec4<f32>(4.0 * corner - 1.0, 0.0, 1.0);
}

fn pixel_of(place: vec4<f32>) -> vec2<f32> {
    return floor(place.xy) + params.corner;
}

fn bilinear(look: texture_2d<f32>, place: vec2<f32>) -> vec4<f32> {
    let most = vec2<f32>(textureDimensions(look)) - 1.0;
    let at = clamp(place, vec2<f32>(0.0), most);
    let first = vec2<i32>(min(at, most - 1.0));
    let share = at - vec2<f32>(first);
    let above = mix(textureLoad(look, first, 0), textureLoad(look, first + vec2<i32>(1, 0), 0), share.x);
    let below = mix(textureLoad(look, first + vec2<i32>(0, 1), 0), textureLoad(look, first + vec2<i32>(1, 1), 0), share.x);
    return mix(above, below, share.y);
}

// How far a pixel that comes from so far away is drawn.
fn moves(displacement: vec2<f32>) -> f32 {
    let far = max(abs(displacement.x), abs(displacement.y));
    return clamp((far - MOVES_PX.x) / (MOVES_PX.y - MOVES_PX.x), 0.0, 1.0);
}

fn own(pixel: vec2<f32>) -> vec4<f32> {
    return textureLoad(picture, vec2<i32>(pixel), 0);
}

// A colour, already multiplied with its share, as far as it moves; where it does not, the picture's own.
fn over(pixel: vec2<f32>, colour: vec3<f32>, share: f32, moved: f32) -> vec4<f32> {
    return mix(vec4<f32>(own(pixel).rgb, 1.0), vec4<f32>(colour, share), moved);
}

@fragment
fn background(@builtin(position) place: vec4<f32>) -> @location(0) vec4<f32> {
    let pixel = pixel_of(place);
    return mix(own(pixel), textureLoad(plate, vec2<i32>(pixel), 0), params.disocclusion);
}

// For depth alone.
@fragment
fn nothing() -> @location(0) vec4<f32> {
    return vec4<f32>(0.0);
}

@fragment
fn face(in: Corner) -> @location(0) vec4<f32> {
    let pixel = pixel_of(in.place);
    return over(pixel, bilinear(picture, in.source).rgb * in.cover, in.cover, moves(in.source - pixel));
}

@fragment
fn front(in: Corner) -> @location(0) vec4<f32> {
    let pixel = pixel_of(in.place);
    let look = bilinear(layer, in.source - params.corner) * in.cover;
    return over(pixel, look.rgb, look.a, moves(in.source - pixel));
}

@fragment
fn back(in: Corner) -> @location(0) vec4<f32> {
    var steps = BACK_STEPS;
    var sum = vec4<f32>(0.0);
    for (var n = 0u; n < 9u; n += 1u) {
        sum += bilinear(layer, in.source - params.corner + params.back_px * steps[n]);
    }
    return vec4<f32>(sum.rgb / max(sum.a, 1.0 / 255.0), 1.0) * in.cover;
}

@fragment
fn far_side(in: Corner) -> @location(0) vec4<f32> {
    return vec4<f32>(bilinear(picture, in.source).rgb * params.light * in.cover, in.cover);
}

@fragment
fn far_front(in: Corner) -> @location(0) vec4<f32> {
    let look = bilinear(layer, in.source - params.corner) * in.cover;
    return vec4<f32>(look.rgb * params.light, look.a);
}

struct Opening {
    @builtin(position) place: vec4<f32>,
    @location(0) rest: vec2<f32>,
    @location(1) inside: vec2<f32>,
    @location(2) @interpolate(flat) which: f32,
}

@vertex
fn opening_corner(@location(0) at: vec4<f32>, @location(1) rest_and_inside: vec4<f32>) -> Opening {
    return Opening(placed(at.xyz), rest_and_inside.xy, rest_and_inside.zw, at.w);
}

fn lids(eye: u32, x: f32) -> vec2<f32> {
    let at = clamp(x, 0.0, 1.0) * f32(LID_SAMPLES - 1u);
    let first = min(u32(at), LID_SAMPLES - 2u);
    return mix(params.eyes[eye].lids[first].xy, params.eyes[eye].lids[first + 1u].xy, at - f32(first));
}

fn skin_light(eye: u32, x: f32) -> vec3<f32> {
    let at = clamp(x, 0.0, 1.0) * f32(LID_SAMPLES - 1u);
    let first = min(u32(at), LID_SAMPLES - 2u);
    return mix(params.eyes[eye].skin_lights[first].rgb, params.eyes[eye].skin_lights[first + 1u].rgb, at - f32(first));
}

fn eye_look(eye: u32, local: vec2<f32>) -> vec3<f32> {
    let in_crop = params.eyes[eye].origin + params.eyes[eye].along * local.x + params.eyes[eye].down * local.y;
    return bilinear(picture, in_picture(in_crop)).rgb;
}

fn in_picture(in_crop: vec2<f32>) -> vec2<f32> {
    return (in_crop + 0.5) * params.crop_scale + params.crop_origin_px - 0.5;
}

// Colour of a place of an eye, given as the head's own while at rest, and how far it moves.
fn eye_colour(eye: u32, point: vec2<f32>, pixel: vec2<f32>) -> vec4<f32> {
    let along = params.eyes[eye].along;
    let down = params.eyes[eye].down;
    let offset = point - params.eyes[eye].shift - params.eyes[eye].origin;
    let at = vec2<f32>(dot(offset, along), dot(offset, down)) / max(dot(along, along), 1e-9);
    let radius = params.eyes[eye].radius;
    let iris = params.eyes[eye].iris;
    let rest = params.eyes[eye].rest_iris;
    let moved = params.eyes[eye].moved;
    let zone = radius * RIM;
    let left = iris.x - zone;
    let right = iris.x + zone;
    var share = 1.0;
    if (at.x < left) {
        share = clamp(at.x / max(left, 1e-3), 0.0, 1.0);
    } else if (at.x > right) {
        share = clamp((1.0 - at.x) / max(1.0 - right, 1e-3), 0.0, 1.0);
    }
    let seen_at = at - (iris - rest) * share;
    let inset = moved * (LASHES + SLACK) - SLACK;
    let edges = lids(eye, seen_at.x) + vec2<f32>(inset, -inset);
    let hidden = max(edges.x - seen_at.y, seen_at.y - edges.y);
    if (moved <= 0.0 || hidden <= 0.0 || edges.x >= edges.y) {
        var seen = seen_at;
        if (moved > 0.0 && edges.x >= edges.y) {
            seen.y = 0.5 * (edges.x + edges.y);
        }
        let source = in_picture(params.eyes[eye].origin + along * seen.x + down * seen.y);
        return vec4<f32>(bilinear(picture, source).rgb, moves(source - pixel));
    }
    let mirrored = clamp(select(edges.y - hidden, edges.x + hidden, seen_at.y < edges.x), edges.x, edges.y);
    let across = clamp(2.0 * rest.y - seen_at.y, edges.x, edges.y);
    let made_up = smoothstep(MADE_UP.x, MADE_UP.y, hidden);
    let in_iris = 1.0 - smoothstep(IRIS_ENDS.x * radius, IRIS_ENDS.y * radius, distance(seen_at, rest));
    let mirror = vec2<f32>(seen_at.x, mirrored);
    let mirror_in_iris = 1.0 - smoothstep(IRIS_IS_NEAR.x * radius, IRIS_IS_NEAR.y * radius, distance(mirror, rest));
    let mirror_look = eye_look(eye, mirror);
    let inner = smoothstep(rest.x - radius, rest.x + radius, seen_at.x);
    let white = mix(eye_look(eye, params.eyes[eye].outer_white), eye_look(eye, params.eyes[eye].inner_white), inner);
    let hidden_colour = mix(mix(white, mirror_look, MIRRORED * (1.0 - mirror_in_iris)), eye_look(eye, vec2<f32>(seen_at.x, across)), in_iris);
    return vec4<f32>(mix(mirror_look, hidden_colour, made_up), 1.0);
}

// What is seen of an upper lid: along the eye, and how high above the lid's edge.
fn lid_colour(eye: u32, at: vec2<f32>) -> vec3<f32> {
    let x = clamp(at.x, 0.0, 1.0);
    let high = max(at.y, 0.0);
    let lit = mix(vec3<f32>(1.0), skin_light(eye, x), smoothstep(LIT.x, LIT.y, high));
    let ends = smoothstep(LASHES_BEGIN.x, LASHES_BEGIN.y, x) * smoothstep(LASHES_BEGIN.x, LASHES_BEGIN.y, 1.0 - x);
    let dark = params.eyes[eye].lashes * ends * (1.0 - smoothstep(LASHES_END.x, LASHES_END.y, high));
    let heights = lids(eye, x);
    let skin = min(eye_look(eye, vec2<f32>(x, heights.y + SKIN_FROM + SKIN_STEP * high)) * lit * (1.0 - dark), vec3<f32>(1.0));
    // Where they are darker than the skin.
    let own_lashes = min(skin, eye_look(eye, vec2<f32>(x, heights.x - high)));
    return mix(skin, own_lashes, 1.0 - smoothstep(OWN_LASHES_END.x, OWN_LASHES_END.y, high));
}

// The mouth's inside at a pixel: the mean of the cells round it of which something is known.
fn mouth_colour(pixel: vec2<f32>) -> vec3<f32> {
    let in_crop = (pixel + 0.5 - params.crop_origin_px) / params.crop_scale - 0.5;
    let at = (in_crop + 0.5 - params.mouth_corner) * params.mouth_per_px - 0.5;
    let first = floor(at);
    let share = at - first;
    var sum = vec4<f32>(0.0);
    for (var n = 0u; n < 4u; n++) {
        let step = vec2<f32>(f32(n & 1u), f32(n >> 1u));
        let cell = first + step;
        if (all(cell >= vec2<f32>(0.0)) && all(cell < params.mouth_size)) {
            let weights = mix(1.0 - share, share, step);
            sum += textureLoad(mouth, vec2<i32>(cell), 0) * weights.x * weights.y;
        }
    }
    if (sum.a > 1e-3) {
        return sum.rgb / sum.a;
    }
    return params.dark;
}

@fragment
fn opening(in: Opening) -> @location(0) vec4<f32> {
    let pixel = pixel_of(in.place);
    let covered = max(clamp(in.inside.x + 0.5, 0.0, 1.0) + clamp(in.inside.y + 0.5, 0.0, 1.0) - 1.0, 0.0);
    if (in.which > 2.5) {
        let eye = u32(in.which) - 3u;
        let below = in.inside.x / max(in.inside.x + in.inside.y, 1e-3);
        let covers = smoothstep(LID_BEGINS.x, LID_BEGINS.y, below) * clamp(in.inside.y + 0.5, 0.0, 1.0);
        return vec4<f32>(lid_colour(eye, in.rest), 1.0) * (params.eyes[eye].lowered * covers);
    }
    if (in.which > 1.5) {
        return vec4<f32>(mouth_colour(pixel), 1.0) * (covered * params.mouth_open);
    }
    let colour = eye_colour(u32(in.which), in.rest, pixel);
    return vec4<f32>(mix(own(pixel).rgb, colour.rgb, colour.a), 1.0) * covered;
}

struct Changed {
    @builtin(position) place: vec4<f32>,
    @location(0) texel: vec2<f32>,
}

@vertex
fn changed_corner(@location(0) corner: vec4<f32>) -> Changed {
    return Changed(placed(vec3<f32>(corner.xy, params.nearest)), corner.zw);
}

// A target of bytes keeps no negative numbers: what is added and what is taken away are drawn one after the other.
@fragment
fn added(in: Changed) -> @location(0) vec4<f32> {
    return max(bilinear(changes, in.texel), vec4<f32>(0.0));
}

@fragment
fn taken(in: Changed) -> @location(0) vec4<f32> {
    return max(-bilinear(changes, in.texel), vec4<f32>(0.0));
}
