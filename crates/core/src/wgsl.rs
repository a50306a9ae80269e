//! One source for what Rust and shaders both know: parameter structs and constants are declared in Rust, and their WGSL is made from that.
//!
//! [`wgsl_struct!`](crate::wgsl_struct) declares a struct for both. Rust lays it out as it likes; [`Wgsl::write`] puts it into a buffer as WGSL lays it out, so
//! that no padding is written by hand and nothing has to be kept in step. [`wgsl_constants!`](crate::wgsl_constants) passes constants on under their own names.
//! A [`Shader`] is a file of WGSL with what it needs of both; [`Shader::source`] is all of it in one text, for pipelines and for tests alike, whether the
//! shader computes or draws.

use std::ops::Range;

use glam::{Mat4, UVec2, UVec3, Vec2, Vec3, Vec4};

/// A value that a shader can have as well. Alignment and size are those of the WGSL specification's section "Alignment and Size".
pub trait Wgsl {
    /// Bytes in buffers; for a struct a multiple of its alignment.
    const SIZE: usize;
    /// Its places in buffers are multiples of so many bytes.
    const ALIGN: usize;

    /// The type's name in a shader.
    fn type_name() -> String;

    /// WGSL's zero value.
    fn zero() -> Self;

    /// Writes the value as it lies in a buffer; `out` has [`Self::SIZE`] bytes.
    fn write(&self, out: &mut [u8]);

    /// The value as an expression of a shader.
    fn expression(&self) -> String;

    /// Declares the structs that the type is made of.
    fn declare(_: &mut Declarations) {}

    /// The value as it lies in a buffer.
    fn bytes(&self) -> Vec<u8> {
        let mut out = vec![0; Self::SIZE];
        self.write(&mut out);
        out
    }
}

/// Bytes from one element of an array to the next.
const fn stride<T: Wgsl>() -> usize {
    T::SIZE.next_multiple_of(T::ALIGN)
}

macro_rules! scalars {
    ($($rust:ty, $name:literal, $zero:literal, |$value:ident| $as_is:expr, $format:literal;)+) => {$(
        impl Wgsl for $rust {
            const SIZE: usize = 4;
            const ALIGN: usize = 4;

            fn type_name() -> String {
                $name.to_owned()
            }

            fn zero() -> Self {
                $zero
            }

            fn write(&self, out: &mut [u8]) {
                let $value = *self;
                out.copy_from_slice(&$as_is.to_le_bytes());
            }

            fn expression(&self) -> String {
                let $value = *self;
                format!($format, $as_is)
            }
        }
    )+};
}

// The shortest digits that stand for an f32 are read back as the same f32.
scalars! {
    f32, "f32", 0.0, |v| v, "{:?}f";
    u32, "u32", 0, |v| v, "{}u";
    i32, "i32", 0, |v| v, "{}i";
    // Counts and places are far below the limit.
    usize, "u32", 0, |v| u32::try_from(v).unwrap_or(u32::MAX), "{}u";
    // A shader cannot have a truth value in a buffer: 1 or 0.
    bool, "u32", false, |v| u32::from(v), "{}u";
}

macro_rules! vectors {
    ($($rust:ty, $name:literal, $align:literal;)+) => {$(
        impl Wgsl for $rust {
            const SIZE: usize = size_of::<$rust>();
            const ALIGN: usize = $align;

            fn type_name() -> String {
                $name.to_owned()
            }

            fn zero() -> Self {
                Self::ZERO
            }

            fn write(&self, out: &mut [u8]) {
                self.to_array().write(out);
            }

            fn expression(&self) -> String {
                format!("{}({})", $name, list(&self.to_array()))
            }
        }
    )+};
}

vectors! {
    Vec2, "vec2<f32>", 8;
    UVec2, "vec2<u32>", 8;
    Vec3, "vec3<f32>", 16;
    UVec3, "vec3<u32>", 16;
    Vec4, "vec4<f32>", 16;
}

impl Wgsl for Mat4 {
    const SIZE: usize = 64;
    const ALIGN: usize = 16;

    fn type_name() -> String {
        "mat4x4<f32>".to_owned()
    }

