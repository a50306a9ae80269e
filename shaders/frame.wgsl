// What every kernel of a frame is told, and what several of them do with it. Part of the shaders that say so in their second line.
// Twin of src/generate/gpu/frame.rs.

// Cells along each side: of the motion net's input, of its flow, of the crop, of the paint, of the matte, and of the flow over the reach.
const INPUT: u32 = 64u;
const FLOW: u32 = 128u;
const CROP: u32 = 256u;
const PAINT: u32 = 512u;
const MATTE: u32 = 128u;
const REACH_FLOW: u32 = 192u;
const CROP_PX: f32 = 256.0;

// How the head moves as a whole: rigidly, as an ellipsoid, or else by an affine map.
struct Head {
    // From the target's camera axes to the head's: three columns.
    inverse: array<vec4<f32>, 3>,
    // The source's rotation times its scale, first two rows, each with its translation.
    source: array<vec4<f32>, 2>,
    // The target's translation, one over its scale, and 1 for a rigid head, 0 for an affine map.
    motion: vec4<f32>,
    centre: vec4<f32>,
    radii: vec4<f32>,
    // For each axis: by x and y from -1 to 1, and by 1.
    affine: array<vec4<f32>, 2>,
}

// A gate: where it is, how far it is open, and between which distances it closes, in pixels.
struct Gate {
    middle: vec2<f32>,
    near: f32,
    far: f32,
    open: f32,
}

// A part of the face that the generator makes: its place in the crop, and where its numbers begin.
struct Part {
    corner: vec2<u32>,
    size: vec2<u32>,
    first: u32,
}

// A line of the landmark image: its ends in crop pixels, and its channel.
struct Line {
    start: vec2<f32>,
    end: vec2<f32>,
    channel: u32,
}

// A landmark on the face's edge, the displacement from it to where it is in the portrait, and how surely it lies on the edge.
struct ContourPoint {
    at: vec2<f32>,
    flow: vec2<f32>,
    share: f32,
}

struct Frame {
    // Square of the crop in which there may be paint; no size for none.
    corner: vec2<u32>,
    size: vec2<u32>,
    gates: array<Gate, 3>,
    parts: array<Part, 3>,
    part_count: u32,
    // How far the generator is listened to where nothing of a place is seen.
    where_hidden: f32,
    // Changes of colour between which the warped picture's own detail gives way.
    gives_way: vec2<f32>,
    // Smaller changes are none.
    noticed: f32,
    mask_floor: f32,
    // Cells over which a part fades towards its edge.
    rim: u32,
    // The picture that is seen most, and where its flow lies; the same of the next, and whether there is one.
    near_picture: u32,
    near_flow: u32,
    next_picture: u32,
    next_flow: u32,
    has_next: u32,
    // Whether the head is known, and what stands behind it.
    has_plate: u32,
    // Corners of the face's outline, and the distance between the eyes.
    hull_count: u32,
    unit_px: f32,
    line_count: u32,
    // Half the width of the lines beside pictures.
    line_radius: f32,
    // Distances from the outline at which paint begins to fade and ends, in distances between the eyes.
    fade: vec2<f32>,
    // Between which the generator begins to be listened to, for how hidden a place is.
    hidden: vec2<f32>,
    // Shares of head over which a place counts as one that the head comes to, and as one that it has gone from.
    comes: vec2<f32>,
    gone: vec2<f32>,
    // Motion over which a place is uncovered, in pixels.
    moved_px: vec2<f32>,
    // Shares of the head's motion from which on a place moves with it.
    moves_along: vec2<f32>,
    // Heights over the chin from which on the head moves as a whole, in distances between the eyes.
    above_chin: vec2<f32>,
    // Distances from the crop's edge over which the net takes over from the head as a whole, and the same at the lower edge.
    takes_over_px: vec2<f32>,
    at_body_px: vec2<f32>,
    chin: vec2<f32>,
    up: vec2<f32>,
    // Where something is drawn into the source.
    drawn_corner: vec2<u32>,
    drawn_size: vec2<u32>,
    // The same in cells of the paint.
    fine_corner: vec2<u32>,
    fine_size: vec2<u32>,
    // The reach: how far it goes beyond the crop on the left and above in crop pixels, and its side over the crop's.
    before_reach: vec2<f32>,
    reach: f32,
    contour_count: u32,
    // Whether the picture goes on beyond the crop's left, upper, right and lower edge: 1 or 0.
    sides: vec4<f32>,
    head: Head,
    hull: array<vec2<f32>, 68>,
    lines: array<Line, 65>,
    contour: array<ContourPoint, 21>,
    // How far a landmark of the edge is heard, in pixels, and the nearness from which on it is believed wholly.
    heard_px: f32,
    believed: f32,
}

// From one picture of the person to the wanted face.
struct Motion {
    head: Head,
    // Which picture, and where its flow goes.
    picture: u32,
    slot: u32,
    body_follow: f32,
    line_count: u32,
    // Landmarks of the target, and what the whole head's motion leaves of their displacement.
    points: array<vec4<f32>, 68>,
    // Displacement from target to source.
    wanted: array<vec2<f32>, 68>,
}

fn smooth_step(range: vec2<f32>, value: f32) -> f32 {
    let t = clamp((value - range.x) / (range.y - range.x), 0.0, 1.0);
    return t * t * (3.0 - 2.0 * t);
}

// A cell and its neighbour on the other side of a cell of a grid of twice as many: they count three quarters and one.
fn doubled(at: u32, side: u32) -> vec2<u32> {
    let near = at / 2u;
    let before = select(near - 1u, 0u, near == 0u);
    return vec2<u32>(near, select(min(near + 1u, side - 1u), before, at % 2u == 0u));
}

// Displacement from a place of the target to where the source shows it, for the head as a whole, in crop pixels.
fn whole_head(head: Head, place: vec2<f32>) -> vec2<f32> {
    if (head.motion.w < 0.5) {
        let basis = vec3<f32>(place / (0.5 * CROP_PX) - 1.0, 1.0);
        return vec2<f32>(dot(head.affine[0].xyz, basis), dot(head.affine[1].xyz, basis));
    }
    let on_screen = (place - head.motion.xy) * head.motion.z;
    let flat = head.inverse[0].xyz * on_screen.x + head.inverse[1].xyz * on_screen.y;
    let start = (flat - head.centre.xyz) / head.radii.xyz;
    let along = head.inverse[2].xyz / head.radii.xyz;
    let squares = dot(along, along);
    let product = dot(start, along);
    let inside = max(product * product - squares * (dot(start, start) - 1.0), 0.0);
    let point = flat + head.inverse[2].xyz * ((sqrt(inside) - product) / squares);
    let shown = vec2<f32>(dot(head.source[0].xyz, point), dot(head.source[1].xyz, point));
    return shown + vec2<f32>(head.source[0].w, head.source[1].w) - place;
}

// How far a line of the landmark image reaches a pixel of it: 1 on the line, soft at its edges. `scale` is pixels of the image in one of the crop.
fn line_at(line: Line, pixel: vec2<f32>, scale: f32, radius: f32) -> f32 {
    let a = (line.start + 0.5) * scale - 0.5;
    let along = (line.end - line.start) * scale;
    let t = clamp(dot(pixel - a, along) / max(dot(along, along), 1e-6), 0.0, 1.0);
    return clamp(radius + 0.5 - distance(pixel, a + along * t), 0.0, 1.0);
}
