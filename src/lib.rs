//! Retrato brings a portrait to life with your own face: this page is its architecture.
//!
//! # The way of the data
//!
//! ```text
//! camera | clip | performance        portrait picture
//!        | Input                            | once per portrait
//!      track                             enroll
//!        | TrackedFrame                     | Portrait
//!      retarget ----------------------------+
//!        | PuppetMotion
//!      generate
//!        | PictureChange
//!      compose
//!        | RenderedImage
//!      present, record, virtual camera
//! ```
//!
//! Every arrow is a type in [`data`]; every stage is a plain function of its input. Only [`pipeline`] knows the order, the threads and the links.
//!
//! | stage | module | in → out |
//! |---|---|---|
//! | capture | [`capture`] | device or file → [`data::Input`] |
//! | track | [`track`] | [`data::Input`] → [`data::TrackedFrame`] |
//! | enroll | [`portrait`] | picture → [`data::Portrait`] |
//! | retarget | [`retarget`] | [`data::TrackedFrame`] → [`data::PuppetMotion`] |
//! | generate | [`generate`] | [`data::PuppetMotion`] → [`data::PictureChange`]: the head's motion, or flow and paint |
//! | compose | [`compose`] | [`data::PictureChange`] → picture, on the GPU or the CPU |
//! | present | [`present`] | pictures and events → window |
//! | record | [`record`] | pictures and sound → file |
//! | virtual camera | [`virtual_camera`] | pictures → device that other programs read as a camera |
//!
//! What becomes of a finished recording (replay, trimming, other formats) is file work: [`recordings`] does it on workers of the window, and the pipeline knows
//! nothing of it.
//!
//! Stages never import each other, and a library is named only by the module that owns it; the integration test `tidy` holds both rules.
//!
//! # The workspace
//!
//! The program is in `src/`; what it stands on are crates of their own, so that a change compiles one of them and Cargo holds the direction. This crate
//! re-exports their modules, so that a path such as `crate::data` means the same everywhere.
//!
//! | crate | modules | depends on |
//! |---|---|---|
//! | `core` | [`data`], [`runtime`], [`random`], [`scale`] | |
//! | `nn` | [`nn`]: operations, layers, optimiser | core |
//! | `face` | [`face`], [`portrait`], [`track`] | core |
//! | `model` | [`model`]: the networks and their weights | nn, face |
//! | `head` | the head in 3D: shape, motion, drawing on the CPU | core |
//! | `parts` | eyes and mouth in frames of their own, and the networks that mend them | head, model |
//! | `plate` | the soft edge of a portrait's head, and what stands behind it | core |
//! | `media` | [`capture`], [`record`], [`speaker`], [`virtual_camera`] | core |
//! | `builtin` | [`builtin`]: portraits and performances of the program | face, media |
//! | `engine` | [`gpu`], [`compose`], [`generate`] | parts, plate |
//! | `learn` | [`learn`]: few-shot learning, live fine-tuning | model |
//! | `train` | `synth`, `train`, `evaluate` | learn, parts |
//! | `retrato` | [`pipeline`], [`retarget`], [`recordings`], [`present`], [`settings`], [`collection`]: the user's portraits, [`doctor`], [`cli`] | all |
//!
//! Running never depends on training: the feature `train`, on by default, brings the crate `train` and its commands.
//!
//! # Threads
//!
//! Drivers, capture, track, generate, enroll, fine-tune, outputs, record and the virtual camera each run on a worker of their own ([`runtime::Worker`]), which stops
//! when dropped and turns a panic into an error that the user sees. Live links keep the newest value and never wait ([`runtime::Latest`]); the recording's link is bounded and in order, and
//! counts what it drops. The window's thread never waits for any of them.
//!
//! # One pipeline, two front ends
//!
//! A front end drives a live [`pipeline::Pipeline`] through the contract of [`session`]: one set of requests and events, which the window, `retrato bench` and the
//! tests' double share. `retrato animate` runs [`pipeline::animate`], which skips no frame. Both move the same [`pipeline::Puppet`]. The composed picture stays on the window's own device when a graphics processor makes it; only recordings, snapshots and the
//! virtual camera read it back, in [`gpu`].
//!
//! A puppet has one portrait and any number of further pictures of the same person, from which the generator takes what the portrait does not show. Whether the
//! graphics processor or the CPU makes the pictures is chosen at the start and can be changed while the portrait lives: [`executor`] measures what
//! each makes of a picture and of the networks, the settings remember that, and one pure function decides.
//!
//! # The head in 3D
//!
//! By default [`generate::HeadTurn`] moves a portrait: the crate `head` makes of picture, mesh, matte and a template's skull a description of surfaces, once per
//! portrait; [`retarget`] says how the mesh changes and how the head turns; [`compose`] moves the vertices and draws the portrait's own pixels, on the CPU by
//! rows or on a graphics processor as a render pass. Portraits or drivers without a mesh are left to the networks.
//!
//! Another background is another picture and another clean plate, nothing more: the person is cut out once, by the soft edge of the head and by a coarser look at the rest of
//! the picture, and laid over whatever is wanted ([`generate::Backdrops`]). Without any background colours are premultiplied and composed on the CPU, since
//! the render pass keeps no alpha; they become straight again before anybody sees them.
//!
//! On the CPU the live picture is made as large as the window shows it ([`session::Request::ShowAt`]), which for a large portrait is half of the work; recordings, snapshots and
//! the virtual camera have all of it.
//!
//! In an opened mouth stand teeth, gums and tongue of a template ([`MouthInside`](retrato_head::MouthInside)): the upper teeth are fast in the skull, the lower ones go
//! with the jaw, the tongue half as far, and each place is as light as what it sees of the opening between the lips.
//!
//! What no pixel shows of the eyes is made by a network of the crate `parts`: each eye is drawn once more in a small frame of its own, upright and of one
//! size; a network whose layers are scaled and shifted by the portrait's embedding mends it; and what it changes is added to the picture where the part is
//! ([`data::PartChange`]). Training makes its examples by the same code.
//!
//! # Networks
//!
//! The networks of [`model`] stand on the operations of [`nn`] and are trained by the crate `train` on synthetic heads: the
//! program makes its own training data. At run time [`generate`] takes them frozen, with the weights that the program carries: the motion net says where
//! every pixel comes from; the matte net finds the head, so that what stands behind it can be filled in once; the embedder turns the portrait into one vector; and the
//! few-shot generator, which gets the scale and shift of every layer from that vector, paints what no pixel of the portrait can show. In a mouth it refines
//! teeth and tongue that rules draw from the landmarks alone ([`model::MouthPrior`]). For live work its layers are
//! packed once per person ([`model::FrozenGenerator`]) and reuse their memory from frame to frame; of a face only the parts that change are made. On a graphics
//! processor all of a frame runs as kernels of `shaders/`, from the landmarks to the compositor's own buffers: landmark images, motion net, warp, generator and paint.
//! What the kernels and the CPU both calculate with is declared in Rust alone, and its WGSL made from that ([`wgsl`]).
//! What goes up are some kilobytes of landmarks and gates, and up to two megabytes of what is drawn into mouth and eyes; what comes back is one number that says whether all is well.
//!
//! # Languages
//!
//! The window's texts are Fluent messages in `assets/languages`, one folder for each language, and part of the program. [`present`] alone knows them; the other
//! parts say what happens in types where they can, and otherwise in English, which the window shows inside a translated frame. The command line speaks English.
//!
//! # Strangers' files
//!
//! Pictures, clips and performances are bounded before they are decoded: sizes from headers are checked first, nothing is allocated by a claimed count,
//! other formats than the known ones are refused, and a child process never gets more than a local file. The program opens no network connection.
//!
//! The crate `hostile`, for tests alone, lists every reader of such bytes as a target of the fuzzer (`make fuzz`); what the fuzzer found is read again by the
//! tests. The faults that no file brings, such as full disks and sudden ends, are those of `tests/faults` (`make soak` for the long form).
//!
//! # Glossary
//!
//! | term | meaning |
//! |---|---|
//! | portrait | the picture that is animated, with its face |
//! | reference picture | a further picture of the same person |
//! | driver | the person, clip or performance whose motion the portrait takes over |
//! | performance | stored motion without pixels |
//! | neutral | the driver's relaxed face, from which motion is measured |
//! | landmarks | the 68 points of the iBUG scheme |
//! | mesh | the face as 478 points in 3D: read by the face reader, or fitted to the landmarks |
//! | coefficients | how strongly each of 52 movements of a face is made, 0 to 1 |
//! | pose | yaw, pitch and roll of the head, in radians |
//! | crop | the square round the face that the networks see, 256 x 256 |
//! | flow | for every output pixel, the place in the source that it is fetched from (backward flow) |
//! | visibility | how much of an output pixel the source shows, 0 to 1 |
//! | matte | how much of a pixel belongs to the head, 0 to 1 |
//! | unmixed | said of a head's colours at its soft edge: without what stands behind it |
//! | backdrop | a portrait's picture and clean plate before another background |
//! | clean plate | the picture with what stands behind the head filled in |
//! | paint | pixels that a generator makes, with their blend weight |
//! | part | an eye with its brow, or the mouth, in a frame of its own |
//! | blend weight | share of one layer in the result, 0 to 1 |
//! | embedding | the vector of 512 numbers that stands for a person |
//! | style | scale and shift of every layer of the generator, computed from the embedding (AdaIN) |
//! | episode | some frames of one head, from which few-shot training draws references and a target |
//! | fine-tuning | training the generator on one person's own pictures |
//! | executor | what makes the pictures: the CPU or a graphics adapter |
//! | adapter | a graphics processor as wgpu sees it |
//! | threshold | a value at which behaviour changes; a ramp has two and is smooth between them |
//! | confidence | how certain a reading is, 0 to 1 |
//! | falloff | how an influence falls with distance |
//! | provenance | what a file says of how it was made |

pub mod cli;
pub mod collection;
pub mod doctor;
pub mod executor;
pub mod pipeline;
pub mod present;
pub mod recordings;
pub mod retarget;
pub mod session;
pub mod settings;

pub use retrato_builtin as builtin;
pub use retrato_core::{data, math, random, runtime, scale, stills, wgsl};
pub use retrato_engine::{bench, compose, generate, gpu};
pub use retrato_face::{face, portrait, track};
pub use retrato_learn as learn;
pub use retrato_media::{capture, record, speaker, virtual_camera};
pub use retrato_model as model;
pub use retrato_nn as nn;
#[cfg(feature = "train")]
pub use retrato_train::{evaluate, synth, train};