    fn zero() -> Self {
        Self::ZERO
    }

    fn write(&self, out: &mut [u8]) {
        self.to_cols_array().write(out);
    }

    fn expression(&self) -> String {
        format!("mat4x4<f32>({})", list(&self.to_cols_array()))
    }
}

/// From `x` to `y`.
impl Wgsl for Range<f32> {
    const SIZE: usize = Vec2::SIZE;
    const ALIGN: usize = Vec2::ALIGN;

    fn type_name() -> String {
        Vec2::type_name()
    }

    fn zero() -> Self {
        0.0..0.0
    }

    fn write(&self, out: &mut [u8]) {
        Vec2::new(self.start, self.end).write(out);
    }

    fn expression(&self) -> String {
        Vec2::new(self.start, self.end).expression()
    }
}

impl<T: Wgsl, const N: usize> Wgsl for [T; N] {
    const SIZE: usize = N * stride::<T>();
    const ALIGN: usize = T::ALIGN;

    fn type_name() -> String {
        format!("array<{}, {N}>", T::type_name())
    }

    fn zero() -> Self {
        std::array::from_fn(|_| T::zero())
    }

    fn write(&self, out: &mut [u8]) {
        for (value, out) in self.iter().zip(out.chunks_exact_mut(stride::<T>())) {
            value.write(&mut out[..T::SIZE]);
        }
    }

    fn expression(&self) -> String {
        format!("{}({})", Self::type_name(), list(self))
    }

    fn declare(into: &mut Declarations) {
        T::declare(into);
    }
}

fn list<T: Wgsl>(values: &[T]) -> String {
    values.iter().map(Wgsl::expression).collect::<Vec<_>>().join(", ")
}

/// Where the members of a struct lie, one after the other: used by [`wgsl_struct!`](crate::wgsl_struct).
#[derive(Clone, Copy)]
pub struct Layout {
    end: usize,
    align: usize,
}

impl Layout {
    /// Nothing yet.
    pub const EMPTY: Self = Self { end: 0, align: 1 };

    /// With one more member behind the others.
    #[must_use]
    pub const fn with<T: Wgsl>(self) -> Self {
        Self { end: self.offset_of_next::<T>() + T::SIZE, align: if self.align > T::ALIGN { self.align } else { T::ALIGN } }
    }

    /// Where a member behind the others would begin, in bytes.
    pub const fn offset_of_next<T: Wgsl>(self) -> usize {
        self.end.next_multiple_of(T::ALIGN)
    }

    /// Bytes of the whole struct.
    pub const fn size(self) -> usize {
        self.end.next_multiple_of(self.align)
    }

    /// Largest alignment of its members.
    pub const fn align(self) -> usize {
        self.align
    }
}

/// Declares a struct for Rust and for shaders: it is `Wgsl` when all of its members are, and has the same name there.
#[macro_export]
macro_rules! wgsl_struct {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $( $(#[$member_meta:meta])* $member_vis:vis $member:ident: $type:ty, )+
        }
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $( $(#[$member_meta])* $member_vis $member: $type, )+
        }

        impl $crate::wgsl::Wgsl for $name {
            const SIZE: usize = $crate::wgsl::Layout::EMPTY $( .with::<$type>() )+ .size();
            const ALIGN: usize = $crate::wgsl::Layout::EMPTY $( .with::<$type>() )+ .align();

            fn type_name() -> ::std::string::String {
                stringify!($name).to_owned()
            }

            fn zero() -> Self {
                Self { $( $member: <$type as $crate::wgsl::Wgsl>::zero(), )+ }
            }

            fn write(&self, out: &mut [u8]) {
                let mut layout = $crate::wgsl::Layout::EMPTY;
                $(
                    let first = layout.offset_of_next::<$type>();
                    layout = layout.with::<$type>();
                    $crate::wgsl::Wgsl::write(&self.$member, &mut out[first..first + <$type as $crate::wgsl::Wgsl>::SIZE]);
                )+
                let _ = layout;
            }

            fn expression(&self) -> ::std::string::String {
                let members = [$( $crate::wgsl::Wgsl::expression(&self.$member) ),+];
                format!("{}({})", stringify!($name), members.join(", "))
            }

            fn declare(into: &mut $crate::wgsl::Declarations) {
                $( <$type as $crate::wgsl::Wgsl>::declare(into); )+
                let mut layout = $crate::wgsl::Layout::EMPTY;
                let mut members = ::std::vec::Vec::new();
                $(
                    members.push($crate::wgsl::Member {
                        name: stringify!($member),
                        type_name: <$type as $crate::wgsl::Wgsl>::type_name(),
                        offset: layout.offset_of_next::<$type>(),
                    });
                    layout = layout.with::<$type>();
                )+
                into.declare_struct($crate::wgsl::Struct { name: stringify!($name), members, size: layout.size() });
            }
        }
    };
}

/// Declares constants of Rust in a shader under their own names, or another that is given: `wgsl_constants!(into; CROP_PX, CELLS = Field::CELLS)`.
#[macro_export]
macro_rules! wgsl_constants {
    ($into:ident; $( $name:ident $(= $value:expr)? ),+ $(,)?) => {{
        $( $into.declare_constant(stringify!($name), &$crate::wgsl_constants!(@value $name $($value)?)); )+
    }};
    (@value $name:ident) => { $name };
    (@value $name:ident $value:expr) => { $value };
}

/// A struct as a shader declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Struct {
    /// Its name, the same as in Rust.
    pub name: &'static str,
    /// Its members in order.
    pub members: Vec<Member>,
    /// Bytes in buffers.
    pub size: usize,
}

/// A member of a [`Struct`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name, the same as in Rust.
    pub name: &'static str,
    /// As WGSL writes its type.
    pub type_name: String,
    /// Where it lies in the struct, in bytes.
    pub offset: usize,
}

/// What a shader takes over from Rust. What is declared twice alike is there once.
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    constants: Vec<String>,
    structs: Vec<Struct>,
}

impl Declarations {
    /// The structs, those first that others are made of.
    pub fn structs(&self) -> &[Struct] {
        &self.structs
    }

    /// Declares a type's structs.
    pub fn declare<T: Wgsl>(&mut self) {
        T::declare(self);
    }

    /// Declares a struct: used by [`wgsl_struct!`](crate::wgsl_struct).
    pub fn declare_struct(&mut self, declared: Struct) {
        if !self.structs.contains(&declared) {
            self.structs.push(declared);
        }
    }

    /// Declares a constant: used by [`wgsl_constants!`](crate::wgsl_constants).
    pub fn declare_constant<T: Wgsl>(&mut self, name: &str, value: &T) {
        T::declare(self);
        let constant = format!("const {name}: {} = {};\n", T::type_name(), value.expression());
        if !self.constants.contains(&constant) {
            self.constants.push(constant);
        }
    }

    fn text(&self) -> String {
        let member = |Member { name, type_name, .. }: &Member| format!("    {name}: {type_name},\n");
        let structs = self.structs.iter().map(|Struct { name, members, .. }| {
            let members: Vec<String> = members.iter().map(member).collect();
            format!("struct {name} {{\n{}}}\n", members.concat())
        });
        self.constants.iter().cloned().chain(structs).collect::<Vec<_>>().concat()
    }
}

/// A file of WGSL and what it needs.
pub struct Shader {
    /// The file's name.
    pub file: &'static str,
    /// The file's text.
    pub code: &'static str,
    /// Other files whose functions it uses, with their declarations.
    pub needs: &'static [&'static Self],
    /// Declares what it takes over from Rust.
    pub declares: fn(&mut Declarations),
}

impl Shader {
    /// What it and the files that it needs take over from Rust.
    pub fn declarations(&self) -> Declarations {
        let mut declarations = Declarations::default();
        self.files().into_iter().for_each(|shader| (shader.declares)(&mut declarations));
        declarations
    }

    /// All of it: declarations made from Rust, the files that it needs, and its own.
    pub fn source(&self) -> String {
        let code = self.files().into_iter().map(|shader| shader.code);
        std::iter::once(self.declarations().text().as_str()).chain(code).collect::<Vec<_>>().join("\n")
    }

    /// It and the files that it needs, each once, behind those that it needs itself.
    pub fn files(&self) -> Vec<&Self> {
        let mut files: Vec<&Self> = Vec::new();
        for needed in self.needs.iter().flat_map(|shader| shader.files()).chain([self]) {
            if !files.iter().any(|file| file.file == needed.file) {
                files.push(needed);
            }
        }
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    wgsl_struct! {
        #[derive(Debug, PartialEq)]
        struct Inner {
            at: Vec2,
            weight: f32,
        }
    }

    wgsl_struct! {
        #[derive(Debug, PartialEq)]
        struct Outer {
            is_lit: bool,
            axis: Vec3,
            count: usize,
            inner: [Inner; 2],
            fade: Range<f32>,
        }
    }

    #[test]
    fn values_lie_in_a_buffer_as_wgsl_lays_them_out() {
        assert_eq!((Inner::SIZE, Inner::ALIGN), (16, 8), "rounded up to the alignment of a vector of two");
        assert_eq!((Outer::SIZE, Outer::ALIGN), (80, 16), "a vector of three is aligned as one of four and leaves room for a number");
        let inner = |weight| Inner { at: Vec2::new(2.0, 3.0), weight };
        let outer = Outer { is_lit: true, axis: Vec3::new(5.0, 6.0, 7.0), count: 9, inner: [inner(0.5), inner(0.25)], fade: 0.1..0.9 };
        let bytes = outer.bytes();
        let word = |at: usize| u32::from_le_bytes(std::array::from_fn(|k| bytes[at + k]));
        let number = |at: usize| f32::from_bits(word(at));
        assert_eq!((word(0), number(16), number(24), word(28)), (1, 5.0, 7.0, 9), "lit, axis, count");
        let expected = [2.0, 3.0, 0.5, 2.0, 0.25, 0.1, 0.9].map(f32::to_bits);
        assert_eq!([32, 36, 40, 48, 56, 64, 68].map(word), expected, "both inner ones and the range");
        assert!([4, 8, 12, 44, 60, 72, 76].into_iter().all(|gap| word(gap) == 0), "nothing between and behind them");
        assert!(Outer::zero().bytes().iter().all(|byte| *byte == 0), "the zero value");
    }

    #[test]
    fn constants_and_structs_are_declared_once_before_the_code_that_uses_them() {
        const SIDE: usize = 7;
        static SHARED: Shader = Shader {
            file: "shared.wgsl",
            code: "fn shared() {}",
            needs: &[],
            declares: |into| {
                into.declare::<Outer>();
                wgsl_constants!(into; SIDE);
            },
        };
        static OTHER: Shader = Shader { file: "other.wgsl", code: "fn other() {}", needs: &[&SHARED], declares: |_| {} };
        static WHOLE: Shader = Shader {
            file: "whole.wgsl",
            code: "fn whole() {}",
            needs: &[&SHARED, &OTHER],
            declares: |into| {
                into.declare::<Inner>();
                wgsl_constants!(into; SIDE, LEAST = 1e-9_f32, FADE = 0.1..0.25_f32, TWO = [1.5_f32, 2.0]);
            },
        };
        let expected = "const SIDE: u32 = 7u;\nconst LEAST: f32 = 1e-9f;\nconst FADE: vec2<f32> = vec2<f32>(0.1f, 0.25f);\n\
            const TWO: array<f32, 2> = array<f32, 2>(1.5f, 2.0f);\n\
            struct Inner {\n    at: vec2<f32>,\n    weight: f32,\n}\n\
            struct Outer {\n    is_lit: u32,\n    axis: vec3<f32>,\n    count: u32,\n    inner: array<Inner, 2>,\n    fade: vec2<f32>,\n}\n\n\
            fn shared() {}\nfn other() {}\nfn whole() {}";
        assert_eq!(WHOLE.source(), expected, "in order");
        assert_eq!(WHOLE.declarations().structs()[1].members[3].offset, 32, "where a member lies");
        assert_eq!(Inner { at: Vec2::ONE, weight: 0.5 }.expression(), "Inner(vec2<f32>(1.0f, 1.0f), 0.5f)", "a struct as an expression");
    }
}
